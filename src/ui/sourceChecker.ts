/** Assembles the sources that are open, a moment after they change, in a worker that is started with the first of them. */
import * as vscode from 'vscode';
import type { CheckAnswer, CheckRequest } from '../protocol/sourceCheck';
import { isCheckable } from './language/checkable';
import type { StartWorker, WorkerHandle } from './workers';

/** Milliseconds of quiet before a source is assembled. */
const QUIET = 300;
/** Milliseconds after which an assembly is given up. */
const PATIENCE = 10_000;
const MOST_ROUNDS = 12;

interface Pending {
  readonly request: CheckRequest;
  readonly version: number;
  readonly rounds: number;
}

export interface Checked extends CheckAnswer {
  readonly version: number;
}

export class SourceChecker implements vscode.Disposable {
  readonly #checked = new vscode.EventEmitter<Checked>();
  readonly #dropped = new vscode.EventEmitter<string>();
  readonly #disposables: vscode.Disposable[] = [];
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>();
  readonly #results = new Map<string, Checked>();
  readonly #queue = new Map<string, Pending>();
  #worker: WorkerHandle | undefined;
  #busy: { readonly pending: Pending; readonly watchdog: ReturnType<typeof setTimeout> } | undefined;
  #next = 1;
  /** What is open already waits until the extension is up. */
  readonly #first = setTimeout(() => this.#all());

  readonly onDidCheck = this.#checked.event;
  /** URI of a document whose result no longer counts. */
  readonly onDidDrop = this.#dropped.event;

  constructor(private readonly start: StartWorker) {
    this.#disposables.push(
      vscode.workspace.onDidOpenTextDocument((document) => this.#schedule(document, 0)),
      vscode.workspace.onDidChangeTextDocument(({ document }) => this.#changed(document)),
      vscode.workspace.onDidCloseTextDocument((document) => this.#drop(document.uri.toString())),
      vscode.workspace.onDidChangeConfiguration((event) => event.affectsConfiguration('ringside.diagnostics') && this.#all()),
    );
  }

  resultOf(uri: vscode.Uri): Checked | undefined {
    return this.#results.get(uri.toString());
  }

  #all(): void {
    for (const document of vscode.workspace.textDocuments) this.#schedule(document, 0);
  }

  /** A file that others include concerns them too. */
  #changed(document: vscode.TextDocument): void {
    this.#schedule(document, QUIET);
    const uri = document.uri.toString();
    for (const other of vscode.workspace.textDocuments) if (other !== document && this.#results.get(other.uri.toString())?.files.includes(uri)) this.#schedule(other, QUIET);
  }

  #schedule(document: vscode.TextDocument, delay: number): void {
    const uri = document.uri.toString();
    clearTimeout(this.#timers.get(uri));
    const wanted = vscode.workspace.getConfiguration('ringside', document).get<boolean>('diagnostics', true);
    if (!wanted || !isCheckable({ languageId: document.languageId, path: document.uri.path, text: document.getText() })) {
      this.#drop(uri);
      return;
    }
    const run = () => {
      this.#timers.delete(uri);
      const roots = (vscode.workspace.workspaceFolders ?? []).map((folder) => `${folder.uri.toString()}/`);
      this.#queue.set(uri, { request: { id: this.#next++, path: uri, text: document.getText(), files: {}, roots }, version: document.version, rounds: 0 });
      this.#go();
    };
    this.#timers.set(uri, setTimeout(run, delay));
  }

  #drop(uri: string): void {
    clearTimeout(this.#timers.get(uri));
    this.#timers.delete(uri);
    this.#queue.delete(uri);
    if (this.#results.delete(uri)) this.#dropped.fire(uri);
  }

  #go(): void {
    const [first] = this.#queue;
    if (this.#busy || !first) return;
    const [uri, pending] = first;
    this.#queue.delete(uri);
    if (!this.#worker) {
      this.#worker = this.start('checkWorker');
      this.#worker.onMessage((answer: CheckAnswer) => void this.#answered(answer));
      this.#worker.onFailure(() => this.#giveUp());
    }
    this.#busy = { pending, watchdog: setTimeout(() => this.#giveUp(), PATIENCE) };
    this.#worker.postMessage(pending.request);
  }

  /** It takes too long, or the worker failed: the next change tries again with a new one. */
  #giveUp(): void {
    clearTimeout(this.#busy?.watchdog);
    this.#busy = undefined;
    void this.#worker?.terminate();
    this.#worker = undefined;
    this.#go();
  }

  async #answered(answer: CheckAnswer): Promise<void> {
    if (!this.#busy || this.#busy.pending.request.id !== answer.id) return;
    const { pending, watchdog } = this.#busy;
    clearTimeout(watchdog);
    this.#busy = undefined;
    const { path } = answer;
    if (answer.missing.length > 0 && pending.rounds < MOST_ROUNDS) {
      const found = await Promise.all(answer.missing.map(async (uri) => [uri, await readFile(uri)] as const));
      const files = { ...pending.request.files, ...Object.fromEntries(found) };
      // A newer request of the same source is already waiting: it goes first.
      if (!this.#queue.has(path) && this.#isOpen(path)) this.#queue.set(path, { ...pending, request: { ...pending.request, files }, rounds: pending.rounds + 1 });
    } else if (this.#isOpen(path)) {
      const checked = { ...answer, version: pending.version };
      this.#results.set(path, checked);
      this.#checked.fire(checked);
    }
    this.#go();
  }

  #isOpen(uri: string): boolean {
    return vscode.workspace.textDocuments.some((document) => document.uri.toString() === uri);
  }

  dispose(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    clearTimeout(this.#first);
    clearTimeout(this.#busy?.watchdog);
    void this.#worker?.terminate();
    for (const disposable of [...this.#disposables, this.#checked, this.#dropped]) disposable.dispose();
  }
}

/** As it is in its editor, else as it is on the disk; null when there is none. */
async function readFile(uri: string): Promise<Uint8Array | null> {
  const open = vscode.workspace.textDocuments.find((document) => document.uri.toString() === uri);
  if (open) return new TextEncoder().encode(open.getText());
  try {
    return await vscode.workspace.fs.readFile(vscode.Uri.parse(uri));
  } catch {
    return null;
  }
}
