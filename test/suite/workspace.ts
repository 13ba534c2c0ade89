/** What the in-host suite opens, and ways to wait for the workbench. */
import path from 'node:path';
import * as vscode from 'vscode';

export const EXTENSION = 'ringside.ringside';

/** The example guest, in the workspace folder the runner opened. */
export const trapUri = (): vscode.Uri => {
  const folder = vscode.workspace.workspaceFolders?.[0];
  if (!folder) throw new Error('the runner opened no folder');
  return vscode.Uri.file(path.join(folder.uri.fsPath, 'trap.asm'));
};

/** 0-based line of the first line that matches. */
export function lineOf(document: vscode.TextDocument, pattern: RegExp): number {
  const line = document
    .getText()
    .split(/\r?\n/)
    .findIndex((text) => pattern.test(text));
  if (line < 0) throw new Error(`${document.fileName} has no line like ${pattern}`);
  return line;
}

export async function until<T>(what: string, probe: () => T | undefined | Promise<T | undefined>, milliseconds = 60_000): Promise<T> {
  const end = Date.now() + milliseconds;
  for (;;) {
    const found = await probe();
    if (found !== undefined) return found;
    if (Date.now() > end) throw new Error(`${what}: not within ${milliseconds} ms`);
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
}
