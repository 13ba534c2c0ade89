/** The page of blocks: one in full, and how they are chained. */
import { hexh } from '../../base/bits';
import type { BlockDetail, BlockRow, BlocksResponse, RegionDetail } from '../../protocol/requests';
import { type Fact, blockFacts, blockName, chooseBlock, filterBlocks, neighbourhood, regionName } from '../block/blockFacts';
import { CodeColumns } from '../block/codeColumns';
import { Connection, latest } from '../connection';
import { button, h, replace, status } from '../dom';
import { blockGraph } from '../graph/blockGraph';
import { tabList, tabPanel } from '../tabs';
import { counted, t } from '../text';
import { whenReleased } from '../whenReleased';

const MOST_BLOCKS = 2000;
/** A graph of more cannot be read, and takes long to lay out. */
const MOST_NODES = 150;
const TABS = [
  { id: 'code', label: t('Code') },
  { id: 'graph', label: t('Graph') },
];
const SCOPES = [
  ['all', t('All blocks')],
  ['near', t('Around this block')],
] as const;

interface State {
  readonly id: number | undefined;
  readonly linear: number | undefined;
  readonly tab: string;
  readonly filter: string;
  readonly hits: number;
  readonly scope: string;
  readonly follow: boolean;
}

const connection = new Connection<State>({ id: undefined, linear: undefined, tab: 'code', filter: '', hits: 0, scope: 'all', follow: true });
const page = document.getElementById('page') as HTMLElement;
let blocks: BlocksResponse | undefined;
let detail: BlockDetail | undefined;
let regionId: number | undefined;
let eip = -1;
let problem = '';
const columns = new CodeColumns((chosen) => {
  eip = chosen;
});

/** The block that was asked for last, until it is shown. */
let wish: number | undefined;
/** News that the page has followed already. */
let followed = -1;

const pull = latest(async () => {
  const { session, state } = connection;
  if (connection.isOver) return render();
  const asked = wish;
  wish = undefined;
  try {
    blocks = await connection.ask('ringside/blocks', { count: MOST_BLOCKS });
    const moved = asked === undefined && state.follow && session.change !== followed && isInBlock(blocks);
    followed = session.change;
    const block = chooseBlock(
      blocks.blocks,
      moved ? { position: blocks.position } : { id: asked ?? state.id, linear: asked === undefined ? state.linear : undefined, position: blocks.position },
    );
    detail = block && (await connection.ask('ringside/block', { id: block.id }));
    if (detail) remember(detail.block);
    problem = '';
  } catch (error) {
    problem = error instanceof Error ? error.message : String(error);
  }
  render();
});

/** Otherwise there is nothing to follow to. */
const isInBlock = ({ blocks: all, position }: BlocksResponse): boolean => all.some((b) => b.state === 'cached' && position >= b.linear && position < b.linear + b.length);

const remember = ({ id, linear }: BlockRow): void => connection.remember({ id, linear });

function choose(id: number): void {
  wish = id;
  eip = -1;
  regionId = undefined;
  void pull();
}

function remembering(change: Partial<State>): void {
  connection.remember(change);
  render();
}

const factValue = ({ value, blocks: to }: Fact) =>
  to && to.length > 0 ? to.map((b) => button(blockName(b), () => choose(b.id), { class: 'link', title: t('Show block {0}', blockName(b)) })) : value;

const facts = (shown: BlockDetail, all: BlocksResponse, region: RegionDetail | undefined) =>
  h(
    'dl',
    { class: 'facts' },
    blockFacts(shown, all.blocks, region).map((fact) => h('div', {}, h('dt', {}, fact.name), h('dd', {}, factValue(fact)))),
  );

function actions({ block }: BlockDetail, { technique }: BlocksResponse) {
  const { source } = block;
  const told = technique === 'bt';
  return h(
    'div',
    { class: 'toolbar' },
    button(t('Break when it runs'), () => connection.send({ breakpoint: hexh(block.linear) }), { title: t('Add a breakpoint at its first instruction') }),
    button(t('Break when it is thrown away'), () => connection.send({ breakpoint: `invalidated:${hexh(block.linear)}` }), {
      disabled: !told,
      title: told ? t('Stop behind the instruction that has it thrown away') : t('Only binary translation reports that'),
    }),
    source && button(t('Show source'), () => connection.send({ reveal: source }), { title: `${source.path}:${source.line}` }),
  );
}

function regionChoice({ regions }: BlockDetail) {
  if (regions.length < 2) return undefined;
  return h(
    'label',
    { class: 'field' },
    `${t('WebAssembly of')} `,
    h(
      'select',
      {
        'data-key': 'region',
        onchange: (event: Event) => {
          regionId = Number((event.target as HTMLSelectElement).value);
          render();
        },
      },
      regions.map((region) => h('option', { value: region.id, selected: region.id === regionId }, regionName(region))),
    ),
  );
}

function codePanel(shown: BlockDetail, all: BlocksResponse) {
  const region = shown.regions.find(({ id }) => id === regionId) ?? shown.regions[0];
  const inside = shown.instructions.find(({ linear }) => linear === all.position);
  columns.show(shown, region, { position: all.position, eip: shown.instructions.some((i) => i.eip === eip) ? eip : (inside?.eip ?? shown.instructions[0]?.eip ?? -1) });
  return tabPanel('code', facts(shown, all, region), regionChoice(shown), columns.element);
}

const UNCHAINED = ` ${t('None is chained to another: each goes back to whoever dispatches the next, as all do in textbook binary translation.')}`;

function graphPanel(all: BlocksResponse, id: number | undefined) {
  const { filter, hits, scope } = connection.state;
  const scoped = scope === 'near' && id !== undefined ? neighbourhood(all.blocks, id, 2) : all.blocks;
  const found = filterBlocks(scoped, filter, hits);
  const shown = [...found].sort((a, b) => Number(b.id === id) - Number(a.id === id) || b.hits - a.hits).slice(0, MOST_NODES);
  const most = Math.max(0, ...all.blocks.map((b) => b.hits));
  const chained = shown.some((b) => b.links.length > 0);
  const input = (key: keyof State, attributes: object) =>
    h('input', {
      'data-key': key,
      ...attributes,
      oninput: (event: Event) => remembering({ [key]: key === 'hits' ? Number((event.target as HTMLInputElement).value) : (event.target as HTMLInputElement).value }),
    });
  return tabPanel(
    'graph',
    h(
      'div',
      { class: 'toolbar' },
      h('label', { class: 'field' }, `${t('Filter')} `, input('filter', { type: 'text', value: filter, placeholder: t('address, instruction, end, tier1') })),
      h('label', { class: 'field' }, `${t('At least')} `, input('hits', { type: 'number', min: 0, max: most, value: hits }), ` ${t('hits')}`),
      h(
        'label',
        { class: 'field' },
        `${t('Show')} `,
        h(
          'select',
          { 'data-key': 'scope', onchange: (event: Event) => remembering({ scope: (event.target as HTMLSelectElement).value }) },
          SCOPES.map(([value, label]) => h('option', { value, selected: value === scope }, label)),
        ),
      ),
      h(
        'span',
        { class: 'legend', 'aria-hidden': 'true' },
        t('cold'),
        [0, 1, 2, 3, 4].map((n) => h('span', { class: `swatch heat${n}` })),
        t('hot'),
      ),
    ),
    status(
      `${shown.length < found.length ? counted(found.length, 'The hottest {1} of {0} block.', 'The hottest {1} of {0} blocks.', shown.length) : counted(all.blocks.length, '{1} of {0} block.', '{1} of {0} blocks.', shown.length)}${chained ? '' : UNCHAINED}`,
    ),
    blockGraph(shown, { chosen: id, position: all.position, choose }),
  );
}

const EMPTY = {
  none: t('No guest is being debugged. Start one, stop it, and its blocks are shown here.'),
  ended: t('The session has ended.'),
  running: t('The guest runs; its blocks are shown when it stops.'),
  stopped: t('No block is cached yet. Continue or step the guest.'),
} as const;

function title() {
  const { session, state } = connection;
  const follow = h(
    'label',
    { class: 'field' },
    h('input', {
      type: 'checkbox',
      'data-key': 'follow',
      checked: state.follow,
      onchange: (event: Event) => {
        connection.remember({ follow: (event.target as HTMLInputElement).checked });
        void pull();
      },
    }),
    ` ${t('Follow execution')}`,
  );
  if (!detail) return h('header', {}, h('h1', {}, t('Blocks')), follow);
  const { block } = detail;
  const chips = [
    h('span', { class: `chip ${block.state}` }, block.state === 'cached' ? t('cached') : t('thrown away')),
    h('span', { class: 'chip' }, block.tier === 1 ? 'WebAssembly' : t('interpreted')),
    h('span', { class: 'chip' }, counted(block.hits, '{0} hit', '{0} hits')),
    session.state === 'ended' && h('span', { class: 'chip' }, t('session ended')),
  ];
  return h('header', {}, h('h1', {}, `${t('Block')} `, h('code', {}, blockName(block))), chips, follow);
}

function draw(): void {
  const { state } = connection;
  if (!blocks || !detail) {
    replace(page, title(), status(connection.instead(EMPTY, problem)));
    return;
  }
  const panel = state.tab === 'graph' ? graphPanel(blocks, detail.block.id) : codePanel(detail, blocks);
  replace(
    page,
    title(),
    !connection.isOver && problem && status(problem),
    actions(detail, blocks),
    tabList(t('Of this block'), TABS, state.tab, (tab) => remembering({ tab })),
    panel,
  );
}

const render = whenReleased(draw);

connection.open(
  () => void pull(),
  ({ block }) => {
    if (block !== undefined) choose(block);
  },
);
render();
