/** The outline of a source: sections hold labels, labels their local labels, structures their fields. Pure. */
import type { Definition, SourceModel } from './sourceModel';

export interface OutlineSymbol {
  readonly definition: Definition;
  /** As shown: a local label without its parent. */
  readonly name: string;
  readonly endLine: number;
  readonly children: readonly OutlineSymbol[];
}

type Growing = OutlineSymbol & { endLine: number; readonly children: Growing[] };

const depthOf = ({ kind, name }: Definition): number => (kind === 'section' ? 0 : name.includes('.') && kind === 'label' ? 2 : 1);

export function outline(model: SourceModel): OutlineSymbol[] {
  const roots: Growing[] = [];
  const path: { depth: number; symbol: Growing }[] = [];
  const last = model.lines.length - 1;
  const close = (depth: number, line: number) => {
    while (path.length > 0 && path[path.length - 1].depth >= depth) path.pop()!.symbol.endLine = line;
  };
  for (const definition of model.definitions) {
    if (definition.name.includes('%%') || definition.kind === 'external') continue;
    const depth = depthOf(definition);
    const opens = definition.kind === 'label' || definition.kind === 'section' || definition.kind === 'structure';
    if (opens) close(depth, Math.max(definition.line - 1, 0));
    const parent = path.findLast((p) => p.depth < depth && (depth === 2 || p.depth === 0))?.symbol;
    const name = depth === 2 ? definition.name.slice(definition.name.indexOf('.', 1)) : definition.name;
    const symbol: Growing = { definition, name, endLine: model.blocks.find((b) => b.start === definition.line)?.end ?? definition.line, children: [] };
    (parent?.children ?? roots).push(symbol);
    if (opens) path.push({ depth, symbol });
  }
  close(0, last);
  return roots;
}
