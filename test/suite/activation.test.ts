import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { COMMANDS, LANGUAGE } from '../../src/ui/identifiers';
import { EXTENSION, lineOf, trapUri, until } from './workspace';

describe('the extension', () => {
  it('activates on an assembly file and gives it our language', async () => {
    const document = await vscode.workspace.openTextDocument(trapUri());
    await vscode.window.showTextDocument(document);
    assert.equal(document.languageId, LANGUAGE);
    await until('activation', () => vscode.extensions.getExtension(EXTENSION)?.isActive || undefined);
  });

  it('registers every command', async () => {
    const commands = await vscode.commands.getCommands(true);
    for (const command of Object.values(COMMANDS)) assert.ok(commands.includes(command), command);
  });

  it('contributes the debugger', () => {
    const { debuggers } = vscode.extensions.getExtension(EXTENSION)?.packageJSON.contributes ?? {};
    assert.deepEqual(
      debuggers.map((d: { type: string }) => d.type),
      ['ringside'],
    );
  });

  it('explains an instruction in a hover', async () => {
    const document = await vscode.workspace.openTextDocument(trapUri());
    const line = lineOf(document, /^\s*cli\b/);
    const hovers = await vscode.commands.executeCommand<vscode.Hover[]>(
      'vscode.executeHoverProvider',
      document.uri,
      new vscode.Position(line, document.lineAt(line).text.indexOf('cli') + 1),
    );
    const text = hovers.flatMap((h) => h.contents.map((c) => (typeof c === 'string' ? c : c.value))).join('\n');
    assert.match(text, /\*\*CLI\*\*.*privileged/);
    assert.match(text, /Trap-and-emulate.*virtual IF/);
  });
});
