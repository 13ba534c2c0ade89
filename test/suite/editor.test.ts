import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { lineOf, trapUri, until } from './workspace';

const open = () => vscode.workspace.openTextDocument(trapUri());

/** The position of a text on the first line that matches. */
function find(document: vscode.TextDocument, pattern: RegExp, text: string): vscode.Position {
  const line = lineOf(document, pattern);
  return new vscode.Position(line, document.lineAt(line).text.indexOf(text));
}

describe('the editor', () => {
  it('goes to definitions, finds references and renames', async () => {
    const document = await open();
    const use = find(document, /call print/, 'print');
    const definition = lineOf(document, /^print:/);
    const [location] = await vscode.commands.executeCommand<vscode.Location[]>('vscode.executeDefinitionProvider', document.uri, use);
    assert.equal(location.range.start.line, definition);
    const references = await vscode.commands.executeCommand<vscode.Location[]>('vscode.executeReferenceProvider', document.uri, use);
    assert.deepEqual(references.map((r) => r.range.start.line).sort(), [definition, use.line].sort());
    const edit = await vscode.commands.executeCommand<vscode.WorkspaceEdit>('vscode.executeDocumentRenameProvider', document.uri, use, 'say');
    assert.equal(edit.get(document.uri).length, 2);
  });

  it('outlines, folds and proposes', async () => {
    const document = await open();
    const symbols = await vscode.commands.executeCommand<vscode.DocumentSymbol[]>('vscode.executeDocumentSymbolProvider', document.uri);
    assert.ok(symbols.find((s) => s.name === 'print')?.children.some((c) => c.name === '.next'));
    const at = find(document, /call print/, 'print');
    const list = await vscode.commands.executeCommand<vscode.CompletionList>('vscode.executeCompletionItemProvider', document.uri, at);
    assert.ok(list.items.some((i) => i.label === 'print'));
    const help = await vscode.commands.executeCommand<vscode.SignatureHelp>('vscode.executeSignatureHelpProvider', document.uri, find(document, /mov ds, ax/, 'ds'));
    assert.ok(help.signatures.some((s) => s.label === 'mov sreg, r/m16'));
  });

  it('colours instructions by what they are', async () => {
    const document = await open();
    const legend = await vscode.commands.executeCommand<vscode.SemanticTokensLegend>('vscode.provideDocumentSemanticTokensLegend', document.uri);
    const tokens = await vscode.commands.executeCommand<vscode.SemanticTokens>('vscode.provideDocumentSemanticTokens', document.uri);
    assert.ok(legend.tokenTypes.includes('instruction') && tokens.data.length > 50);
  });

  it('complains while one types, and stops when it is mended', async () => {
    const document = await vscode.workspace.openTextDocument({ language: 'ringside-asm', content: 'start:\n    mov ax, nowhere\n' });
    const problems = () => vscode.languages.getDiagnostics(document.uri);
    const [problem] = await until('a problem', () => (problems().length > 0 ? problems() : undefined));
    assert.equal(problem.range.start.line, 1);
    assert.match(problem.message, /nowhere/);
    const edit = new vscode.WorkspaceEdit();
    edit.replace(document.uri, new vscode.Range(1, 12, 1, 19), 'start');
    await vscode.workspace.applyEdit(edit);
    await until('no problem', () => (problems().length === 0 ? true : undefined));
  });

  it('shows addresses and bytes above labels', async () => {
    const document = await open();
    const lens = await until('a code lens', async () => {
      const lenses = await vscode.commands.executeCommand<vscode.CodeLens[]>('vscode.executeCodeLensProvider', document.uri);
      return lenses.find((l) => l.range.start.line === lineOf(document, /^start:/));
    });
    assert.match(lens.command?.title ?? '', /^7C00h/);
  });

  it('knows instructions that it does not execute', async () => {
    const document = await vscode.workspace.openTextDocument({ language: 'ringside-asm', content: '    vmlaunch\n' });
    const [hover] = await vscode.commands.executeCommand<vscode.Hover[]>('vscode.executeHoverProvider', document.uri, new vscode.Position(0, 6));
    assert.match((hover.contents[0] as vscode.MarkdownString).value, /VMLAUNCH.*privileged/);
  });
});
