/**
 * Layered layout of a directed graph, after Sugiyama, Tagawa and Toda (1981): edges that close a cycle are turned round, nodes get layers
 * by the longest way to them, edges over several layers get a point in each, barycentres order the layers. Pure: no DOM.
 */

export interface LayoutNode {
  readonly id: number;
  readonly width: number;
  readonly height: number;
}

export interface LayoutEdge {
  readonly from: number;
  readonly to: number;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface PlacedEdge extends LayoutEdge {
  /** From the bottom of one node to the top of the other; an edge back goes upwards. */
  readonly points: readonly Point[];
  readonly back: boolean;
}

export interface Layout {
  /** Upper left corners. */
  readonly nodes: ReadonlyMap<number, Point>;
  readonly edges: readonly PlacedEdge[];
  readonly width: number;
  readonly height: number;
}

const GAP_X = 28;
const GAP_Y = 56;
const BEND_WIDTH = 12;
const SWEEPS = 6;

/** A node, or a bend of an edge that passes a layer. */
interface Slot {
  readonly node?: LayoutNode;
  readonly width: number;
  readonly up: Slot[];
  readonly down: Slot[];
  x: number;
}

interface Chain {
  readonly edge: LayoutEdge;
  readonly back: boolean;
  readonly slots: readonly Slot[];
}

const mean = (slots: readonly Slot[]): number => slots.reduce((sum, s) => sum + s.x + s.width / 2, 0) / slots.length;

/** Edges that lead back to a node on the way from the roots. Self-loops are among them. */
export function backEdges(ids: readonly number[], edges: readonly LayoutEdge[]): ReadonlySet<LayoutEdge> {
  const out = new Map<number, LayoutEdge[]>(ids.map((id) => [id, []]));
  for (const edge of edges) out.get(edge.from)?.push(edge);
  const entered = new Set(edges.filter(({ from, to }) => from !== to).map(({ to }) => to));
  const roots = [...ids.filter((id) => !entered.has(id)), ...ids];
  const state = new Map<number, 'open' | 'done'>();
  const back = new Set<LayoutEdge>();
  for (const root of roots) {
    if (state.has(root)) continue;
    const stack = [{ id: root, next: 0 }];
    state.set(root, 'open');
    for (let top = stack.at(-1); top; top = stack.at(-1)) {
      const edge = (out.get(top.id) ?? [])[top.next++];
      if (!edge) {
        state.set(top.id, 'done');
        stack.pop();
      } else if (state.get(edge.to) === 'open') back.add(edge);
      else if (!state.has(edge.to)) {
        state.set(edge.to, 'open');
        stack.push({ id: edge.to, next: 0 });
      }
    }
  }
  return back;
}

/** Layer of each node: one below the lowest that leads to it. */
export function layersOf(ids: readonly number[], forward: readonly LayoutEdge[]): ReadonlyMap<number, number> {
  const waiting = new Map<number, number>(ids.map((id) => [id, 0]));
  for (const { to } of forward) waiting.set(to, (waiting.get(to) ?? 0) + 1);
  const layer = new Map<number, number>(ids.map((id) => [id, 0]));
  const ready = ids.filter((id) => waiting.get(id) === 0);
  for (let id = ready.shift(); id !== undefined; id = ready.shift()) {
    for (const { from, to } of forward) {
      if (from !== id) continue;
      layer.set(to, Math.max(layer.get(to) as number, (layer.get(id) as number) + 1));
      const left = (waiting.get(to) as number) - 1;
      waiting.set(to, left);
      if (left === 0) ready.push(to);
    }
  }
  return layer;
}

class Layering {
  readonly slots = new Map<number, Slot>();
  readonly layers: Slot[][] = [];
  readonly chains: Chain[] = [];

  constructor(nodes: readonly LayoutNode[], edges: readonly LayoutEdge[]) {
    const ids = nodes.map(({ id }) => id);
    const back = backEdges(ids, edges);
    const loops = (e: LayoutEdge) => e.from === e.to;
    const downward = (e: LayoutEdge) => (back.has(e) ? { from: e.to, to: e.from } : e);
    const layer = layersOf(ids, edges.filter((e) => !loops(e)).map(downward));
    for (const node of nodes) this.slots.set(node.id, this.#add(layer.get(node.id) as number, { node, width: node.width, up: [], down: [], x: 0 }));
    for (const edge of edges.filter((e) => !loops(e))) {
      const { from, to } = downward(edge);
      const slots = [this.slots.get(from) as Slot];
      for (let n = (layer.get(from) as number) + 1; n < (layer.get(to) as number); n++) slots.push(this.#add(n, { width: BEND_WIDTH, up: [], down: [], x: 0 }));
      slots.push(this.slots.get(to) as Slot);
      for (let i = 1; i < slots.length; i++) {
        slots[i - 1].down.push(slots[i]);
        slots[i].up.push(slots[i - 1]);
      }
      this.chains.push({ edge, back: back.has(edge), slots });
    }
  }

  #add(layer: number, slot: Slot): Slot {
    while (this.layers.length <= layer) this.layers.push([]);
    this.layers[layer].push(slot);
    return slot;
  }

  arrange(): void {
    for (const layer of this.layers) this.#pack(layer);
    for (let sweep = 0; sweep < SWEEPS; sweep++) {
      const side = sweep % 2 === 0 ? 'up' : 'down';
      for (const layer of side === 'up' ? this.layers : [...this.layers].reverse()) {
        const wish = new Map(layer.map((slot) => [slot, slot[side].length > 0 ? mean(slot[side]) : slot.x + slot.width / 2]));
        layer.sort((a, b) => (wish.get(a) as number) - (wish.get(b) as number));
        this.#place(layer, wish);
      }
    }
    const left = Math.min(...this.layers.flat().map(({ x }) => x));
    for (const slot of this.layers.flat()) slot.x -= left;
  }

  #pack(layer: readonly Slot[]): void {
    let x = 0;
    for (const slot of layer) {
      slot.x = x;
      x += slot.width + GAP_X;
    }
  }

  /** As near to where it wants to be as its neighbours in the layer allow; then all of it back by what was pushed. */
  #place(layer: readonly Slot[], wish: ReadonlyMap<Slot, number>): void {
    let x = Number.NEGATIVE_INFINITY;
    let pushed = 0;
    for (const slot of layer) {
      const wanted = (wish.get(slot) as number) - slot.width / 2;
      slot.x = Math.max(x, wanted);
      pushed += slot.x - wanted;
      x = slot.x + slot.width + GAP_X;
    }
    for (const slot of layer) slot.x -= pushed / layer.length;
  }
}

/** A connected graph, or at least one that is to be drawn as one. */
export function layOut(nodes: readonly LayoutNode[], edges: readonly LayoutEdge[]): Layout {
  if (nodes.length === 0) return { nodes: new Map(), edges: [], width: 0, height: 0 };
  const layering = new Layering(nodes, edges);
  layering.arrange();
  const { layers, slots, chains } = layering;
  const tops: number[] = [];
  let height = -GAP_Y;
  for (const layer of layers) {
    tops.push(height + GAP_Y);
    height += GAP_Y + Math.max(...layer.map(({ node }) => node?.height ?? 0));
  }
  const topOf = new Map(layers.flatMap((layer, n) => layer.map((slot) => [slot, tops[n]] as const)));
  const placed = chains.map(({ edge, back, slots: way }): PlacedEdge => {
    const points = way.flatMap((slot, n): Point[] => {
      const x = slot.x + slot.width / 2;
      const y = topOf.get(slot) as number;
      if (!slot.node) return [{ x, y: y + (layerHeight(layers, slot) ?? 0) / 2 }];
      return [{ x, y: n === 0 ? y + slot.node.height : y }];
    });
    return { ...edge, back, points: back ? points.reverse() : points };
  });
  return {
    nodes: new Map([...slots].map(([id, slot]) => [id, { x: slot.x, y: topOf.get(slot) as number }])),
    edges: placed,
    width: Math.max(...layers.flat().map(({ x, width }) => x + width)),
    height,
  };
}

const layerHeight = (layers: readonly (readonly Slot[])[], slot: Slot): number | undefined => {
  const layer = layers.find((l) => l.includes(slot));
  return layer && Math.max(...layer.map(({ node }) => node?.height ?? 0));
};
