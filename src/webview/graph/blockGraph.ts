/** Chained blocks as a graph: the arrow from one to another is a branch that was patched. */
import { grouped } from '../../base/address';
import type { BlockRow } from '../../protocol/requests';
import { blockName } from '../block/blockFacts';
import { heatOf } from '../block/heat';
import { h, svg } from '../dom';
import { layOutAll } from './components';
import type { PlacedEdge, Point } from './layeredLayout';
import { counted, t } from '../text';

const WIDTH = 190;
const HEIGHT = 50;
const MARGIN = 16;
/** Of a row of parts, when the page is narrow. */
const SMALLEST_ROW = 800;
/** In a text box of a node, characters. */
const LONGEST = 26;

const short = (text: string): string => (text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text);

/** A smooth way through the points, upright at each. */
function path(points: readonly Point[]): string {
  const [first, ...rest] = points;
  let { x, y } = first;
  const parts = rest.map((p) => {
    const half = (p.y - y) / 2;
    const part = `C${x} ${y + half} ${p.x} ${p.y - half} ${p.x} ${p.y}`;
    ({ x, y } = p);
    return part;
  });
  return `M${first.x} ${first.y}${parts.join('')}`;
}

const label = (block: BlockRow): string =>
  [
    t('Block {0}', blockName(block)),
    counted(block.hits, '{0} hit', '{0} hits'),
    t('ends: {0}', block.endReason),
    block.terminator,
    block.tier === 1 ? 'WebAssembly' : t('interpreted'),
    block.state === 'invalidated' ? t('thrown away: {0}', block.invalidatedBy ?? t('for an unknown cause')) : '',
    counted(block.links.length, '{0} link', '{0} links'),
  ]
    .filter(Boolean)
    .join(', ');

export interface GraphChoice {
  readonly chosen: number | undefined;
  /** Linear address of the next instruction. */
  readonly position: number;
  readonly choose: (id: number) => void;
}

/** The nearest node in a direction, for the arrow keys. */
function neighbour(places: ReadonlyMap<number, Point>, id: number, key: string): number | undefined {
  const here = places.get(id) as Point;
  const ahead = { ArrowDown: (d: Point) => d.y, ArrowUp: (d: Point) => -d.y, ArrowRight: (d: Point) => d.x, ArrowLeft: (d: Point) => -d.x }[key];
  if (!ahead) return undefined;
  const along = key === 'ArrowDown' || key === 'ArrowUp';
  const distances = [...places].flatMap(([other, p]) => {
    const d = { x: p.x - here.x, y: p.y - here.y };
    if (ahead(d) <= 0) return [];
    return [{ other, distance: ahead(d) + 2 * Math.abs(along ? d.x : d.y) }];
  });
  return distances.sort((a, b) => a.distance - b.distance)[0]?.other;
}

export function blockGraph(blocks: readonly BlockRow[], { chosen, position, choose }: GraphChoice): HTMLElement {
  const most = Math.max(0, ...blocks.map(({ hits }) => hits));
  const edges = blocks.flatMap((b) => b.links.map((to) => ({ from: b.id, to })));
  const layout = layOutAll(
    blocks.map(({ id }) => ({ id, width: WIDTH, height: HEIGHT })),
    edges,
    Math.max(SMALLEST_ROW, document.body.clientWidth - 4 * MARGIN),
  );
  const inTabOrder = blocks.some(({ id }) => id === chosen) ? chosen : blocks[0]?.id;
  const move = (event: KeyboardEvent, id: number): void => {
    if (event.key === 'Enter' || event.key === ' ') choose(id);
    const next = neighbour(layout.nodes, id, event.key);
    if (next !== undefined) document.getElementById(`node-${next}`)?.focus();
    if (next !== undefined || event.key === ' ') event.preventDefault();
  };
  const node = (block: BlockRow) => {
    const { x, y } = layout.nodes.get(block.id) as Point;
    const here = position >= block.linear && position < block.linear + block.length && block.state === 'cached';
    const className = `node heat${heatOf(block.hits, most)} ${block.state} ${block.id === chosen ? 'chosen' : ''} ${here ? 'here' : ''}`;
    return svg(
      'g',
      {
        id: `node-${block.id}`,
        'data-key': `node-${block.id}`,
        class: className,
        role: 'button',
        'aria-pressed': block.id === chosen ? 'true' : 'false',
        tabindex: block.id === inTabOrder ? 0 : -1,
        transform: `translate(${x} ${y})`,
        onclick: () => choose(block.id),
        onkeydown: (event: KeyboardEvent) => move(event, block.id),
      },
      svg('title', {}, `${label(block)}${here ? `, ${t('the next instruction is in it')}` : ''}`),
      svg('rect', { width: WIDTH, height: HEIGHT, rx: 3 }),
      svg('text', { 'aria-hidden': 'true', class: 'name', x: 8, y: 20 }, `${here ? '▶ ' : ''}${blockName(block)}`),
      svg('text', { 'aria-hidden': 'true', class: 'hits', x: WIDTH - 8, y: 20, 'text-anchor': 'end' }, `${grouped(block.hits)}×`),
      svg('text', { 'aria-hidden': 'true', class: 'end', x: 8, y: 39 }, short(block.terminator || block.endReason)),
    );
  };
  const loops = new Set(edges.filter(({ from, to }) => from === to).map(({ from }) => from));
  const width = layout.width + 2 * MARGIN + 24;
  const height = layout.height + 2 * MARGIN;
  return h(
    'div',
    { class: 'graph', 'data-scroll': 'graph' },
    svg(
      'svg',
      {
        width,
        height,
        viewBox: `${-MARGIN} ${-MARGIN} ${width} ${height}`,
        role: 'group',
        'aria-label': counted(blocks.length, 'Graph of {0} block; arrow keys go from one to another', 'Graph of {0} blocks; arrow keys go from one to another'),
      },
      svg(
        'defs',
        {},
        svg(
          'marker',
          { id: 'arrow', viewBox: '0 0 8 8', refX: 7, refY: 4, markerWidth: 9, markerHeight: 9, orient: 'auto', markerUnits: 'userSpaceOnUse' },
          svg('path', { class: 'head', d: 'M0 0L8 4L0 8z' }),
        ),
      ),
      layout.edges.map((edge) => edgePath(edge, chosen)),
      [...loops].flatMap((id) => (layout.nodes.has(id) ? [selfLoop(layout.nodes.get(id) as Point)] : [])),
      blocks.map(node),
    ),
  );
}

const edgePath = ({ from, to, points, back }: PlacedEdge, chosen: number | undefined): SVGPathElement =>
  svg('path', { class: `edge ${back ? 'back' : ''} ${from === chosen || to === chosen ? 'chosen' : ''}`, d: path(points), 'marker-end': 'url(#arrow)' });

const selfLoop = ({ x, y }: Point): SVGPathElement => svg('path', { class: 'edge back', d: `M${x + WIDTH} ${y + 34}c22 0 22 -20 2 -20`, 'marker-end': 'url(#arrow)' });
