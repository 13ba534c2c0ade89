/** Pages of views in the editor area: each shows what it asks the session for, through here, and does nothing by itself. */
import * as vscode from 'vscode';
import { type FromPage, PAGE_REQUESTS, type PageArguments, type PageName, type SessionNews, type ToPage } from '../protocol/viewPages';
import { addFunctionBreakpoint } from './functionBreakpoint';
import { COMMANDS, PAGE_TYPES } from './identifiers';
import { nonce, pageHtml } from './pageHtml';
import type { SessionTracker } from './sessionTracker';
import { revealSource } from './sourceReveal';
import { msg, t } from './text';

const TITLES: Readonly<Record<PageName, string>> = { block: msg('Blocks'), exits: msg('VM Exits'), system: msg('System'), memory: msg('Memory') };

/** One page. It lives as long as its tab. */
class PagePanel {
  /** What it was opened for, until it can be told. */
  #show: PageArguments | undefined;
  #ready = false;

  constructor(
    readonly name: PageName,
    readonly panel: vscode.WebviewPanel,
    private readonly pages: ViewPages,
  ) {
    panel.webview.onDidReceiveMessage((message: FromPage) => this.#receive(message));
  }

  post(message: ToPage): void {
    void this.panel.webview.postMessage(message);
  }

  show(args: PageArguments): void {
    if (this.#ready) this.post({ show: args });
    else this.#show = args;
  }

  async #receive(message: FromPage): Promise<void> {
    if ('ready' in message) {
      this.#ready = true;
      this.post({ session: this.pages.news });
      if (this.#show) this.post({ show: this.#show });
      this.#show = undefined;
    } else if ('ask' in message) this.post({ answer: message.ask, ...(await this.#answer(message.command, message.args)) });
    else if ('reveal' in message) await revealSource(message.reveal);
    else if ('breakpoint' in message) addFunctionBreakpoint(message.breakpoint);
    else this.pages.open(message.open, message.with);
  }

  async #answer(command: string, args: object): Promise<{ body?: unknown; error?: string }> {
    const allowed: readonly string[] = PAGE_REQUESTS[this.name];
    if (!allowed.includes(command)) return { error: t('{0} does not ask for {1}.', this.name, command) };
    try {
      return { body: await this.pages.tracker.ask(command, args) };
    } catch (error) {
      return { error: error instanceof Error ? error.message : String(error) };
    }
  }
}

export class ViewPages implements vscode.Disposable {
  readonly #disposables: vscode.Disposable[];
  readonly #open = new Map<PageName, PagePanel>();
  #change = 0;
  #ended = false;

  constructor(
    private readonly root: vscode.Uri,
    readonly tracker: SessionTracker,
  ) {
    const changed = (ended: boolean) => {
      this.#ended = ended;
      this.#tell();
    };
    this.#disposables = [
      tracker.onDidStop(() => changed(false)),
      tracker.onDidContinue(() => changed(false)),
      tracker.onDidChangeCurrent((session) => changed(!session && this.#ended)),
      tracker.onDidEnd((session) => changed(session.id === tracker.current?.id)),
      tracker.onDidChooseVm(() => changed(this.#ended)),
      vscode.debug.onDidChangeActiveStackItem(() => changed(this.#ended)),
      ...(Object.keys(TITLES) as PageName[]).map((name) =>
        vscode.window.registerWebviewPanelSerializer(PAGE_TYPES[name], { deserializeWebviewPanel: async (panel) => void this.#adopt(name, panel) }),
      ),
    ];
  }

  get news(): SessionNews {
    const { current } = this.tracker;
    const { stops: stop } = this.tracker;
    if (!current) return { state: this.#ended ? 'ended' : 'none', change: this.#change, stop };
    return { state: this.tracker.stateOf(current) ?? 'running', name: current.name, change: this.#change, stop };
  }

  /** Beside what the user works on, or where it or another page is already. */
  open(name: PageName, args: PageArguments = {}): void {
    const page = this.#open.get(name) ?? this.#create(name);
    page.panel.reveal(undefined, true);
    page.show(args);
  }

  #create(name: PageName): PagePanel {
    const viewColumn = [...this.#open.values()].map(({ panel }) => panel.viewColumn).find((column) => column !== undefined) ?? vscode.ViewColumn.Beside;
    return this.#adopt(name, vscode.window.createWebviewPanel(PAGE_TYPES[name], t(TITLES[name]), { viewColumn, preserveFocus: true }, { enableFindWidget: true }));
  }

  #adopt(name: PageName, panel: vscode.WebviewPanel): PagePanel {
    const { webview } = panel;
    const at = (...path: string[]) => webview.asWebviewUri(vscode.Uri.joinPath(this.root, ...path)).toString();
    webview.options = { enableScripts: true, localResourceRoots: [vscode.Uri.joinPath(this.root, 'media'), vscode.Uri.joinPath(this.root, 'dist', 'webview')] };
    panel.iconPath = vscode.Uri.joinPath(this.root, 'media', 'ringside.svg');
    const page = new PagePanel(name, panel, this);
    this.#open.set(name, page);
    panel.onDidDispose(() => this.#open.get(name) === page && this.#open.delete(name));
    webview.html = pageHtml({
      name,
      title: t(TITLES[name]),
      language: vscode.env.language,
      strings: vscode.l10n.bundle ?? {},
      style: at('media', 'pages.css'),
      script: at('dist', 'webview', `${name}.js`),
      source: webview.cspSource,
      nonce: nonce(),
    });
    return page;
  }

  #tell(): void {
    this.#change++;
    for (const page of this.#open.values()) page.post({ session: this.news });
  }

  dispose(): void {
    for (const disposable of this.#disposables) disposable.dispose();
  }
}

/** What VS Code hands to a command in the menu of a variable. */
interface VariableContext {
  readonly variable?: { readonly memoryReference?: string };
}

const addressOf = (context: VariableContext | undefined): PageArguments => {
  const address = context?.variable?.memoryReference;
  return address === undefined ? {} : { address };
};

export function registerViewPages(context: vscode.ExtensionContext, tracker: SessionTracker): void {
  const pages = new ViewPages(context.extensionUri, tracker);
  context.subscriptions.push(
    pages,
    vscode.commands.registerCommand(COMMANDS.openExits, () => pages.open('exits')),
    vscode.commands.registerCommand(COMMANDS.openSystem, () => pages.open('system')),
    vscode.commands.registerCommand(COMMANDS.openMemory, (variable?: VariableContext) => pages.open('memory', addressOf(variable))),
    vscode.commands.registerCommand(COMMANDS.openBlocks, (block?: number | { block?: number }) => pages.open('block', { block: typeof block === 'number' ? block : block?.block })),
  );
}
