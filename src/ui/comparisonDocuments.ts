/** Comparisons as read-only documents, one for each guest: the next comparison of it takes the place of the last. */
import * as vscode from 'vscode';
import type { ComparisonReport } from '../protocol/comparison';
import { comparisonMarkdown } from './comparisonMarkdown';
import { COMPARISON_SCHEME } from './identifiers';

const PREVIEW = 'markdown.showPreview';
const gone = (): string => `${vscode.l10n.t('This comparison is gone with the window that made it. *Ringside: Compare Techniques* makes a new one.')}\n`;

const addressOf = (guest: string): vscode.Uri => vscode.Uri.from({ scheme: COMPARISON_SCHEME, path: `${vscode.Uri.file(guest).path} compared.md` });

export class ComparisonDocuments implements vscode.TextDocumentContentProvider, vscode.Disposable {
  readonly #changed = new vscode.EventEmitter<vscode.Uri>();
  readonly #texts = new Map<string, string>();

  readonly onDidChange = this.#changed.event;

  provideTextDocumentContent(uri: vscode.Uri): string {
    return this.#texts.get(uri.toString()) ?? gone();
  }

  /** Open it laid out where VS Code's Markdown is there, else as text. Returns its address. */
  async show(report: ComparisonReport): Promise<vscode.Uri> {
    const uri = addressOf(report.guest);
    this.#texts.set(uri.toString(), comparisonMarkdown(report));
    this.#changed.fire(uri);
    try {
      await vscode.commands.executeCommand(PREVIEW, uri);
    } catch {
      await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(uri));
    }
    return uri;
  }

  dispose(): void {
    this.#changed.dispose();
  }
}
