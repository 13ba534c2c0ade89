/** The guest's text screen: pulled after a stop, and a few times a second while the guest runs and the view can be seen. */
import * as vscode from 'vscode';
import { VIEWS } from './identifiers';
import type { SessionTracker } from './sessionTracker';

const REFRESH_MILLISECONDS = 250;

/** What the page sends: it is up, or the user typed. */
type PageMessage = { readonly ready: true } | { readonly keys: string };

const nonce = (): string => Array.from({ length: 4 }, () => Math.random().toString(36).slice(2)).join('');

function page(webview: vscode.Webview, media: vscode.Uri): string {
  const at = (name: string) => webview.asWebviewUri(vscode.Uri.joinPath(media, name));
  const key = nonce();
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src ${webview.cspSource} 'unsafe-inline'; script-src 'nonce-${key}'">
<link rel="stylesheet" href="${at('screen.css')}">
<title>Screen</title>
</head>
<body>
<p id="hint">The guest’s screen appears here. Click it to type into the guest.</p>
<pre id="screen" tabindex="0" role="textbox" aria-label="Guest screen; what you type goes to the guest" aria-multiline="true" hidden></pre>
<script nonce="${key}" src="${at('screen.js')}"></script>
</body>
</html>`;
}

class ScreenView implements vscode.WebviewViewProvider, vscode.Disposable {
  readonly #disposables: vscode.Disposable[] = [];
  #view: vscode.WebviewView | undefined;
  #timer: NodeJS.Timeout | undefined;
  #pulling = false;
  #shown = '';

  constructor(
    private readonly media: vscode.Uri,
    private readonly tracker: SessionTracker,
  ) {
    this.#disposables.push(
      tracker.onDidStop(() => this.#pull()),
      tracker.onDidContinue(() => this.#follow()),
      tracker.onDidChangeCurrent(() => this.#follow()),
    );
  }

  resolveWebviewView(view: vscode.WebviewView): void {
    this.#view = view;
    view.webview.options = { enableScripts: true, localResourceRoots: [this.media] };
    view.webview.onDidReceiveMessage((message: PageMessage) => this.#receive(message));
    view.onDidChangeVisibility(() => this.#follow());
    view.onDidDispose(() => {
      this.#view = undefined;
    });
    view.webview.html = page(view.webview, this.media);
  }

  #receive(message: PageMessage): void {
    if ('keys' in message) void this.tracker.request('ringside/input', { keys: message.keys }).then(() => this.#pull());
    else {
      this.#shown = '';
      this.#follow();
    }
  }

  /** Pull now, and again as long as the guest runs under the user's eyes. */
  #follow(): void {
    clearTimeout(this.#timer);
    const { current } = this.tracker;
    if (!current || !this.#view?.visible) return;
    void this.#pull();
    if (this.tracker.stateOf(current) === 'running') this.#timer = setTimeout(() => this.#follow(), REFRESH_MILLISECONDS);
  }

  async #pull(): Promise<void> {
    if (this.#pulling || !this.#view?.visible) return;
    this.#pulling = true;
    try {
      const screen = await this.tracker.request('ringside/screen', {});
      const text = screen && JSON.stringify(screen);
      if (!text || text === this.#shown) return;
      this.#shown = text;
      await this.#view?.webview.postMessage(screen);
    } finally {
      this.#pulling = false;
    }
  }

  dispose(): void {
    clearTimeout(this.#timer);
    for (const disposable of this.#disposables) disposable.dispose();
  }
}

export function registerScreen(context: vscode.ExtensionContext, tracker: SessionTracker): void {
  const view = new ScreenView(vscode.Uri.joinPath(context.extensionUri, 'media'), tracker);
  context.subscriptions.push(view, vscode.window.registerWebviewViewProvider(VIEWS.screen, view, { webviewOptions: { retainContextWhenHidden: false } }));
}
