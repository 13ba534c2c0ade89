/** The guest's screen: the page draws what the session streams while the view can be seen, and sends back keys, mouse and pictures. */
import * as vscode from 'vscode';
import type { ScreenEvent, ScreenResponse } from '../protocol/screen';
import type { FromScreenPage, ToScreenPage } from '../protocol/screenMessages';
import { COMMANDS, VIEWS } from './identifiers';
import type { SessionTracker } from './sessionTracker';
import { nonce, stringsElement } from './pageHtml';

function page(webview: vscode.Webview, root: vscode.Uri): string {
  const at = (...path: string[]) => webview.asWebviewUri(vscode.Uri.joinPath(root, ...path));
  const key = nonce();
  return `<!DOCTYPE html>
<html lang="${vscode.env.language}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src ${webview.cspSource} 'unsafe-inline'; script-src 'nonce-${key}'">
<link rel="stylesheet" href="${at('media', 'screen.css')}">
<title>${vscode.l10n.t('Guest Screen')}</title>
</head>
<body>
<p id="hint">${vscode.l10n.t('The guest’s screen appears here. Click it to type into the guest; double-click it to give the guest the mouse and all keys, and press Escape to get them back.')}</p>
<canvas id="picture" tabindex="0" role="application" aria-label="${vscode.l10n.t('Guest screen; what you type goes to the guest')}" aria-describedby="screen" hidden></canvas>
<pre id="screen" role="document" aria-label="${vscode.l10n.t('Characters on the guest screen')}"></pre>
${stringsElement(vscode.l10n.bundle ?? {}, key)}
<script nonce="${key}" src="${at('dist', 'webview', 'screen.js')}"></script>
</body>
</html>`;
}

/** Milliseconds until a session that could not answer is asked again. */
const STARTING = 300;
/** Milliseconds until the page is taken to have no picture. */
const NO_PICTURE = 5000;

/** What streams to the page; of several VMs, `threadId` says which, from the first picture on. */
interface Stream {
  readonly session: vscode.DebugSession;
  threadId?: number;
}

class ScreenView implements vscode.WebviewViewProvider, vscode.Disposable {
  readonly #disposables: vscode.Disposable[] = [];
  #view: vscode.WebviewView | undefined;
  #stream: Stream | undefined;
  /** Waits for the page to hand over its picture. */
  #saving: ((png: string | undefined) => void) | undefined;

  constructor(
    private readonly root: vscode.Uri,
    private readonly tracker: SessionTracker,
  ) {
    this.#disposables.push(
      tracker.onDidStart(() => this.#follow()),
      tracker.onDidChangeCurrent((session) => {
        this.#follow();
        if (!session) this.#post({ ended: true });
      }),
      tracker.onDidStop(() => this.#follow()),
      tracker.onDidChooseVm(() => this.#follow()),
      tracker.onDidSend(({ session, event, body }) => event === 'ringside/screen' && this.#show(session, body as ScreenEvent)),
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
    if ('ready' in message) {
      // A page that begins anew has nothing to draw a change over.
      this.#leave();
      this.#follow();
      if (this.#saving) this.#post({ save: true });
    } else if ('lost' in message) void this.#pull();
    else if ('png' in message) this.#saving?.(message.png);
    else void this.#ask('ringside/input', message);
  }

  /** The stream of the VM that is looked at, while there is somebody to see it. It goes on by itself, over restarts too. */
  #follow(): void {
    const { current, threadId } = this.tracker;
    const wanted = this.#view?.visible ? current : undefined;
    const before = this.#stream;
    if (before && before.session.id === wanted?.id && (threadId ?? before.threadId) === before.threadId) return;
    this.#leave();
    if (!wanted) return;
    const stream: Stream = { session: wanted, ...(threadId === undefined ? {} : { threadId }) };
    this.#stream = stream;
    void this.#ask('ringside/subscribe', { screen: true }).then((answer) => {
      if (answer || this.#stream !== stream) return;
      // Still starting.
      this.#stream = undefined;
      setTimeout(() => this.#follow(), STARTING);
    });
    void this.#name(stream.session);
  }

  #leave(): void {
    if (this.#stream) void this.#ask('ringside/subscribe', { screen: false });
    this.#stream = undefined;
  }

  /** Of several VMs: which one it is. */
  async #name(session: vscode.DebugSession): Promise<void> {
    const answer = await session.customRequest('threads').then(
      ({ threads }: { threads: { id: number; name: string }[] }) => threads,
      () => [],
    );
    if (!this.#view || this.#stream?.session !== session) return;
    const { threadId } = this.#stream;
    this.#view.description = answer.length > 1 ? answer.find(({ id }) => id === threadId)?.name : undefined;
  }

  #show(session: vscode.DebugSession, screen: ScreenEvent): void {
    const stream = this.#stream;
    if (session.id !== stream?.session.id) return;
    stream.threadId ??= screen.threadId;
    if (screen.threadId === stream.threadId) this.#post({ screen });
  }

  /** Of the VM that is shown; undefined when it is gone. */
  async #ask(command: 'ringside/input' | 'ringside/subscribe' | 'ringside/screen', args: object): Promise<unknown> {
    const stream = this.#stream;
    if (!stream) return undefined;
    const { session, threadId } = stream;
    return session.customRequest(command, { ...args, ...(threadId === undefined ? {} : { threadId }) }).then(
      (answer: unknown) => answer ?? {},
      () => undefined,
    );
  }

  async #pull(): Promise<void> {
    const screen = await this.#ask('ringside/screen', { since: 0 });
    if (screen) this.#post({ screen: screen as ScreenResponse });
  }

  #post(message: ToScreenPage): void {
    void this.#view?.webview.postMessage(message);
  }

  /** What is shown, as a PNG file; a view that cannot be seen is brought forward, since it draws nothing before. */
  async #picture(): Promise<Uint8Array | undefined> {
    if (!this.#view?.visible) await vscode.commands.executeCommand(`${VIEWS.screen}.focus`);
    const png = await new Promise<string | undefined>((resolve) => {
      this.#saving = resolve;
      this.#post({ save: true });
      setTimeout(() => resolve(undefined), NO_PICTURE);
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
