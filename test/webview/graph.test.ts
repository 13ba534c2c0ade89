import assert from 'node:assert/strict';
import { test } from 'node:test';
import { components, layOutAll } from '../../src/webview/graph/components';
import { backEdges, layersOf, layOut, type LayoutEdge, type LayoutNode } from '../../src/webview/graph/layeredLayout';

const nodes = (...ids: number[]): LayoutNode[] => ids.map((id) => ({ id, width: 100, height: 40 }));
const edges = (...pairs: [number, number][]): LayoutEdge[] => pairs.map(([from, to]) => ({ from, to }));

test('the edge that closes a loop leads back', () => {
  const all = edges([1, 2], [2, 3], [3, 2], [3, 4]);
  assert.deepEqual([...backEdges([1, 2, 3, 4], all)], [all[2]]);
});

test('a ring without a root has one edge back, a self-loop is one', () => {
  assert.equal(backEdges([1, 2, 3], edges([1, 2], [2, 3], [3, 1])).size, 1);
  assert.equal(backEdges([1], edges([1, 1])).size, 1);
});

test('a node lies below all that lead to it', () => {
  const layers = layersOf([1, 2, 3, 4], edges([1, 2], [2, 3], [1, 3], [3, 4]));
  assert.deepEqual(
    [1, 2, 3, 4].map((id) => layers.get(id)),
    [0, 1, 2, 3],
  );
});

test('nodes of a layout do not overlap, arrows go from bottom to top of a node', () => {
  const { nodes: places, edges: drawn, width, height } = layOut(nodes(1, 2, 3, 4, 5, 6), edges([1, 2], [1, 3], [1, 4], [2, 5], [3, 5], [4, 6], [1, 6], [6, 1]));
  const boxes = [...places.values()];
  for (const [i, a] of boxes.entries())
    for (const b of boxes.slice(i + 1)) assert.ok(a.x + 100 <= b.x || b.x + 100 <= a.x || a.y + 40 <= b.y || b.y + 40 <= a.y, JSON.stringify([a, b]));
  for (const { from, to, points, back } of drawn) {
    const [start, end] = back ? [points[points.length - 1], points[0]] : [points[0], points[points.length - 1]];
    const [upper, lower] = back ? [to, from] : [from, to];
    assert.equal(start.y, (places.get(upper)?.y ?? 0) + 40);
    assert.equal(end.y, places.get(lower)?.y);
  }
  assert.ok(boxes.every(({ x, y }) => x >= 0 && y >= 0 && x + 100 <= width && y + 40 <= height));
});

test('an arrow over several layers passes beside the nodes between', () => {
  const { nodes: places, edges: drawn } = layOut(nodes(1, 2, 3), edges([1, 2], [2, 3], [1, 3]));
  const long = drawn.find(({ from, to }) => from === 1 && to === 3);
  assert.equal(long?.points.length, 3);
  const middle = places.get(2) as { x: number };
  const bend = long?.points[1] as { x: number };
  assert.ok(bend.x < middle.x || bend.x > middle.x + 100);
});

test('parts that do not hang together lie side by side, then in rows; arrows to nowhere are left out', () => {
  const all = nodes(1, 2, 3, 4);
  assert.deepEqual(
    components(all, edges([1, 3])).map((part) => part.map(({ id }) => id)),
    [[1, 3], [2], [4]],
  );
  const { nodes: places, edges: drawn } = layOutAll(all, edges([1, 3], [3, 99]), 260);
  assert.equal(drawn.length, 1);
  assert.equal(places.get(1)?.y, places.get(2)?.y);
  assert.ok((places.get(4)?.y ?? 0) > (places.get(3)?.y ?? 0), 'no room in the first row');
});

test('nothing is laid out as nothing', () => {
  assert.deepEqual(layOutAll([], [], 500), { nodes: new Map(), edges: [], width: 0, height: 0 });
});

test('as many nodes as the view shows, all linked', () => {
  const ids = Array.from({ length: 150 }, (_, i) => i);
  const many = ids.flatMap((i): [number, number][] => [
    [i, (i * 7 + 1) % 150],
    [i, (i + 1) % 150],
  ]);
  assert.equal(layOut(nodes(...ids), edges(...many)).nodes.size, 150);
});
