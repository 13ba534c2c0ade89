/** Sources as models, parsed once a version, and which sources belong together by %include. */
import * as vscode from 'vscode';
import { parseSource, type SourceModel } from '../language/sourceModel';
import type { Source } from '../language/symbols';

/** Files of a folder that are looked at for includes of the one in front. */
const MOST_FILES = 300;
const PATTERN = '**/*.{asm,nasm,inc,mac}';

export class SourceModels implements vscode.Disposable {
  readonly #models = new WeakMap<vscode.TextDocument, { readonly version: number; readonly model: SourceModel }>();
  /** Files that no editor has open, until they change. */
  readonly #files = new Map<string, SourceModel>();
  #watcher: vscode.FileSystemWatcher | undefined;

  /** Before the first file is read: most sources include none. */
  #watch(): void {
    if (this.#watcher) return;
    const forget = (uri: vscode.Uri) => this.#files.delete(uri.toString());
    this.#watcher = vscode.workspace.createFileSystemWatcher(PATTERN);
    this.#watcher.onDidChange(forget);
    this.#watcher.onDidDelete(forget);
  }

  of(document: vscode.TextDocument): SourceModel {
    const known = this.#models.get(document);
    if (known?.version === document.version) return known.model;
    const model = parseSource(document.getText());
    this.#models.set(document, { version: document.version, model });
    return model;
  }

  /** The document and what it includes, directly or not. */
  async included(document: vscode.TextDocument): Promise<Source[]> {
    const sources = new Map<string, SourceModel>([[document.uri.toString(), this.of(document)]]);
    await this.#include(document.uri, sources);
    return [...sources].map(([uri, model]) => ({ uri, model }));
  }

  /** Those, and the sources of the workspace that include it, with what they include. */
  async related(document: vscode.TextDocument): Promise<Source[]> {
    const own = document.uri.toString();
    const sources = new Map<string, SourceModel>([[own, this.of(document)]]);
    await this.#include(document.uri, sources);
    for (const uri of await this.#candidates()) {
      if (sources.has(uri.toString())) continue;
      const theirs = new Map<string, SourceModel>();
      const model = await this.#load(uri);
      if (!model || model.includes.length === 0) continue;
      theirs.set(uri.toString(), model);
      await this.#include(uri, theirs);
      if (theirs.has(own)) for (const [key, value] of theirs) if (!sources.has(key)) sources.set(key, value);
    }
    return [...sources].map(([uri, model]) => ({ uri, model }));
  }

  async #candidates(): Promise<vscode.Uri[]> {
    const open = vscode.workspace.textDocuments.map((d) => d.uri);
    if (!vscode.workspace.workspaceFolders) return open;
    try {
      return [...open, ...(await vscode.workspace.findFiles(PATTERN, '**/node_modules/**', MOST_FILES))];
    } catch {
      return open; // a file system that cannot be searched
    }
  }

  async #include(from: vscode.Uri, sources: Map<string, SourceModel>): Promise<void> {
    for (const { text } of sources.get(from.toString())?.includes ?? []) {
      const uri = await this.#find(text, from);
      if (!uri || sources.has(uri.toString())) continue;
      sources.set(uri.toString(), (await this.#load(uri))!);
      await this.#include(uri, sources);
    }
  }

  /** Beside the including file, then in the workspace folders. */
  async #find(name: string, from: vscode.Uri): Promise<vscode.Uri | undefined> {
    const places = [vscode.Uri.joinPath(from, '..', name), ...(vscode.workspace.workspaceFolders ?? []).map((folder) => vscode.Uri.joinPath(folder.uri, name))];
    for (const place of places) if (await this.#load(place)) return place;
    return undefined;
  }

  async include(document: vscode.TextDocument, name: string): Promise<vscode.Uri | undefined> {
    return this.#find(name, document.uri);
  }

  async #load(uri: vscode.Uri): Promise<SourceModel | undefined> {
    const key = uri.toString();
    const open = vscode.workspace.textDocuments.find((d) => d.uri.toString() === key);
    if (open) return this.of(open);
    const known = this.#files.get(key);
    if (known) return known;
    this.#watch();
    try {
      const model = parseSource(new TextDecoder().decode(await vscode.workspace.fs.readFile(uri)));
      this.#files.set(key, model);
      return model;
    } catch {
      return undefined;
    }
  }

  dispose(): void {
    this.#watcher?.dispose();
  }
}
