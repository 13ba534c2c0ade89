/**
 * Guests without sources. VS Code looks by itself only at a frame that has one, and shows neither registers nor code before somebody
 * has clicked on a frame: so the top one is looked at, and where no stop of the session has had a source, the disassembly opens.
 */
import * as vscode from 'vscode';
import { DEBUG_TYPE } from './identifiers';
import type { SessionTracker } from './sessionTracker';

interface Frames {
  readonly stackFrames: readonly { readonly source?: object }[];
}

/** As many frames as VS Code asks for at once. */
const LEVELS = 20;
/**
 * To the last frame that is not marked as subtle: of a stack without sources, to the only one, its top. The command for the top itself
 * passes over frames without source.
 */
const LOOK_AT_TOP = 'workbench.action.debug.callStackBottom';
const OPEN_DISASSEMBLY = 'debug.action.openDisassemblyView';
/** Milliseconds between two attempts: VS Code learns of a stop later than its listeners, and asks for the stack in its own time. */
const PAUSES = [0, 50, 100, 200, 400, 800];

export function registerUnsourcedFrames(context: vscode.ExtensionContext, tracker: SessionTracker): void {
  /** By session: VS Code has looked at a frame by itself, which has a source. */
  const sourced = new Set<string>();
  /** By session of which a stop has had no source: whether there is nothing to open any more. */
  const unsourced = new Map<string, { opened: boolean }>();

  /** A thread that stands still, and of which no frame is looked at. */
  function waiting(): vscode.DebugThread | undefined {
    const item = vscode.debug.activeStackItem;
    return item instanceof vscode.DebugThread && item.session.type === DEBUG_TYPE && tracker.stateOf(item.session) === 'stopped' ? item : undefined;
  }

  async function hasSource({ session, threadId }: vscode.DebugThread): Promise<boolean> {
    const { stackFrames } = (await session.customRequest('stackTrace', { threadId, startFrame: 0, levels: LEVELS })) as Frames;
    return stackFrames.some(({ source }) => source);
  }

  async function open(id: string): Promise<void> {
    const session = unsourced.get(id);
    if (!session || session.opened) return;
    session.opened = true;
    await vscode.commands.executeCommand(OPEN_DISASSEMBLY);
  }

  async function look(): Promise<void> {
    const { stops } = tracker;
    for (const pause of PAUSES) {
      await new Promise((resolve) => setTimeout(resolve, pause));
      const thread = waiting();
      if (!thread || tracker.stops !== stops || (await hasSource(thread))) return;
      const { id } = thread.session;
      if (!unsourced.has(id)) unsourced.set(id, { opened: sourced.has(id) });
      await vscode.commands.executeCommand(LOOK_AT_TOP);
      if (vscode.debug.activeStackItem instanceof vscode.DebugStackFrame) await open(id);
    }
  }

  /** What runs on or ends meanwhile has nothing to look at. */
  const tryToLook = () => void look().catch(() => {});

  context.subscriptions.push(
    tracker.onDidStop(tryToLook),
    tracker.onDidEnd(({ id }) => {
      sourced.delete(id);
      unsourced.delete(id);
    }),
    vscode.debug.onDidChangeActiveStackItem((item) => {
      if (item instanceof vscode.DebugStackFrame && !unsourced.has(item.session.id)) sourced.add(item.session.id);
      else tryToLook();
    }),
  );
}
