/** The page of memory: at any seg:off, linear or physical address, with what changed since the last stop, and to be written. */
import { hex, hexh } from '../../base/bits';
import { Changes } from '../changes';
import { Connection, latest } from '../connection';
import { h, replace } from '../dom';
import { MemoryGrid } from '../memory/memoryGrid';
import { base64Of, BYTES_PER_ROW, bytesOf, formatReference, type MemoryAddress, parseAddress, segmentOffset, viewStart } from '../memory/memoryRows';
import { counted, t } from '../text';
import { textField } from '../textField';
import { whenReleased } from '../whenReleased';

const ROWS = 24;
const LENGTH = ROWS * BYTES_PER_ROW;
/** While the guest runs, milliseconds between two looks. */
const LIVE = 500;

interface State {
  /** As the user typed it: evaluated at every stop. */
  readonly expression: string;
  /** Bytes that the user has gone on from there. */
  readonly moved: number;
}

const connection = new Connection<State>({ expression: 'cs:eip', moved: 0 });
const page = document.getElementById('page') as HTMLElement;
const changes = new Changes();
let shown: { readonly at: MemoryAddress; readonly start: number; readonly bytes: Uint8Array; readonly mapping: string } | undefined;
let problem = '';

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
const grid = new MemoryGrid({ write: (offset, byte) => void write(offset, byte), scroll: (bytes) => move(bytes) });

const pull = latest(async () => {
  const { state } = connection;
  if (connection.isOver) return render();
  try {
    const { address } = await connection.ask('readMemory', { memoryReference: state.expression, count: 0 });
    const at = parseAddress(address);
    const start = viewStart(at.address + state.moved, LENGTH);
    const { data } = await connection.ask('readMemory', { memoryReference: formatReference({ ...at, address: start }), count: LENGTH });
    shown = { at, start, bytes: data ? bytesOf(data) : new Uint8Array(), mapping: await mappingOf({ ...at, address: start }) };
    problem = '';
  } catch (error) {
    problem = messageOf(error);
  }
  render();
});

/** Where a linear address leads. */
async function mappingOf({ space, address }: MemoryAddress): Promise<string> {
  if (space === 'physical') return t('guest-physical');
  const { rows } = await connection.ask('ringside/pageWalk', { address });
  const { physical, entries } = rows[0].guest;
  if (physical === undefined) return t('linear, not mapped by the guest’s page tables');
  return entries.length > 0 ? t('linear, at guest-physical {0}', hexh(physical + (address & 0xfff), 8)) : t('linear; paging is off');
}

async function write(offset: number, byte: number): Promise<void> {
  if (!shown) return;
  try {
    await connection.ask('writeMemory', { memoryReference: formatReference({ ...shown.at, address: shown.start }), offset, data: base64Of([byte]) });
    await pull();
  } catch (error) {
    problem = messageOf(error);
    render();
  }
}

function move(bytes: number): void {
  connection.remember({ moved: connection.state.moved + bytes });
  void pull();
}

function go(expression: string): void {
  connection.remember({ expression, moved: 0 });
  void pull();
}

setInterval(() => {
  if (connection.session.state === 'running' && document.visibilityState === 'visible') void pull();
}, LIVE);

/** Offsets of what is not as it was. */
function changedOffsets({ at, start, bytes }: NonNullable<typeof shown>): Set<number> {
  changes.begin(connection.session.stop);
  const found = new Set<number>();
  bytes.forEach((byte, offset) => {
    if (changes.note(`${at.space} ${start + offset}`, byte)) found.add(offset);
  });
  return found;
}

/** Rows by the address, and by seg:off when that was asked for. */
function rowNames({ at }: NonNullable<typeof shown>): (address: number) => string {
  const far = segmentOffset(connection.state.expression);
  if (!far) return (address) => hex(address, 8);
  return (address) => {
    const offset = far.offset + address - at.address;
    return `${hex(address, 8)} ${far.segment}:${offset < 0 ? '-' : ''}${hex(Math.abs(offset), 4)}`;
  };
}

const EMPTY = {
  none: t('No guest is being debugged. Its memory is shown here.'),
  ended: t('The session has ended.'),
  running: '',
  stopped: '',
} as const;

function header() {
  const { session, state } = connection;
  const input = textField(state.expression, go, { 'data-key': 'address', placeholder: `0x7C00, 07C0h:10h, ds:esi, phys:0x1000, ${t('label')}` });
  const changed = shown ? changedOffsets(shown).size : 0;
  return [
    h(
      'header',
      {},
      h('h1', {}, t('Memory')),
      shown && h('span', { class: 'chip' }, shown.mapping),
      session.state === 'running' && h('span', { class: 'chip' }, t('live')),
      session.state === 'ended' && h('span', { class: 'chip' }, t('session ended')),
    ),
    h(
      'div',
      { class: 'toolbar' },
      h('label', { class: 'field' }, `${t('Address')} `, input),
      h('button', { type: 'button', 'data-key': 'earlier', title: t('Earlier addresses (Page Up)'), onclick: () => move(-LENGTH) }, `▲ ${t('Earlier')}`),
      h('button', { type: 'button', 'data-key': 'later', title: t('Later addresses (Page Down)'), onclick: () => move(LENGTH) }, `▼ ${t('Later')}`),
      h(
        'span',
        { class: 'quiet', role: 'status' },
        changed > 0 ? counted(changed, '{0} of these bytes changed since the last stop', '{0} of these bytes changed since the last stop') : '',
      ),
    ),
    !connection.isOver && problem && h('p', { class: 'problem', role: 'alert' }, problem),
  ];
}

const hint = () =>
  connection.session.state === 'stopped'
    ? t('Type two hexadecimal digits over a byte to change it, or a character in the text on the right.')
    : t('The guest runs: bytes can be changed once it has stopped.');

function draw(): void {
  const { session } = connection;
  if (!shown) {
    replace(page, header(), h('p', { class: 'status' }, connection.instead(EMPTY)));
    return;
  }
  const { start, bytes } = shown;
  const content = { start, rowName: rowNames(shown), bytes, length: LENGTH, changed: changedOffsets(shown), settable: session.state === 'stopped' };
  // The grid stays in the document, and with it what has the keyboard.
  const top = document.getElementById('top');
  if (top) replace(top, header());
  else replace(page, h('div', { id: 'top' }, header()), h('div', { class: 'scroll-x', 'data-scroll': 'memory' }, grid.element), h('p', { class: 'status', id: 'hint' }));
  (document.getElementById('hint') as HTMLElement).textContent = hint();
  grid.show(content);
}

const render = whenReleased(draw);

connection.open(
  () => void pull(),
  ({ address }) => {
    if (address !== undefined) go(address);
  },
);
render();
