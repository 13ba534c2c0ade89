import * as vscode from 'vscode';
import type { SourceLocation } from '../protocol/requests';
import { toUri } from './uri';

/** A place, or whatever has one: its line in an editor, in a column where there is text. */
export async function revealSource(location: SourceLocation | { source?: SourceLocation }): Promise<void> {
  const source = 'path' in location ? location : location.source;
  if (!source) return;
  const uri = toUri(source.path);
  const line = Math.max(0, source.line - 1);
  const shown = vscode.window.visibleTextEditors.find((editor) => editor.document.uri.toString() === uri.toString());
  const viewColumn = shown?.viewColumn ?? vscode.window.visibleTextEditors.find((editor) => editor.viewColumn !== undefined)?.viewColumn;
  await vscode.window.showTextDocument(uri, { selection: new vscode.Range(line, 0, line, 0), preserveFocus: true, ...(viewColumn ? { viewColumn } : {}) });
}
