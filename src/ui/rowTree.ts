/** A tree view over plain rows: pulls its content when a session stops and while the view can be seen. */
import * as vscode from 'vscode';
import { COMMANDS } from './identifiers';
import type { SessionTracker } from './sessionTracker';
import type { ViewContent, ViewRow } from './viewRow';

export type ContentSource = () => Promise<ViewContent | undefined>;

export class RowTree implements vscode.TreeDataProvider<ViewRow>, vscode.Disposable {
  readonly #changed = new vscode.EventEmitter<undefined>();
  readonly #view: vscode.TreeView<ViewRow>;
  readonly #disposables: vscode.Disposable[] = [];
  #rows: readonly ViewRow[] = [];
  /** A request is on its way, and whether another must follow it. */
  #pulling = false;
  #again = false;

  readonly onDidChangeTreeData = this.#changed.event;

  constructor(
    id: string,
    private readonly pull: ContentSource,
    tracker: SessionTracker,
  ) {
    this.#view = vscode.window.createTreeView(id, { treeDataProvider: this, showCollapseAll: false });
    this.#disposables.push(
      this.#view,
      this.#view.onDidChangeVisibility(() => this.refresh()),
      tracker.onDidStop(() => this.refresh()),
      tracker.onDidCreate(() => this.#show(undefined)),
      tracker.onDidChangeCurrent((session) => session && this.refresh()),
      tracker.onDidChooseVm(() => this.refresh()),
      tracker.onDidEnd((session) => session.id === tracker.current?.id && this.#show({ rows: this.#rows, remark: vscode.l10n.t('session ended') })),
    );
  }

  /** Pull again; several calls while one is under way end in one more. */
  async refresh(): Promise<void> {
    if (!this.#view.visible) return;
    this.#again = true;
    if (this.#pulling) return;
    this.#pulling = true;
    try {
      while (this.#again) {
        this.#again = false;
        const content = await this.pull();
        if (content) this.#show(content);
      }
    } finally {
      this.#pulling = false;
    }
  }

  getChildren(row?: ViewRow): ViewRow[] {
    return [...(row ? (row.children ?? []) : this.#rows)];
  }

  getTreeItem(row: ViewRow): vscode.TreeItem {
    const item = new vscode.TreeItem(row.label, row.children ? vscode.TreeItemCollapsibleState.Collapsed : vscode.TreeItemCollapsibleState.None);
    item.id = row.id;
    item.description = row.description;
    if (row.tooltip) item.tooltip = new vscode.MarkdownString(row.tooltip);
    if (row.icon) item.iconPath = new vscode.ThemeIcon(row.icon, row.color ? new vscode.ThemeColor(row.color) : undefined);
    if (row.block !== undefined) item.command = { command: COMMANDS.openBlocks, title: vscode.l10n.t('Show Block'), arguments: [row.block] };
    else if (row.source) item.command = { command: COMMANDS.revealSource, title: vscode.l10n.t('Show Source'), arguments: [row.source] };
    if (row.source) item.contextValue = 'located';
    return item;
  }

  #show(content: ViewContent | undefined): void {
    this.#rows = content?.rows ?? [];
    this.#view.description = content?.remark;
    this.#changed.fire(undefined);
  }

  dispose(): void {
    for (const disposable of [...this.#disposables, this.#changed]) disposable.dispose();
  }
}
