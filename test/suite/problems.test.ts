import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import * as vscode from 'vscode';
import { until } from './workspace';

describe('a source with an error', () => {
  it('is a problem at its line', async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ringside-'));
    const file = path.join(folder, 'broken.asm');
    fs.writeFileSync(file, 'bits 16\nstart:\n    mov ax, nowhere\n    hlt\n');
    try {
      // The launch fails with a dialog, so nobody waits for its answer.
      void vscode.debug.startDebugging(undefined, { type: 'ringside', request: 'launch', name: 'broken', program: file, technique: 'bare' }).then(undefined, () => {});
      const [problem] = await until('a problem', () => {
        const found = vscode.languages.getDiagnostics(vscode.Uri.file(file));
        return found.length > 0 ? found : undefined;
      });
      assert.equal(problem.range.start.line, 2);
      assert.match(problem.message, /nowhere/);
      assert.equal(problem.severity, vscode.DiagnosticSeverity.Error);
    } finally {
      fs.rmSync(folder, { recursive: true });
    }
  });
});
