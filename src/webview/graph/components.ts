/** Graphs that hang together, laid out one beside the other in rows. Pure: no DOM. */
import { type Layout, type LayoutEdge, type LayoutNode, layOut, type PlacedEdge, type Point } from './layeredLayout';

const GAP = 40;
/** Around a node that nothing leads to or from. */
const SMALL_GAP = 16;

/** Nodes of each connected part: single ones last, else in the order of their first nodes. */
export function components(nodes: readonly LayoutNode[], edges: readonly LayoutEdge[]): LayoutNode[][] {
  const parent = new Map(nodes.map(({ id }) => [id, id]));
  const find = (id: number): number => {
    let at = id;
    while (parent.get(at) !== at) at = parent.get(at) as number;
    parent.set(id, at);
    return at;
  };
  for (const { from, to } of edges) parent.set(find(from), find(to));
  const parts = new Map<number, LayoutNode[]>();
  for (const node of nodes) {
    const root = find(node.id);
    parts.set(root, [...(parts.get(root) ?? []), node]);
  }
  const alone = (part: LayoutNode[]): number => Number(part.length === 1);
  return [...parts.values()].sort((a, b) => alone(a) - alone(b));
}

/** `width`: where a row ends, if it holds more than one part. Edges to nodes that are not there are left out. */
export function layOutAll(nodes: readonly LayoutNode[], edges: readonly LayoutEdge[], width: number): Layout {
  const known = new Set(nodes.map(({ id }) => id));
  const inside = edges.filter(({ from, to }) => known.has(from) && known.has(to));
  const places = new Map<number, Point>();
  const drawn: PlacedEdge[] = [];
  let [x, y, row, widest] = [0, 0, 0, 0];
  for (const part of components(nodes, inside)) {
    const ids = new Set(part.map(({ id }) => id));
    const layout = layOut(
      part,
      inside.filter(({ from }) => ids.has(from)),
    );
    const gap = part.length === 1 ? SMALL_GAP : GAP;
    if (x > 0 && x + layout.width > width) [x, y, row] = [0, y + row + gap, 0];
    const move = (p: Point): Point => ({ x: p.x + x, y: p.y + y });
    for (const [id, point] of layout.nodes) places.set(id, move(point));
    drawn.push(...layout.edges.map((edge) => ({ ...edge, points: edge.points.map(move) })));
    x += layout.width + gap;
    row = Math.max(row, layout.height);
    widest = Math.max(widest, x - gap);
  }
  return { nodes: places, edges: drawn, width: widest, height: y + row };
}
