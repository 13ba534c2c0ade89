/** VMs that sessions have left behind: how many, in the status bar; a list to attach to one or end it. */
import * as vscode from 'vscode';
import type { VmWorker, VmWorkers } from '../protocol/keptVms';
import { COMMANDS, DEBUG_TYPE } from './identifiers';
import { KeptMemory } from './keptMemory';
import { isTechnique } from '../protocol/techniques';
import { techniqueOf, techniqueText } from './techniqueChoice';
import { counted } from './text';

const nameOf = ({ vms }: VmWorker): string => vms.map(({ name }) => name).join(', ');

/** Under which technique it runs is shown like a launched session's. */
export const attachConfiguration = (worker: VmWorker): vscode.DebugConfiguration => ({
  type: DEBUG_TYPE,
  request: 'attach',
  name: vscode.l10n.t('Attach to {0}', nameOf(worker)),
  vm: worker.id,
  technique: worker.vms[0]?.technique,
  internalConsoleOptions: 'neverOpen',
});

interface VmItem extends vscode.QuickPickItem {
  readonly worker: VmWorker;
}

const END: vscode.QuickInputButton = { iconPath: new vscode.ThemeIcon('trash'), tooltip: vscode.l10n.t('End This VM') };

function itemOf(worker: VmWorker): VmItem {
  const detail = worker.vms.map(({ technique, running }) => {
    const name = isTechnique(technique) ? techniqueText(techniqueOf(technique)).name : technique;
    return `${name}, ${running ? vscode.l10n.t('running') : vscode.l10n.t('stopped')}`;
  });
  return { label: `$(vm) ${nameOf(worker)}`, description: String(worker.id), detail: detail.join('; '), buttons: [END], worker };
}

/** The VM that the user picks; undefined when none. */
export function chooseVm(vms: VmWorkers): Promise<VmWorker | undefined> {
  const pick = vscode.window.createQuickPick<VmItem>();
  const show = () => {
    pick.items = vms.kept.map(itemOf);
  };
  pick.title = vscode.l10n.t('Ringside: Attach to VM');
  pick.placeholder = vscode.l10n.t('VMs that sessions have left behind');
  show();
  return new Promise((resolve) => {
    const changed = vms.changed.on(show);
    pick.onDidTriggerItemButton(({ item }) => {
      vms.end(item.worker);
      if (vms.kept.length === 0) pick.hide();
    });
    pick.onDidAccept(() => {
      resolve(pick.selectedItems[0]?.worker);
      pick.hide();
    });
    pick.onDidHide(() => {
      changed.dispose();
      pick.dispose();
      resolve(undefined);
    });
    pick.show();
  });
}

async function attach(vms: VmWorkers): Promise<void> {
  if (vms.kept.length === 0) {
    void vscode.window.showInformationMessage(
      vscode.l10n.t(
        'Ringside: there is no VM to attach to. One is left behind when you disconnect from its session (in the debug toolbar, Stop with Alt held) instead of ending it.',
      ),
    );
    return;
  }
  const worker = await chooseVm(vms);
  if (worker) await vscode.debug.startDebugging(undefined, attachConfiguration(worker));
}

export function registerKeptVms(context: vscode.ExtensionContext, vms: VmWorkers): void {
  const item = vscode.window.createStatusBarItem('ringside.keptVms', vscode.StatusBarAlignment.Left, 49);
  item.name = vscode.l10n.t('Ringside VMs Left Behind');
  item.command = COMMANDS.attach;
  const show = () => {
    const { length } = vms.kept;
    item.text = `$(vm-active) ${counted(length, '{0} VM left behind', '{0} VMs left behind')}`;
    item.tooltip = vscode.l10n.t('{0}. Click to attach to one or to end it.', vms.kept.map(nameOf).join(', '));
    if (length > 0) item.show();
    else item.hide();
  };
  const memory = new KeptMemory(context.workspaceState);
  if (memory.lost.length > 0)
    void vscode.window.showWarningMessage(vscode.l10n.t('Ringside: VMs that were left behind end when the window closes or reloads: {0}.', memory.lost.join(', ')));
  context.subscriptions.push(
    item,
    vms.changed.on(() => memory.note(vms.kept.map(nameOf))),
    vms.changed.on(show),
    vscode.commands.registerCommand(COMMANDS.attach, () => attach(vms)),
  );
}
