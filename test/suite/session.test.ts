import assert from 'node:assert/strict';
import path from 'node:path';
import * as vscode from 'vscode';
import type { BlocksResponse, ExitsResponse } from '../../src/protocol/requests';
import { lineOf, trapUri, until } from './workspace';

interface StackFrames {
  readonly stackFrames: readonly { id: number; line: number; name: string; source?: { path?: string } }[];
}

const stack = async (session: vscode.DebugSession): Promise<StackFrames['stackFrames']> => {
  const { threads } = await session.customRequest('threads');
  return ((await session.customRequest('stackTrace', { threadId: threads[0].id, startFrame: 0, levels: 20 })) as StackFrames).stackFrames;
};

const stopped = () => until('a stop', () => (vscode.debug.activeStackItem instanceof vscode.DebugStackFrame ? vscode.debug.activeStackItem : undefined));

describe('a session', () => {
  let session: vscode.DebugSession;
  let cli = 0;

  before(async () => {
    const document = await vscode.workspace.openTextDocument(trapUri());
    cli = lineOf(document, /^\s*cli\b/);
    vscode.debug.addBreakpoints([new vscode.SourceBreakpoint(new vscode.Location(document.uri, new vscode.Position(cli, 0)))]);
    const started = await vscode.debug.startDebugging(vscode.workspace.workspaceFolders?.[0], {
      type: 'ringside',
      request: 'launch',
      name: 'suite',
      program: document.uri.fsPath,
      technique: 'trap',
      stopOnEntry: false,
    });
    assert.ok(started, 'the session did not start');
    session = await until('the session', () => vscode.debug.activeDebugSession);
    await stopped();
  });

  after(async () => {
    await vscode.debug.stopDebugging();
    vscode.debug.removeBreakpoints(vscode.debug.breakpoints);
  });

  it('stops on the breakpoint at CLI', async () => {
    const [frame] = await stack(session);
    assert.equal(frame.line, cli + 1);
    assert.equal(path.basename(frame.source?.path ?? ''), 'trap.asm');
  });

  it('shows registers as variables', async () => {
    const [frame] = await stack(session);
    const { scopes } = await session.customRequest('scopes', { frameId: frame.id });
    const names = new Set<string>();
    for (const scope of scopes) {
      const { variables } = await session.customRequest('variables', { variablesReference: scope.variablesReference });
      for (const variable of variables) names.add(variable.name.toLowerCase());
    }
    for (const name of ['eax', 'eip', 'esp']) assert.ok(names.has(name), `${name} among ${[...names].join(' ')}`);
  });

  it('steps over CLI, which traps to the VMM', async () => {
    const { threads } = await session.customRequest('threads');
    await session.customRequest('next', { threadId: threads[0].id, granularity: 'instruction' });
    const exits = await until('the exit', async () => {
      const response = (await session.customRequest('ringside/exits', {}).then(undefined, () => undefined)) as ExitsResponse | undefined;
      return response?.rows.some((row) => row.mnemonic === 'cli' && row.kind === 'trap') ? response : undefined;
    });
    assert.equal(exits.technique, 'trap');
    assert.ok((exits.counts.trap ?? 0) >= 1);
    const [row] = exits.rows.filter((r) => r.mnemonic === 'cli');
    assert.equal(row.source?.line, cli + 1);
  });

  it('answers for the block cache', async () => {
    const blocks = (await session.customRequest('ringside/blocks', { count: 10 })) as BlocksResponse;
    assert.equal(blocks.technique, 'trap');
    assert.ok(Array.isArray(blocks.blocks));
  });

  it('evaluates what the editor offers under the mouse', async () => {
    const document = await vscode.workspace.openTextDocument(trapUri());
    const line = lineOf(document, /\bax\b/);
    const position = new vscode.Position(line, document.lineAt(line).text.search(/\bax\b/));
    const [frame] = await stack(session);
    const { result } = await session.customRequest('evaluate', { expression: document.getText(document.getWordRangeAtPosition(position)), frameId: frame.id, context: 'hover' });
    assert.match(result, /[0-9a-f]/i);
  });

  it('leaves the VM behind at Disconnect and Suspend; another session attaches and finds it as it was', async () => {
    const registers = async () => {
      const [frame] = await stack(vscode.debug.activeDebugSession!);
      const values = ['eax', 'esp', 'eip', 'eflags'].map((expression) => vscode.debug.activeDebugSession!.customRequest('evaluate', { expression, frameId: frame.id }));
      return (await Promise.all(values)).map(({ result }) => result);
    };
    const before = await registers();
    await vscode.commands.executeCommand('workbench.action.debug.disconnectAndSuspend');
    await until('the end of the session', () => !vscode.debug.activeDebugSession || undefined);
    assert.ok(await vscode.debug.startDebugging(undefined, { type: 'ringside', request: 'attach', name: 'attached' }), 'nothing to attach to');
    session = await until('the session', () => vscode.debug.activeDebugSession);
    assert.equal(session.configuration.technique, 'trap');
    await stopped();
    assert.deepEqual(await registers(), before);
    await session.customRequest('disconnect', { terminateDebuggee: true });
  });
});
