/** The workbench as a user meets it: a page object over the selectors that hold from VS Code 1.100 to 1.139. */
import { PATIENCE, STARTING } from './browser.mjs';

export async function soon(what, probe, milliseconds = PATIENCE) {
  const end = Date.now() + milliseconds;
  for (;;) {
    const found = await probe();
    if (found) return found;
    if (Date.now() > end) throw new Error(`${what}: not within ${milliseconds} ms`);
    await new Promise((resolve) => setTimeout(resolve, 60));
  }
}

/** The document of a webview that has such an element. */
export const frameWith = (page, selector) =>
  soon(`a webview with ${selector}`, async () => {
    for (const frame of page.frames()) {
      const found = await frame
        .locator(selector)
        .count()
        .catch(() => 0);
      if (found > 0) return frame;
    }
    return undefined;
  });

export class Workbench {
  constructor(page, fileName) {
    this.page = page;
    this.editor = page.locator(`.editor-instance .monaco-editor[data-uri$="/${fileName}"]`).first();
  }

  /** The file is shown and its grammar applied: more than the plain token class. */
  async ready() {
    await this.editor.locator('.view-line').first().waitFor({ timeout: STARTING });
    const coloured = () => this.editor.evaluate((e) => new Set([...e.querySelectorAll('.view-lines .view-line span span')].map((s) => s.className)).size >= 3);
    await soon('coloured tokens', coloured, STARTING);
  }

  lineNumber(line) {
    return this.editor.locator('.margin-view-overlays .line-numbers', { hasText: new RegExp(`^${line}$`) });
  }

  /** Click in the gutter. It answers only once the debug contribution is up, so wait for its hint under the mouse, on this line. */
  async toggleBreakpoint(line) {
    await soon('the gutter', async () => {
      const number = await this.lineNumber(line).boundingBox();
      const margin = await this.editor.locator('.overflow-guard > .margin[role=presentation]').boundingBox();
      const at = [margin.x + 9, number.y + number.height / 2];
      await this.page.mouse.move(at[0] + 40, at[1]);
      await this.page.mouse.move(...at);
      const hint = this.editor.locator('.codicon-debug-hint');
      const shown = await hint.waitFor({ timeout: 300 }).then(
        () => true,
        () => false,
      );
      if (!shown || !(await this.marks(line, 'codicon-debug-hint'))) return false;
      await this.page.mouse.click(...at);
      return true;
    });
    await soon(`a breakpoint on line ${line}`, () => this.marks(line, 'codicon-debug-breakpoint'));
  }

  /** Whether a glyph of that class stands beside the line. */
  marks(line, glyph) {
    return this.editor.evaluate(
      (e, { line, glyph }) => {
        const number = [...e.querySelectorAll('.margin-view-overlays .line-numbers')].find((n) => n.textContent === String(line));
        const top = number?.getBoundingClientRect().top;
        return (
          top !== undefined &&
          [...e.querySelectorAll(`.glyph-margin-widgets .${glyph}, .margin-view-overlays .${glyph}`)].some((g) => Math.abs(g.getBoundingClientRect().top - top) < 4)
        );
      },
      { line, glyph },
    );
  }

  /** Number of the line that is marked as the next to execute; undefined between two stops. */
  async stoppedLine() {
    return this.editor.evaluate((e) => {
      const mark = e.querySelector('.view-overlays .debug-top-stack-frame-line');
      if (!mark) return undefined;
      const top = mark.getBoundingClientRect().top;
      const number = [...e.querySelectorAll('.margin-view-overlays .line-numbers')].find((n) => Math.abs(n.getBoundingClientRect().top - top) < 4);
      return Number(number?.textContent);
    });
  }

  /** Continue from a stop elsewhere (on entry) until the line is reached; one key a stop, for its mark may stay on after the key. */
  async runTo(line) {
    let left;
    await soon(`a run to line ${line}`, async () => {
      const at = await this.stoppedLine();
      if (at !== undefined && at !== line && at !== left) await this.page.keyboard.press('F5');
      left = at;
      return at === line;
    });
  }

  pane(name) {
    return this.page.locator('.pane', { has: this.page.locator(`.pane-header[aria-label^="${name}"]`) });
  }

  /** Rows of a tree view as text; the view is expanded first. */
  async rows(name) {
    const header = this.page.locator(`.pane-header[aria-label^="${name}"]`);
    await header.waitFor();
    if ((await header.getAttribute('aria-expanded')) === 'false') await header.click();
    return this.pane(name)
      .locator('.monaco-list-row')
      .evaluateAll((rows) => rows.map((row) => [...row.querySelectorAll('.label-name, .label-description')].map((part) => part.textContent.trim()).join(' ')));
  }

  rowLike(name, pattern) {
    return soon(`a row like ${pattern} in ${name}`, async () => (await this.rows(name)).find((text) => pattern.test(text)));
  }

  /** Choose in the quick pick that is open, once its rows stay where they are: a list that is still being filtered shows another text in the same row. */
  async choose(label, timeout = PATIENCE) {
    const rows = this.page.locator('.quick-input-list .monaco-list-row');
    const row = rows.filter({ hasText: label }).first();
    await row.waitFor({ timeout });
    let before;
    const settles = async () => {
      const now = (await rows.allTextContents()).join('\n');
      const settled = now === before && now.includes(label);
      before = now;
      return settled;
    };
    await soon('the choices to settle', settles, timeout);
    await row.click({ timeout });
  }

  /** Choose what a command offers; asked for again when something else has taken the keyboard, as the end of a session may, for the offer is gone then. */
  pick(title, label) {
    return soon(label, async () => {
      await this.command(title);
      return this.choose(label, 5000).then(
        () => true,
        () => false,
      );
    });
  }

  async command(title) {
    await this.page.keyboard.press('F1');
    const input = this.page.locator('.quick-input-widget input[type=text]');
    await input.waitFor();
    await input.fill(`>${title}`);
    await this.choose(title);
  }

  /** Put the mouse on a word of a line and wait for the hover's text; lines move while the editor settles, so the mouse follows. */
  async hover(line, word) {
    const hover = this.page.locator('.monaco-hover:not(.hidden) .monaco-hover-content').first();
    return soon(`a hover on ${word} of line ${line}`, async () => {
      const at = await this.placeOf(line, word);
      if (!at) return undefined;
      await this.page.mouse.move(at.x + 60, at.y + 40);
      await this.page.mouse.move(at.x, at.y, { steps: 4 });
      await hover.waitFor({ timeout: 3000 }).catch(() => {});
      // Until whoever was asked has answered, it says that it is loading.
      const patience = Date.now() + 15_000;
      let text = '';
      while (text !== null && (text.trim() === '' || text.startsWith('Loading')) && Date.now() < patience) {
        await this.page.waitForTimeout(60);
        text = await hover.textContent({ timeout: 500 }).catch(() => null);
      }
      return text?.startsWith('Loading') ? undefined : text;
    });
  }

  /** The middle of a word on a line, once it is there. */
  async placeOf(line, word) {
    const { y: top } = (await this.lineNumber(line).boundingBox()) ?? {};
    return this.editor.evaluate(
      (e, { top, word }) => {
        const row = [...e.querySelectorAll('.view-lines .view-line')].find((l) => Math.abs(l.getBoundingClientRect().top - top) < 4);
        const span = row && [...row.querySelectorAll('span span')].find((s) => s.textContent.trim() === word);
        if (!span) return undefined;
        const { left, top: y, width, height } = span.getBoundingClientRect();
        return { x: left + width / 2, y: y + height / 2 };
      },
      { top, word },
    );
  }
}
