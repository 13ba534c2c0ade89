/** Bytes in a grid after the ARIA pattern: arrow keys move, hexadecimal digits (or characters, in the text) overwrite. */
import { hex } from '../../base/bits';
import { h, unseen } from '../dom';
import { asciiOf, BYTES_PER_ROW, bytesThatFit } from './memoryRows';
import { t } from '../text';

export interface GridContent {
  /** Address of the first byte, and what each row is called. */
  readonly start: number;
  readonly rowName: (address: number) => string;
  /** Shorter than the grid where memory ends or is not mapped. */
  readonly bytes: Uint8Array;
  readonly length: number;
  /** By offset: not as at the stop before. */
  readonly changed: ReadonlySet<number>;
  readonly settable: boolean;
}

export interface GridActions {
  readonly write: (offset: number, byte: number) => void;
  /** By so many bytes. */
  readonly scroll: (bytes: number) => void;
}

type Column = 'hex' | 'text';

export class MemoryGrid {
  readonly element = h('div', { class: 'memory', role: 'grid', 'aria-label': t('Memory') });
  #content: GridContent | undefined;
  #focus: { offset: number; column: Column } = { offset: 0, column: 'hex' };
  #digit: string | undefined;
  /** Bytes in a row: fewer in a narrow tab, so that the text needs no scrolling. */
  #columns = BYTES_PER_ROW;
  readonly #widths = new ResizeObserver(() => this.#content && this.#fitting() !== this.#columns && this.show(this.#content));

  constructor(private readonly actions: GridActions) {
    this.element.addEventListener('keydown', (event) => this.#key(event));
    this.element.addEventListener('focusin', (event) => this.#focused(event.target as HTMLElement));
  }

  show(content: GridContent): void {
    this.#content = content;
    const hadFocus = this.element.contains(document.activeElement);
    this.#focus.offset = Math.min(this.#focus.offset, content.length - 1);
    this.element.setAttribute('aria-readonly', content.settable ? 'false' : 'true');
    this.#fill(content);
    const fitting = this.#fitting();
    if (fitting !== this.#columns) {
      this.#columns = fitting;
      this.#fill(content);
    }
    const { parentElement } = this.element;
    if (parentElement) this.#widths.observe(parentElement);
    if (hadFocus) this.#cell(this.#focus)?.focus({ preventScroll: true });
  }

  #fill(content: GridContent): void {
    const rows = Array.from({ length: content.length / this.#columns }, (_, n) => this.#row(content, n * this.#columns));
    this.element.replaceChildren(this.#head(), ...rows);
  }

  /** Bytes in a row that the space around has room for, by the widths that are there now. */
  #fitting(): number {
    const available = this.element.parentElement?.clientWidth ?? 0;
    const widthOf = (element: Element | null) => element?.getBoundingClientRect().width ?? 0;
    const each = widthOf(this.#cell({ offset: 0, column: 'hex' })) + widthOf(this.#cell({ offset: 0, column: 'text' }));
    return available > 0 && each > 0 ? bytesThatFit(available, widthOf(this.element) - this.#columns * each, each) : this.#columns;
  }

  #head(): HTMLElement {
    const names = Array.from({ length: this.#columns }, (_, n) => h('span', { role: 'columnheader', class: 'cell' }, hex(n)));
    const text = Array.from({ length: this.#columns }, (_, n) => h('span', { role: 'columnheader', class: 'char' }, unseen(t('Text {0}', hex(n)))));
    return h(
      'div',
      { class: 'row head', role: 'row' },
      h('span', { role: 'columnheader', class: 'address' }, t('Address')),
      names,
      h('span', { class: 'gap', 'aria-hidden': 'true' }),
      text,
    );
  }

  #row(content: GridContent, first: number): HTMLElement {
    const offsets = Array.from({ length: this.#columns }, (_, n) => first + n);
    return h(
      'div',
      { class: 'row', role: 'row' },
      h('span', { role: 'rowheader', class: 'address' }, content.rowName(content.start + first)),
      offsets.map((offset) => this.#byte(content, offset, 'hex')),
      h('span', { class: 'gap', 'aria-hidden': 'true' }),
      offsets.map((offset) => this.#byte(content, offset, 'text')),
    );
  }

  #byte({ bytes, changed }: GridContent, offset: number, column: Column): HTMLElement {
    const byte = bytes[offset];
    const known = offset < bytes.length;
    const text = column === 'hex' ? (known ? hex(byte, 2) : '??') : known ? asciiOf(byte) : ' ';
    const kind = `${column === 'hex' ? 'cell' : 'char'} ${changed.has(offset) ? 'changed' : ''} ${known ? (byte === 0 ? 'zero' : '') : 'unknown'}`;
    const inTabOrder = offset === this.#focus.offset && column === this.#focus.column;
    return h(
      'span',
      {
        role: 'gridcell',
        class: kind,
        'data-offset': offset,
        'data-column': column,
        tabindex: inTabOrder ? 0 : -1,
        'aria-label': changed.has(offset) ? t('{0} changed', text) : undefined,
      },
      text,
    );
  }

  #cell({ offset, column }: { offset: number; column: Column }): HTMLElement | null {
    return this.element.querySelector(`[data-offset="${offset}"][data-column="${column}"]`);
  }

  #focused({ dataset }: HTMLElement): void {
    if (dataset.offset === undefined) return;
    const before = this.#cell(this.#focus);
    this.#focus = { offset: Number(dataset.offset), column: dataset.column as Column };
    this.#digit = undefined;
    before?.setAttribute('tabindex', '-1');
    this.#cell(this.#focus)?.setAttribute('tabindex', '0');
  }

  #move(to: number): void {
    const length = this.#content?.length ?? 0;
    const beyond = to < 0 ? to : to >= length ? to - length + 1 : 0;
    if (beyond !== 0) {
      const rows = Math.ceil(Math.abs(beyond) / BYTES_PER_ROW) * BYTES_PER_ROW;
      this.actions.scroll(Math.sign(beyond) * rows);
      this.#focus.offset = to - Math.sign(beyond) * rows;
      return;
    }
    this.#cell({ ...this.#focus, offset: to })?.focus();
  }

  #key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.altKey || event.metaKey || !this.#content) return;
    const { offset } = this.#focus;
    const page = this.#content.length;
    const columns = this.#columns;
    const row = offset - (offset % columns);
    const to = { ArrowRight: offset + 1, ArrowLeft: offset - 1, ArrowDown: offset + columns, ArrowUp: offset - columns, Home: row, End: row + columns - 1 }[event.key];
    const scrolled = { PageDown: page, PageUp: -page }[event.key];
    if (to !== undefined) this.#move(to);
    else if (scrolled !== undefined) this.actions.scroll(scrolled);
    else if (!this.#typed(event.key)) return;
    event.preventDefault();
  }

  /** Did that key write, or begin to? */
  #typed(key: string): boolean {
    const { offset, column } = this.#focus;
    const content = this.#content;
    if (!content?.settable || offset >= content.bytes.length || key.length !== 1) return false;
    if (column === 'text') {
      if (key < ' ' || key > '~') return false;
      this.#write(offset, key.charCodeAt(0));
      return true;
    }
    if (!/[0-9a-f]/i.test(key)) return false;
    if (this.#digit === undefined) {
      this.#digit = key;
      const cell = this.#cell(this.#focus);
      if (cell) cell.textContent = `${key.toUpperCase()}_`;
      return true;
    }
    this.#write(offset, Number.parseInt(this.#digit + key, 16));
    return true;
  }

  #write(offset: number, byte: number): void {
    this.#digit = undefined;
    this.actions.write(offset, byte);
    this.#move(offset + 1);
  }
}
