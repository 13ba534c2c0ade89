/** The page of VM exits: along the guest's instructions, by reason, and each from its instruction to its effect. */
import { farAddress, grouped } from '../../base/address';
import { EVENT_KINDS, HIDDEN_AT_FIRST } from '../../protocol/eventKinds';
import type { ExitSummary, ReasonSummary } from '../../protocol/exitSummary';
import type { ExitRow } from '../../protocol/requests';
import { TECHNIQUES } from '../../protocol/techniques';
import { VMM_EVENT_KINDS, type VmmEventKind } from '../../protocol/vmmEvent';
import { Connection, latest } from '../connection';
import { type Child, button, h, replace, status, unseen } from '../dom';
import { breakpointName } from '../exits/breakpointName';
import { exitChain } from '../exits/exitChain';
import { timeline, tint } from '../exits/timeline';
import { counted, t } from '../text';
import { whenReleased } from '../whenReleased';

const BUCKETS = 120;
const MOST_ROWS = 200;
/** While the guest runs, milliseconds between two looks. */
const LIVE = 1000;

interface State {
  readonly hidden: readonly VmmEventKind[];
  /** One reason alone: kind and reason. */
  readonly reason: string;
  readonly from: number | undefined;
  readonly to: number | undefined;
}

const connection = new Connection<State>({ hidden: HIDDEN_AT_FIRST, reason: '', from: undefined, to: undefined });
const page = document.getElementById('page') as HTMLElement;
let summary: ExitSummary | undefined;
let rows: readonly ExitRow[] = [];
let chain: { readonly chosen: ExitRow; readonly events: readonly ExitRow[] } | undefined;
let problem = '';
let rate: { readonly time: number; readonly events: number; readonly perSecond?: number } | undefined;

const keyOf = ({ kind, reason }: { kind: VmmEventKind; reason: string }): string => `${kind} ${reason}`;
const shownKinds = (): VmmEventKind[] => VMM_EVENT_KINDS.filter((kind) => !connection.state.hidden.includes(kind));
const range = () => ({
  ...(connection.state.from === undefined ? {} : { from: connection.state.from }),
  ...(connection.state.to === undefined ? {} : { to: connection.state.to }),
});

const pull = latest(async () => {
  if (connection.isOver) return render();
  try {
    const kinds = shownKinds();
    summary = await connection.ask('ringside/exitSummary', { kinds, buckets: BUCKETS });
    if (connection.state.from !== undefined) {
      const { reasons, buckets, from, to } = await connection.ask('ringside/exitSummary', { kinds, buckets: BUCKETS, ...range() });
      summary = { ...summary, reasons, buckets, from, to };
    }
    rows = await newest(kinds);
    note(summary);
    problem = '';
  } catch (error) {
    problem = error instanceof Error ? error.message : String(error);
  }
  render();
});

/** The newest rows of the reason that is chosen, or of all. */
async function newest(kinds: readonly VmmEventKind[]): Promise<readonly ExitRow[]> {
  const { reason } = connection.state;
  const only = kinds.filter((kind) => !reason || reason.startsWith(`${kind} `));
  const { rows: found } = await connection.ask('ringside/exits', { kinds: only, ...range(), ...(reason ? {} : { count: MOST_ROWS }) });
  return found.filter((row) => !reason || keyOf(row) === reason).slice(-MOST_ROWS);
}

/** Events a second of the host's time, while the guest runs. */
function note({ counts }: ExitSummary): void {
  const events = shownKinds().reduce((sum, kind) => sum + (counts[kind] ?? 0), 0);
  const time = performance.now();
  const before = rate;
  const running = connection.session.state === 'running' && before !== undefined && events >= before.events;
  rate = { time, events, ...(running ? { perSecond: ((events - before.events) * 1000) / (time - before.time) } : {}) };
}

setInterval(() => {
  if (connection.session.state === 'running' && document.visibilityState === 'visible') void pull();
}, LIVE);

function change(state: Partial<State>): void {
  connection.remember(state);
  void pull();
}

async function choose(chosen: ExitRow): Promise<void> {
  const { rows: events } = await connection.ask('ringside/exits', { from: chosen.retired, to: chosen.retired + 1 });
  chain = { chosen, events: events.filter((e) => e.linear === chosen.linear) };
  render();
}

function title(s: ExitSummary) {
  const { session } = connection;
  const events = shownKinds().reduce((sum, kind) => sum + (s.counts[kind] ?? 0), 0);
  const density = s.retired > 0 ? (1000 * events) / s.retired : 0;
  const chips = [
    t(TECHNIQUES.find(({ id }) => id === s.technique)?.name ?? s.technique),
    counted(s.retired, '{0} instruction', '{0} instructions'),
    t('{0} modelled cycles', grouped(s.cycles)),
    t('{0}, {1} per 1,000 instructions', counted(events, '{0} event', '{0} events'), density < 10 ? density.toFixed(2) : grouped(Math.round(density))),
    ...(rate?.perSecond === undefined ? [] : [t('{0} per second', grouped(Math.round(rate.perSecond)))]),
    ...(session.state === 'running' ? [t('running')] : session.state === 'ended' ? [t('session ended')] : []),
  ];
  return h(
    'header',
    {},
    h('h1', {}, t('VM Exits')),
    chips.map((text) => h('span', { class: 'chip' }, text)),
  );
}

/** Each kind that there was, to be shown or not. */
function kindFilter({ counts }: ExitSummary) {
  const { hidden } = connection.state;
  const present = VMM_EVENT_KINDS.filter((kind) => (counts[kind] ?? 0) > 0);
  const toggle = (kind: VmmEventKind) => change({ hidden: hidden.includes(kind) ? hidden.filter((k) => k !== kind) : [...hidden, kind], reason: '' });
  return h(
    'div',
    { class: 'toolbar', role: 'group', 'aria-label': t('Kinds of events to show') },
    present.map((kind) =>
      h(
        'button',
        { type: 'button', class: 'toggle', 'data-key': `kind-${kind}`, 'aria-pressed': hidden.includes(kind) ? 'false' : 'true', onclick: () => toggle(kind) },
        h('span', { class: `dot ${tint(kind)}`, 'aria-hidden': 'true' }),
        `${t(EVENT_KINDS[kind].name)} `,
        h('span', { class: 'count' }, grouped(counts[kind] ?? 0)),
      ),
    ),
  );
}

const bar = (share: number, kind: VmmEventKind): HTMLElement => {
  const filled = h('span', { class: `filled ${tint(kind)}` });
  filled.style.width = `${Math.max(1, 100 * share)}%`;
  return h('span', { class: 'share', 'aria-hidden': 'true' }, filled);
};

function breakButton(event: Parameters<typeof breakpointName>[0], key: string) {
  const name = breakpointName(event);
  return h(
    'button',
    { type: 'button', class: 'small', 'data-key': `break-${key}`, title: t('Add the event breakpoint {0}', name), onclick: () => connection.send({ breakpoint: name }) },
    t('Break'),
    unseen(` ${t('on {0}', name)}`),
  );
}

function reasonTable({ reasons }: ExitSummary) {
  const { reason } = connection.state;
  const most = Math.max(1, ...reasons.map((r) => r.count));
  const row = (r: ReasonSummary) =>
    h(
      'tr',
      { class: keyOf(r) === reason ? 'chosen' : undefined },
      h('td', {}, breakButton(r, keyOf(r))),
      h(
        'td',
        {},
        h(
          'button',
          {
            type: 'button',
            class: 'link',
            'data-key': `reason-${keyOf(r)}`,
            'aria-pressed': keyOf(r) === reason ? 'true' : 'false',
            onclick: () => change({ reason: keyOf(r) === reason ? '' : keyOf(r) }),
          },
          r.reason || t('(none)'),
        ),
      ),
      h('td', { class: 'quiet' }, t(EVENT_KINDS[r.kind].name)),
      h('td', { class: 'wide' }, bar(r.count / most, r.kind)),
      h('td', { class: 'number' }, grouped(r.count)),
      h('td', { class: 'number' }, grouped(r.cycles)),
    );
  return h(
    'section',
    { class: 'column' },
    h('h2', {}, t('By reason')),
    h(
      'div',
      { class: 'scroll', 'data-scroll': 'reasons', tabindex: 0, role: 'region', 'aria-label': t('Events by reason') },
      h(
        'table',
        {},
        h(
          'thead',
          {},
          h(
            'tr',
            {},
            [unseen(t('Breakpoint')), t('Reason'), t('Kind'), t('Share'), t('Count'), t('Cycles')].map((name, n) =>
              h('th', { scope: 'col', class: n >= 4 ? 'number' : undefined }, name),
            ),
          ),
        ),
        h('tbody', {}, reasons.map(row)),
      ),
    ),
  );
}

function eventTable() {
  const newestFirst = [...rows].reverse();
  const row = (e: ExitRow) =>
    h(
      'tr',
      { class: chain?.chosen.sequence === e.sequence ? 'chosen' : undefined },
      h('td', { class: 'number' }, grouped(e.retired)),
      h(
        'td',
        {},
        h(
          'button',
          {
            type: 'button',
            class: 'link',
            'data-key': `event-${e.sequence}`,
            'aria-pressed': chain?.chosen.sequence === e.sequence ? 'true' : 'false',
            onclick: () => void choose(e),
          },
          e.instruction || e.reason,
        ),
      ),
      h('td', {}, h('span', { class: `dot ${tint(e.kind)}`, 'aria-hidden': 'true' }), `${t(EVENT_KINDS[e.kind].name)}${e.instruction ? `: ${e.reason}` : ''}`),
      h('td', { class: 'mono' }, farAddress(e.cs, e.eip, e.codeSize)),
      h('td', { class: 'number' }, grouped(e.cycles)),
    );
  return h(
    'section',
    { class: 'column' },
    h('h2', {}, `${t('Events, newest first')} `, h('span', { class: 'quiet' }, rows.length === MOST_ROWS ? t('the last {0}', MOST_ROWS) : String(rows.length))),
    h(
      'div',
      { class: 'scroll', 'data-scroll': 'events', tabindex: 0, role: 'region', 'aria-label': t('Events') },
      h(
        'table',
        {},
        h(
          'thead',
          {},
          h(
            'tr',
            {},
            [t('After'), t('Instruction'), t('What'), t('At'), t('Cycles')].map((name, n) => h('th', { scope: 'col', class: n === 0 || n === 4 ? 'number' : undefined }, name)),
          ),
        ),
        h('tbody', {}, newestFirst.map(row)),
      ),
    ),
  );
}

function chainPanel() {
  if (!chain) return h('p', { class: 'status' }, t('Choose an event to see it from its instruction to its effect.'));
  const { chosen, events } = chain;
  const { source } = chosen;
  return h(
    'section',
    { class: 'chain', 'aria-label': t('From instruction to effect') },
    h(
      'ol',
      {},
      exitChain(events, chosen).map(({ kind, title: name, head, lines }) =>
        h(
          'li',
          {},
          h('h3', {}, name),
          h('p', { class: kind === 'instruction' ? 'head mono' : 'head' }, head),
          lines.map((line) => h('p', {}, line)),
        ),
      ),
    ),
    h(
      'div',
      { class: 'toolbar' },
      breakButton(chosen, 'chain'),
      source && button(t('Show source'), () => connection.send({ reveal: source }), { title: `${source.path}:${source.line}` }),
    ),
  );
}

const EMPTY = {
  none: t('No guest is being debugged. What the hypervisor does for one is shown here.'),
  ended: t('The session has ended.'),
  running: t('The guest runs.'),
  stopped: t('Nothing yet: no instruction has needed the hypervisor.'),
} as const;

function chosenRange(s: ExitSummary): Child {
  const { from, to, reason } = connection.state;
  if (from === undefined && !reason)
    return s.dropped > 0
      ? status(
          counted(
            s.recorded,
            'The last event; {1} older ones are counted, but no longer kept.',
            'The last {0} events; {1} older ones are counted, but no longer kept.',
            grouped(s.dropped),
          ),
        )
      : status(counted(s.recorded, '{0} event recorded.', '{0} events recorded.'));
  const parts = [
    from === undefined ? '' : t('instructions {0} to {1}', grouped(from), grouped(to ?? s.to)),
    reason ? `${t(EVENT_KINDS[reason.split(' ')[0] as VmmEventKind].name)}: ${reason.slice(reason.indexOf(' ') + 1)}` : '',
  ];
  return h(
    'p',
    { class: 'status', role: 'status' },
    `${t('Only {0}.', parts.filter(Boolean).join(', '))} `,
    button(t('Show all'), () => change({ from: undefined, to: undefined, reason: '' }), { class: 'link' }),
  );
}

function draw(): void {
  if (!summary) {
    replace(page, h('header', {}, h('h1', {}, t('VM Exits'))), status(connection.instead(EMPTY, problem)));
    return;
  }
  replace(
    page,
    title(summary),
    !connection.isOver && problem && status(problem),
    kindFilter(summary),
    timeline(summary, (from, to) => change({ from, to })),
    chosenRange(summary),
    h('div', { class: 'columns two' }, reasonTable(summary), eventTable()),
    chainPanel(),
  );
}

const render = whenReleased(draw);

let session = '';
connection.open(
  () => {
    // Another guest: what was chosen of the last one means nothing.
    if (connection.session.name !== undefined && connection.session.name !== session) {
      if (session) connection.remember({ from: undefined, to: undefined, reason: '' });
      session = connection.session.name;
      chain = undefined;
    }
    void pull();
  },
  () => {},
);
render();
