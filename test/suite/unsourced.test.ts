import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import * as vscode from 'vscode';
import { trapUri, until } from './workspace';

/** Two increments, and a loop for ever. */
const CODE = [0x40, 0x40, 0xeb, 0xfe];

const frame = () => until('a frame that is looked at', () => (vscode.debug.activeStackItem instanceof vscode.DebugStackFrame ? vscode.debug.activeStackItem : undefined));
const none = () => until('a guest that runs', () => !(vscode.debug.activeStackItem instanceof vscode.DebugStackFrame) || undefined);
const tab = () => vscode.window.tabGroups.activeTabGroup.activeTab?.label;
const disassembly = () => vscode.window.tabGroups.all.flatMap(({ tabs }) => tabs).find(({ label }) => label === 'Disassembly');

describe('a guest without sources', () => {
  let folder = '';
  let session: vscode.DebugSession;

  before(async () => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'unsourced-'));
    const program = path.join(folder, 'boot.img');
    const sector = Buffer.alloc(512);
    Buffer.from(CODE).copy(sector);
    sector.set([0x55, 0xaa], 510);
    fs.writeFileSync(program, sector);
    assert.ok(await vscode.debug.startDebugging(undefined, { type: 'ringside', request: 'launch', name: 'unsourced', program, technique: 'bare', stopOnEntry: true }));
    session = await until('the session', () => vscode.debug.activeDebugSession);
  });

  after(async () => {
    await vscode.debug.stopDebugging(session);
    await until('the end of the session', () => !vscode.debug.activeDebugSession || undefined);
    const left = disassembly();
    if (left) await vscode.window.tabGroups.close(left);
    fs.rmSync(folder, { recursive: true });
  });

  it('is looked at where it stops, as disassembly', async () => {
    await frame();
    await until('the disassembly', () => tab() === 'Disassembly' || undefined);
  });

  it('is looked at after a pause, and the disassembly does not come to the front again', async () => {
    await vscode.window.showTextDocument(trapUri());
    await vscode.commands.executeCommand('workbench.action.debug.continue');
    await none();
    await vscode.commands.executeCommand('workbench.action.debug.pause');
    const { threadId, frameId } = await frame();
    assert.equal(threadId, 1);
    const { scopes } = await session.customRequest('scopes', { frameId });
    assert.ok(scopes.length > 0);
    assert.equal(tab(), 'trap.asm');
  });
});
