/** What the assembler knows beside the source: addresses and bytes above labels; and, after a run, how often the hypervisor stepped in. */
import * as vscode from 'vscode';
import type { LineCounts } from '../../protocol/requests';
import { lineCountHints } from '../language/lineCountHints';
import { lenses } from '../language/lineLenses';
import type { SessionTracker } from '../sessionTracker';
import type { SourceChecker } from '../sourceChecker';
import { toUri } from '../uri';
import type { SourceModels } from './sourceModels';

const enabled = (document: vscode.TextDocument, key: string): boolean => vscode.workspace.getConfiguration('ringside', document).get<boolean>(key, true);

/** Nothing to run: the lens only says something. */
const saying = (title: string): vscode.Command => ({ title, command: '' });

class Lenses implements vscode.CodeLensProvider, vscode.Disposable {
  readonly #changed = new vscode.EventEmitter<void>();
  readonly #disposables: vscode.Disposable[];
  readonly onDidChangeCodeLenses = this.#changed.event;

  constructor(
    private readonly models: SourceModels,
    private readonly checker: SourceChecker,
  ) {
    this.#disposables = [this.#changed, checker.onDidCheck(() => this.#changed.fire()), checker.onDidDrop(() => this.#changed.fire())];
  }

  provideCodeLenses(document: vscode.TextDocument): vscode.CodeLens[] {
    const checked = this.checker.resultOf(document.uri);
    if (!checked || !enabled(document, 'codeLens')) return [];
    return lenses(this.models.of(document), checked.lines).map(({ line, title }) => new vscode.CodeLens(new vscode.Range(line, 0, line, 0), saying(title)));
  }

  dispose(): void {
    for (const disposable of this.#disposables) disposable.dispose();
  }
}

class CountHints implements vscode.InlayHintsProvider, vscode.Disposable {
  readonly #changed = new vscode.EventEmitter<void>();
  readonly #disposables: vscode.Disposable[];
  /** Of the last stop or of a session that is over. */
  #counts: readonly LineCounts[] = [];
  /** URIs of sources that are no longer what the guest was assembled from: lines have other numbers. */
  readonly #edited = new Set<string>();
  readonly onDidChangeInlayHints = this.#changed.event;

  constructor(private readonly tracker: SessionTracker) {
    this.#disposables = [
      this.#changed,
      tracker.onDidStop(() => this.#pull()),
      tracker.onDidCreate(() => this.#forget()),
      tracker.onDidChangeCurrent(() => this.#pull()),
      vscode.workspace.onDidChangeTextDocument(({ document, contentChanges }) => contentChanges.length > 0 && this.#edit(document.uri.toString())),
    ];
  }

  #edit(uri: string): void {
    if (this.#counts.length === 0 || this.#edited.has(uri)) return;
    this.#edited.add(uri);
    this.#changed.fire();
  }

  #forget(): void {
    this.#edited.clear();
    this.#show([]);
  }

  async #pull(): Promise<void> {
    const answer = await this.tracker.request('ringside/lineCounts', {});
    if (answer) this.#show(answer.lines);
  }

  #show(counts: readonly LineCounts[]): void {
    this.#counts = counts;
    this.#changed.fire();
  }

  provideInlayHints(document: vscode.TextDocument, range: vscode.Range): vscode.InlayHint[] {
    if (!enabled(document, 'trapCounts')) return [];
    const own = document.uri.toString();
    if (this.#edited.has(own)) return [];
    return lineCountHints(this.#counts, (path) => toUri(path).toString() === own)
      .filter(({ line }) => line >= range.start.line && line <= range.end.line && line < document.lineCount)
      .map(({ line, text, tooltip }) => {
        const hint = new vscode.InlayHint(document.lineAt(line).range.end, text);
        hint.paddingLeft = true;
        hint.tooltip = new vscode.MarkdownString(tooltip);
        return hint;
      });
  }

  dispose(): void {
    for (const disposable of this.#disposables) disposable.dispose();
  }
}

export function registerAssembledProviders(
  context: vscode.ExtensionContext,
  selector: vscode.DocumentSelector,
  { models, checker, tracker }: { readonly models: SourceModels; readonly checker: SourceChecker; readonly tracker: SessionTracker },
): void {
  const lensProvider = new Lenses(models, checker);
  const hints = new CountHints(tracker);
  context.subscriptions.push(lensProvider, hints, vscode.languages.registerCodeLensProvider(selector, lensProvider), vscode.languages.registerInlayHintsProvider(selector, hints));
}
