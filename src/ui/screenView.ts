/** The guest's screen: the page draws what the session streams while the view can be seen, and sends back keys, mouse and pictures. */
import * as vscode from 'vscode';
import type { ScreenEvent } from '../protocol/screen';
import type { FromScreenPage, ToScreenPage } from '../protocol/screenMessages';
import { COMMANDS, VIEWS } from './identifiers';
import type { SessionTracker } from './sessionTracker';

const nonce = (): string => Array.from({ length: 4 }, () => Math.random().toString(36).slice(2)).join('');

function page(webview: vscode.Webview, root: vscode.Uri): string {
  const at = (...path: string[]) => webview.asWebviewUri(vscode.Uri.joinPath(root, ...path));
  const key = nonce();
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src ${webview.cspSource} 'unsafe-inline'; script-src 'nonce-${key}'">
<link rel="stylesheet" href="${at('media', 'screen.css')}">
<title>Guest Screen</title>
</head>
<body>
<p id="hint">The guest’s screen appears here. Click it to type into the guest; double-click it to give the guest the mouse and all keys, and press Escape to get them back.</p>
<canvas id="picture" tabindex="0" role="application" aria-label="Guest screen; what you type goes to the guest" aria-describedby="screen" hidden></canvas>
<pre id="screen" role="document" aria-label="Characters on the guest screen"></pre>
<script nonce="${key}" src="${at('dist', 'webview', 'screen.js')}"></script>
</body>
</html>`;
}

class ScreenView implements vscode.WebviewViewProvider, vscode.Disposable {
  readonly #disposables: vscode.Disposable[] = [];
  #view: vscode.WebviewView | undefined;
  /** Waits for the page to hand over its picture. */
  #saving: ((png: string | undefined) => void) | undefined;

  constructor(
    private readonly root: vscode.Uri,
    private readonly tracker: SessionTracker,
  ) {
    this.#disposables.push(
      tracker.onDidStart(() => {
        this.#thread = undefined;
        this.#subscribe();
      }),
      tracker.onDidChangeCurrent((session) => {
        this.#thread = undefined;
        if (session) this.#subscribe();
        else this.#post({ ended: true });
      }),
      tracker.onDidStop(() => this.#subscribe()),
      tracker.onDidSend(({ session, event, body }) => {
        const screen = body as ScreenEvent;
        if (event === 'ringside/screen' && session.id === tracker.current?.id && this.#isChosen(screen.threadId)) this.#post({ screen });
      }),
      vscode.debug.onDidChangeActiveStackItem(() => this.#choose()),
    );
  }

  resolveWebviewView(view: vscode.WebviewView): void {
    this.#view = view;
    view.webview.options = { enableScripts: true, localResourceRoots: [vscode.Uri.joinPath(this.root, 'media'), vscode.Uri.joinPath(this.root, 'dist', 'webview')] };
    view.webview.onDidReceiveMessage((message: FromScreenPage) => this.#receive(message));
    view.onDidChangeVisibility(() => this.#follow());
    view.onDidDispose(() => {
      this.#view = undefined;
      this.#follow();
    });
    view.webview.html = page(view.webview, this.root);
  }

  #receive(message: FromScreenPage): void {
    if ('ready' in message) this.#follow();
    else if ('lost' in message) void this.#pull();
    else if ('png' in message) this.#saving?.(message.png);
    else void this.tracker.request('ringside/input', message);
  }

  #subscribed: string | undefined;
  /** Of several VMs, the one that is shown: the last that the user has chosen in the call stack. */
  #thread: number | undefined;

  #isChosen(thread: number): boolean {
    this.#thread ??= thread;
    return thread === this.#thread;
  }

  /** Another VM: its stream, which begins with the whole picture. */
  #choose(): void {
    const item = vscode.debug.activeStackItem;
    if (!item || item.session.id !== this.tracker.current?.id || item.threadId === this.#thread) return;
    const before = this.#thread;
    this.#thread = item.threadId;
    if (!this.#view?.visible) return;
    if (before !== undefined) void this.tracker.request('ringside/subscribe', { threadId: before, screen: false });
    this.#follow();
  }

  /** Once a session: the stream goes on by itself, over restarts too. */
  #subscribe(): void {
    const { current } = this.tracker;
    if (current && current.id !== this.#subscribed && this.#view?.visible) this.#follow();
  }

  /** A stream while there is somebody to see it. */
  #follow(): void {
    const { current } = this.tracker;
    if (!current) return;
    const screen = this.#view?.visible === true;
    void this.tracker.request('ringside/subscribe', { screen }).then((answer) => {
      this.#subscribed = answer && screen ? current.id : undefined;
    });
  }

  async #pull(): Promise<void> {
    const screen = await this.tracker.request('ringside/screen', { since: 0 });
    if (screen) this.#post({ screen });
  }

  #post(message: ToScreenPage): void {
    void this.#view?.webview.postMessage(message);
  }

  async #picture(): Promise<Uint8Array | undefined> {
    if (!this.#view) return undefined;
    const png = await new Promise<string | undefined>((resolve) => {
      this.#saving = resolve;
      this.#post({ save: true });
    });
    this.#saving = undefined;
    return png === undefined ? undefined : Uint8Array.from(atob(png), (c) => c.charCodeAt(0));
  }

  async saveScreenshot(): Promise<void> {
    const png = await this.#picture();
    if (!png) {
      void vscode.window.showInformationMessage(vscode.l10n.t('There is no picture yet: start a guest, and open the Guest Screen.'));
      return;
    }
    const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
    const target = await vscode.window.showSaveDialog({
      title: vscode.l10n.t('Save Screenshot'),
      filters: { [vscode.l10n.t('PNG image')]: ['png'] },
      ...(folder ? { defaultUri: vscode.Uri.joinPath(folder, 'guest.png') } : {}),
    });
    if (!target) return;
    await vscode.workspace.fs.writeFile(target, png);
    void vscode.commands.executeCommand('vscode.open', target);
  }

  dispose(): void {
    for (const disposable of this.#disposables) disposable.dispose();
  }
}

export function registerScreen(context: vscode.ExtensionContext, tracker: SessionTracker): void {
  const view = new ScreenView(context.extensionUri, tracker);
  context.subscriptions.push(
    view,
    vscode.window.registerWebviewViewProvider(VIEWS.screen, view, { webviewOptions: { retainContextWhenHidden: false } }),
    vscode.commands.registerCommand(COMMANDS.saveScreenshot, () => view.saveScreenshot()),
  );
}
