/** A tree view over plain rows: pulls its content when a session stops and while the view can be seen. */
import * as vscode from 'vscode';
import { COMMANDS } from './identifiers';
import { type CustomRequests, FINAL_EVENT, type FinalEvent } from '../protocol/requests';
import type { SessionTracker } from './sessionTracker';
import type { ViewContent, ViewRow } from './viewRow';

type Request = FinalEvent['request'];

/** What a view asks for, and what it makes of the answer. */
export interface ContentSource<C extends Request> {
  readonly request: C;
  readonly args: () => CustomRequests[C]['args'];
  readonly content: (body: CustomRequests[C]['body']) => ViewContent;
}

export class RowTree<C extends Request> implements vscode.TreeDataProvider<ViewRow>, vscode.Disposable {
  readonly #changed = new vscode.EventEmitter<undefined>();
  readonly #view: vscode.TreeView<ViewRow>;
  readonly #disposables: vscode.Disposable[] = [];
  #content: ViewContent = { rows: [] };
  /** A request is on its way, and whether another must follow it. */
  #pulling = false;
  #again = false;

  readonly onDidChangeTreeData = this.#changed.event;

  constructor(
    id: string,
    private readonly source: ContentSource<C>,
    private readonly tracker: SessionTracker,
  ) {
    this.#view = vscode.window.createTreeView(id, { treeDataProvider: this, showCollapseAll: false });
    this.#disposables.push(
      this.#view,
      this.#view.onDidChangeVisibility(() => this.refresh()),
      tracker.onDidStop(() => this.refresh()),
      tracker.onDidCreate(() => this.#show(undefined)),
      tracker.onDidChangeCurrent((session) => session && this.refresh()),
      tracker.onDidChooseVm(() => this.refresh()),
      tracker.onDidSend(({ session, event, body }) => event === FINAL_EVENT && session.id === tracker.current?.id && this.#finish(body as FinalEvent)),
      tracker.onDidEnd((session) => session.id === tracker.current?.id && this.#end()),
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
        const body = await this.tracker.request(this.source.request, this.source.args());
        if (body) this.#show(this.source.content(body));
      }
    } finally {
      this.#pulling = false;
    }
  }

  getChildren(row?: ViewRow): ViewRow[] {
    return [...(row ? (row.children ?? []) : this.#content.rows)];
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

  #finish({ request, body }: FinalEvent): void {
    if (request === this.source.request) this.#show(this.source.content(body as CustomRequests[C]['body']));
  }

  #end(): void {
    const { rows, remark } = this.#content;
    this.#show({ rows, remark: [remark, vscode.l10n.t('session ended')].filter(Boolean).join(' · ') });
  }

  #show(content: ViewContent = { rows: [] }): void {
    this.#content = content;
    this.#view.description = content.remark;
    this.#changed.fire(undefined);
  }

  dispose(): void {
    for (const disposable of [...this.#disposables, this.#changed]) disposable.dispose();
  }
}
