/** Dominators of a region's control flow, for structured code (Cooper, Harvey and Kennedy, "A Simple, Fast Dominance Algorithm"). */

export interface ControlFlow<Node> {
  /** Reverse postorder number. */
  readonly order: ReadonlyMap<Node, number>;
  /** With one entry for each edge. */
  readonly predecessors: ReadonlyMap<Node, readonly Node[]>;
  readonly dominator: ReadonlyMap<Node, Node>;
  /** Nodes that a node dominates immediately. */
  readonly dominated: ReadonlyMap<Node, readonly Node[]>;
}

export function analyseControlFlow<Node>(entry: Node, successors: (node: Node) => readonly Node[]): ControlFlow<Node> {
  const nodes = reversePostorder(entry, successors);
  const order = new Map(nodes.map((node, n) => [node, n]));
  const predecessors = new Map<Node, Node[]>(nodes.map((node) => [node, []]));
  for (const node of nodes) for (const successor of successors(node)) predecessors.get(successor)?.push(node);
  const number = (node: Node): number => order.get(node) as number;
  const dominator = new Map<Node, Node>([[entry, entry]]);
  const common = (x: Node, y: Node): Node => {
    let [a, b] = [x, y];
    while (a !== b) {
      while (number(a) > number(b)) a = dominator.get(a) as Node;
      while (number(b) > number(a)) b = dominator.get(b) as Node;
    }
    return a;
  };
  for (let changed = true; changed; ) {
    changed = false;
    for (const node of nodes.slice(1)) {
      const known = (predecessors.get(node) as Node[]).filter((p) => dominator.has(p));
      const found = known.reduce(common);
      if (dominator.get(node) !== found) {
        dominator.set(node, found);
        changed = true;
      }
    }
  }
  const dominated = new Map<Node, Node[]>(nodes.map((node) => [node, []]));
  for (const node of nodes.slice(1)) dominated.get(dominator.get(node) as Node)?.push(node);
  return { order, predecessors, dominator, dominated };
}

function reversePostorder<Node>(entry: Node, successors: (node: Node) => readonly Node[]): Node[] {
  const seen = new Set<Node>([entry]);
  const out: Node[] = [];
  const stack: { node: Node; rest: Node[] }[] = [{ node: entry, rest: [...successors(entry)].reverse() }];
  while (stack.length > 0) {
    const top = stack[stack.length - 1];
    const next = top.rest.pop();
    if (next === undefined) {
      out.push(top.node);
      stack.pop();
    } else if (!seen.has(next)) {
      seen.add(next);
      stack.push({ node: next, rest: [...successors(next)].reverse() });
    }
  }
  return out.reverse();
}

export const dominates = <Node>({ dominator }: ControlFlow<Node>, above: Node, node: Node): boolean => {
  for (let at = node; ; at = dominator.get(at) as Node) {
    if (at === above) return true;
    if (dominator.get(at) === at) return false;
  }
};

/** Nodes that a way leads from to `node`, by none of those that are `beyond`. */
export function reaching<Node>({ predecessors }: ControlFlow<Node>, node: Node, beyond: (node: Node) => boolean): Set<Node> {
  const found = new Set<Node>();
  const rest = [node];
  for (let at = rest.pop(); at !== undefined; at = rest.pop())
    for (const from of predecessors.get(at) as readonly Node[]) {
      if (found.has(from) || beyond(from)) continue;
      found.add(from);
      rest.push(from);
    }
  return found;
}

/** An edge back to something that does not dominate where it comes from: no structured loop holds it. */
export function irreducibleEdge<Node>(flow: ControlFlow<Node>): { readonly from: Node; readonly to: Node } | undefined {
  for (const [to, sources] of flow.predecessors)
    for (const from of sources) if ((flow.order.get(from) as number) >= (flow.order.get(to) as number) && !dominates(flow, to, from)) return { from, to };
  return undefined;
}
