/** Serves a view's page with its real HTML and script, and stands in for VS Code: acquireVsCodeApi, theme, and questions to a session. */
import fs from 'node:fs';
import http from 'node:http';
import { createRequire } from 'node:module';
import path from 'node:path';
import { build } from 'esbuild';
import { PATIENCE } from '../browser.mjs';
import { THEMES } from './themes.mjs';

const AXE = fs.readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const TYPES = { '.css': 'text/css', '.js': 'text/javascript', '.map': 'application/json' };

/** Modules of the extension that do not need `vscode`. */
async function importSource(root, contents) {
  const { outputFiles } = await build({ stdin: { contents, resolveDir: root, loader: 'ts' }, bundle: true, write: false, format: 'esm', platform: 'node', logLevel: 'warning' });
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`);
}

export async function servePages(root) {
  const { pageHtml, nonce, PAGE_REQUESTS } = await importSource(root, "export * from './src/ui/pageHtml'; export { PAGE_REQUESTS } from './src/protocol/viewPages';");
  const server = http.createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url, 'http://127.0.0.1');
    const page = /^\/page\/(\w+)$/.exec(pathname);
    if (page) {
      const { port } = server.address();
      const at = `http://127.0.0.1:${port}`;
      response.setHeader('content-type', 'text/html');
      const [, name] = page;
      const language = searchParams.get('language') ?? 'en';
      const bundle = path.join(root, `l10n/bundle.l10n.${language}.json`);
      const strings = fs.existsSync(bundle) ? JSON.parse(fs.readFileSync(bundle, 'utf8')) : {};
      response.end(pageHtml({ name, title: name, style: `${at}/media/pages.css`, script: `${at}/dist/webview/${name}.js`, source: at, nonce: nonce(), language, strings }));
      return;
    }
    const file = path.join(root, pathname);
    const served = ['/media/', '/dist/webview/'].some((folder) => pathname.startsWith(folder)) && fs.existsSync(file);
    response.statusCode = served ? 200 : 404;
    response.setHeader('content-type', TYPES[path.extname(file)] ?? 'text/plain');
    response.end(served ? fs.readFileSync(file) : '');
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${server.address().port}`, requests: PAGE_REQUESTS, close: () => new Promise((resolve) => server.close(resolve)) };
}

/** A page of the browser that shows the page `name` of a session. */
export class HostedPage {
  /** What it asked its host to do: reveal, breakpoint, open. */
  done = [];
  /** Errors of its script and its content security policy. */
  errors = [];
  #change = 0;
  #stop = 0;
  state = 'stopped';
  /** What answers wait for. */
  held = Promise.resolve();
  /** Questions answered. */
  answered = 0;
  /** The page hears nothing before it is told by `news`. */
  silent = false;

  static async open({ browser, server, name, session, language = 'en', silent = false, viewport = { width: 1180, height: 760 } }) {
    const hosted = new HostedPage();
    const page = await browser.newPage({ viewport });
    page.setDefaultTimeout(PATIENCE);
    Object.assign(hosted, { page, session, silent, allowed: server.requests[name] });
    page.on('pageerror', (error) => hosted.errors.push(String(error)));
    page.on('console', (message) => message.type() === 'error' && hosted.errors.push(message.text()));
    await page.exposeFunction('toHost', (message) => hosted.#receive(message));
    await page.addInitScript(() => {
      let state;
      window.acquireVsCodeApi = () => ({
        postMessage: (message) => void window.toHost(message),
        getState: () => state,
        setState: (value) => {
          state = value;
        },
      });
    });
    await page.goto(`${server.url}/page/${name}?language=${language}`);
    return hosted;
  }

  #post(message) {
    return this.page.evaluate((data) => window.postMessage(data, '*'), message);
  }

  async #receive(message) {
    if ('ready' in message) await (this.silent || this.news());
    else if ('ask' in message) {
      await this.#post({ answer: message.ask, ...(await this.#answer(message)) });
      this.answered++;
    } else this.done.push(message);
  }

  async #answer({ command, args }) {
    await this.held;
    if (!this.allowed.includes(command)) return { error: `not allowed: ${command}` };
    try {
      return { body: await this.session.request(command, { threadId: 1, ...args }) };
    } catch (error) {
      return { error: error.message };
    }
  }

  /** `ran`: the guest has run since the last news. */
  news(state = this.state, { ran = true } = {}) {
    this.state = state;
    if (ran) this.#stop++;
    return this.#post({ session: { state, name: 'guest', change: ++this.#change, stop: this.#stop } });
  }

  show(args) {
    return this.#post({ show: args });
  }

  async theme(name) {
    const { kind, scheme, colors } = THEMES[name];
    await this.page.emulateMedia({ colorScheme: scheme });
    await this.page.evaluate(
      ({ kind, colors }) => {
        const { style } = document.documentElement;
        for (const property of [...style]) style.removeProperty(property);
        for (const [color, value] of Object.entries(colors)) style.setProperty(`--vscode-${color}`, value);
        document.body.className = kind;
      },
      { kind, colors },
    );
  }

  /** Violations of the rules of axe-core, as text. */
  async violations() {
    await this.page.evaluate(AXE);
    const { violations } = await this.page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
    return violations.flatMap(({ id, help, nodes }) =>
      nodes.map(({ target, any, all, none }) => `${id}: ${help}: ${target.join(' ')}: ${[...any, ...all, ...none].map((c) => c.message).join('; ')}`),
    );
  }
}
