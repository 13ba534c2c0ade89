/** The views of a session: what each one asks the debug adapter for, and the commands on their rows. */
import * as vscode from 'vscode';
import { EVENT_KINDS, HIDDEN_AT_FIRST } from '../protocol/eventKinds';
import { VMM_EVENT_KINDS, type VmmEventKind } from '../protocol/vmmEvent';
import { blockRows } from './blockRows';
import { exitRows } from './exitRows';
import { COMMANDS, VIEWS } from './identifiers';
import { RowTree } from './rowTree';
import type { SessionTracker } from './sessionTracker';
import { revealSource } from './sourceReveal';
import { t } from './text';

const NEWEST = 500;
const FILTER_KEY = 'ringside.hiddenExitKinds';

async function chooseKinds(hidden: readonly VmmEventKind[]): Promise<VmmEventKind[] | undefined> {
  const items = VMM_EVENT_KINDS.map((kind): vscode.QuickPickItem & { event: VmmEventKind } => ({
    label: `$(${EVENT_KINDS[kind].icon}) ${t(EVENT_KINDS[kind].name)}`,
    event: kind,
    picked: !hidden.includes(kind),
  }));
  const chosen = await vscode.window.showQuickPick(items, { canPickMany: true, title: vscode.l10n.t('VM Exits: Events to Show') });
  return chosen && VMM_EVENT_KINDS.filter((kind) => !chosen.some((c) => c.event === kind));
}

export function registerViews(context: vscode.ExtensionContext, tracker: SessionTracker): void {
  const hidden = () => context.workspaceState.get<VmmEventKind[]>(FILTER_KEY, [...HIDDEN_AT_FIRST]);
  const shown = () => VMM_EVENT_KINDS.filter((kind) => !hidden().includes(kind));
  const blocks = new RowTree(VIEWS.blocks, { request: 'ringside/blocks', args: () => ({ count: NEWEST }), content: blockRows }, tracker);
  const exits = new RowTree(VIEWS.exits, { request: 'ringside/exits', args: () => ({ count: NEWEST, kinds: shown() }), content: (body) => exitRows(body, shown()) }, tracker);
  const refresh = () => Promise.all([blocks.refresh(), exits.refresh()]);
  context.subscriptions.push(
    blocks,
    exits,
    vscode.commands.registerCommand(COMMANDS.revealSource, revealSource),
    vscode.commands.registerCommand(COMMANDS.refreshViews, refresh),
    vscode.commands.registerCommand(COMMANDS.filterExits, async () => {
      const chosen = await chooseKinds(hidden());
      if (!chosen) return;
      await context.workspaceState.update(FILTER_KEY, chosen);
      await exits.refresh();
    }),
    // The views are why one is here: bring them forward when a session starts, without taking the keyboard.
    tracker.onDidStart((session) => {
      if (!session.parentSession) void vscode.commands.executeCommand(`${VIEWS.exits}.focus`, { preserveFocus: true });
    }),
  );
}
