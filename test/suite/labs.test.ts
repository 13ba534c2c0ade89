import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { COMMANDS } from '../../src/ui/identifiers';
import { until } from './workspace';

describe('a lab', () => {
  after(async () => {
    await vscode.debug.stopDebugging();
    vscode.debug.removeBreakpoints(vscode.debug.breakpoints);
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
  });

  it('opens with its stops set and its text beside, and runs to the first stop', async () => {
    const guest = await vscode.commands.executeCommand<vscode.Uri>(COMMANDS.openLab, 'sensitive');
    assert.match(guest.path, /1-sensitive\.asm$/);
    const stops = vscode.debug.breakpoints.filter((b) => b instanceof vscode.SourceBreakpoint && b.location.uri.toString() === guest.toString());
    assert.equal(stops.length, 6);
    await until('the text', () => vscode.window.tabGroups.all.flatMap((g) => g.tabs).find((t) => /1-sensitive/.test(t.label) && t.input instanceof vscode.TabInputWebview));
    const lenses = await vscode.commands.executeCommand<vscode.CodeLens[]>('vscode.executeCodeLensProvider', guest);
    const start = lenses.find((l) => l.command?.command === COMMANDS.startLab);
    assert.match(start?.command?.title ?? '', /Trap-and-emulate/);
    assert.ok(await vscode.commands.executeCommand(COMMANDS.startLab, ...(start?.command?.arguments ?? [])));
    const frame = await until('a stop', () => (vscode.debug.activeStackItem instanceof vscode.DebugStackFrame ? vscode.debug.activeStackItem : undefined));
    const { stackFrames } = await frame.session.customRequest('stackTrace', { threadId: frame.threadId });
    assert.equal(stackFrames[0].line - 1, (stops[0] as vscode.SourceBreakpoint).location.range.start.line);
  }).timeout(240_000); // the first Markdown preview is slow to come
});
