import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import * as vscode from 'vscode';
import { COMMANDS, COMPARISON_SCHEME } from '../../src/ui/identifiers';
import { lineOf, trapUri, until } from './workspace';

const compare = (uri: vscode.Uri) => vscode.commands.executeCommand<vscode.Uri | undefined>(COMMANDS.compare, uri, { techniques: ['bare', 'trap', 'bt'] });

describe('comparing techniques', () => {
  it('opens a preview of what each did, and where one first differs', async () => {
    const uri = await compare(trapUri());
    assert.equal(uri?.scheme, COMPARISON_SCHEME);
    const preview = await until('the preview', () =>
      vscode.window.tabGroups.all.flatMap((group) => group.tabs).find(({ input }) => input instanceof vscode.TabInputWebview && input.viewType.includes('markdown.preview')),
    );
    assert.match(preview.label, /trap\.asm compared/);
    const document = await vscode.workspace.openTextDocument(uri);
    assert.equal(document.languageId, 'markdown');
    const text = document.getText();
    const smsw = lineOf(await vscode.workspace.openTextDocument(trapUri()), /^\s*smsw\b/) + 1;
    assert.match(text, /^\| {2}\| Bare metal \| Trap-and-emulate \(classic\) \| Binary translation \|$/m);
    assert.match(text, /^\| Traps \| 0 \| [1-9]\d* \| 0 \|$/m);
    assert.match(text, /^\| Final state \| reference \| differs \| equal \|$/m);
    assert.match(text, new RegExp(`^First divergence at instruction [\\d,]+: \`smsw ax\` in trap\\.asm:${smsw}, `, 'm'));
    await vscode.window.tabGroups.close(preview);
  });

  it('makes a source’s error a problem, and opens nothing', async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ringside-'));
    const file = path.join(folder, 'broken.asm');
    fs.writeFileSync(file, 'bits 16\n    mov ax, nowhere\n');
    try {
      assert.equal(await compare(vscode.Uri.file(file)), undefined);
      const [problem] = vscode.languages.getDiagnostics(vscode.Uri.file(file));
      assert.equal(problem?.range.start.line, 1);
      assert.match(problem.message, /nowhere/);
    } finally {
      fs.rmSync(folder, { recursive: true });
    }
  });
});
