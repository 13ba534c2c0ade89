/** Guest code, micro-ops and WebAssembly side by side: a line that is chosen in one marks those of the same instruction in the others. */
import { hex } from '../../base/bits';
import type { BlockDetail, RegionDetail } from '../../protocol/requests';
import { type Child, h, unseen } from '../dom';
import { t } from '../text';

interface Line {
  /** EIP of the instruction that it is for; -1 for none. */
  readonly eip: number;
  readonly content: Child;
  readonly mark?: string;
}

interface Column {
  readonly id: string;
  readonly title: string;
  readonly remark: string;
  readonly lines: readonly Line[];
  readonly empty: string;
}

export interface CodeChoice {
  readonly column: string;
  readonly line: number;
}

const microOpLines = ({ instructions }: BlockDetail): Line[] =>
  instructions.flatMap(({ eip, microOps, text }) =>
    microOps.length > 0 ? microOps.map((op): Line => ({ eip, content: op })) : [{ eip, content: h('span', { class: 'quiet' }, t('(nothing for {0})', text)) }],
  );

function guestLines({ instructions, block }: BlockDetail, position: number): Line[] {
  const digits = block.codeSize === 32 ? 8 : 4;
  return instructions.map(({ eip, linear, bytes, text }) => ({
    eip,
    mark: linear === position ? 'gutter here' : 'gutter',
    content: [
      h('span', { class: 'quiet' }, hex(eip, digits)),
      ' ',
      h('span', { class: 'bytes' }, bytes),
      ' ',
      h('span', { class: 'text' }, text),
      linear === position && unseen(` (${t('next instruction')})`),
    ],
  }));
}

/** What is for other blocks of the region, or for none, steps back. */
function wasmLines({ instructions }: BlockDetail, region: RegionDetail | undefined): Line[] {
  const own = new Set(instructions.map(({ eip }) => eip));
  return region?.webAssembly.map((text, i) => ({ eip: region.origins[i] ?? -1, content: text, mark: own.has(region.origins[i]) ? '' : 'quiet' })) ?? [];
}

const columnsOf = (detail: BlockDetail, region: RegionDetail | undefined, position: number): Column[] => {
  const ops = microOpLines(detail);
  const wasm = wasmLines(detail, region);
  return [
    { id: 'guest', title: t('Guest code'), remark: `${detail.instructions.length}`, lines: guestLines(detail, position), empty: t('No instruction.') },
    { id: 'ops', title: t('Micro-ops'), remark: `${ops.length}`, lines: ops, empty: t('No micro-ops.') },
    {
      id: 'wasm',
      title: 'WebAssembly',
      remark: `${wasm.length}`,
      lines: wasm,
      empty: t('Not compiled: the block has not run often enough, or its instructions are left to the interpreter.'),
    },
  ];
};

export class CodeColumns {
  readonly element = h('div', { class: 'columns' });
  #columns: readonly Column[] = [];
  #lists = new Map<string, HTMLElement>();
  #choice: CodeChoice | undefined;

  constructor(private readonly chosen: (eip: number) => void) {}

  /** The instruction at `eip` is marked from the start. */
  show(detail: BlockDetail, region: RegionDetail | undefined, { position, eip }: { readonly position: number; readonly eip: number }): void {
    const focused = [...this.#lists].find(([, list]) => list === document.activeElement)?.[0];
    this.#columns = columnsOf(detail, region, position);
    this.#lists = new Map();
    this.element.replaceChildren(...this.#columns.map((column) => this.#column(column)));
    const line = this.#columns[0].lines.findIndex((l) => l.eip === eip);
    if (line >= 0) this.choose({ column: 'guest', line });
    if (focused) this.#lists.get(focused)?.focus();
  }

  #column({ id, title, remark, lines, empty }: Column): HTMLElement {
    const rows = lines.map(({ content, mark }, i) =>
      h('div', { role: 'option', id: `${id}-${i}`, class: `line ${mark ?? ''}`, 'aria-selected': 'false', onclick: () => this.choose({ column: id, line: i }) }, content),
    );
    const list = h(
      'div',
      { class: 'code', role: 'listbox', tabindex: 0, 'aria-label': title, 'aria-multiselectable': 'true', onkeydown: (event: KeyboardEvent) => this.#key(event, id) },
      rows,
    );
    this.#lists.set(id, list);
    return h('section', { class: 'column' }, h('h2', {}, title, ' ', h('span', { class: 'quiet' }, remark)), lines.length > 0 ? list : h('p', { class: 'quiet pad' }, empty));
  }

  choose(choice: CodeChoice): void {
    this.#choice = choice;
    const eip = this.#columns.find(({ id }) => id === choice.column)?.lines[choice.line]?.eip ?? -1;
    for (const { id, lines } of this.#columns) this.#mark(id, lines, eip, choice);
    if (eip >= 0) this.chosen(eip);
  }

  /** The chosen line, and all of its instruction. */
  #mark(id: string, lines: readonly Line[], eip: number, choice: CodeChoice): void {
    const list = this.#lists.get(id);
    if (!list) return;
    const linked = (i: number) => (eip >= 0 && lines[i].eip === eip) || (id === choice.column && i === choice.line);
    Array.from(list.children).forEach((row, i) => {
      row.setAttribute('aria-selected', linked(i) ? 'true' : 'false');
      row.classList.toggle('linked', linked(i));
      row.classList.toggle('current', id === choice.column && i === choice.line);
    });
    const at = id === choice.column ? choice.line : lines.findIndex((_, i) => linked(i));
    if (at < 0) return;
    list.setAttribute('aria-activedescendant', `${id}-${at}`);
    scrollWithin(list, list.children[at] as HTMLElement);
  }

  #key(event: KeyboardEvent, column: string): void {
    const lines = this.#columns.find(({ id }) => id === column)?.lines ?? [];
    const at = this.#choice?.column === column ? this.#choice.line : lines.findIndex((_, i) => this.#lists.get(column)?.children[i].classList.contains('linked'));
    const moved = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: lines.length - 1, PageDown: at + 10, PageUp: at - 10 }[event.key];
    if (moved === undefined || lines.length === 0) return;
    event.preventDefault();
    this.choose({ column, line: Math.max(0, Math.min(lines.length - 1, moved)) });
  }
}

/** Into sight, and nothing else scrolls. */
function scrollWithin(list: HTMLElement, row: HTMLElement): void {
  const top = row.offsetTop - list.offsetTop;
  const margin = row.offsetHeight * 2;
  if (top < list.scrollTop + margin) list.scrollTop = top - margin;
  else if (top + row.offsetHeight > list.scrollTop + list.clientHeight - margin) list.scrollTop = top + row.offsetHeight - list.clientHeight + margin;
}
