/** What is known about a block, as rows of name and value. Pure: no DOM. */
import { farAddress, grouped, plural } from '../../base/address';
import { hexh } from '../../base/bits';
import type { BlockDetail, BlockRow, RegionDetail } from '../../protocol/requests';

export interface Fact {
  readonly name: string;
  readonly value: string;
  /** Blocks that it leads to. */
  readonly blocks?: readonly BlockRow[];
}

export const blockName = (block: BlockRow): string => farAddress(block.cs, block.eip, block.codeSize);

export const regionSummary = ({ id, blocks, instructions, bytes, microseconds }: RegionDetail): string =>
  `region ${id}: ${plural(blocks.length, 'block')}, ${plural(instructions, 'instruction')}, ${plural(bytes, 'byte')} of WebAssembly, compiled in ${grouped(microseconds)} µs`;

const tierText = ({ block, regions }: BlockDetail): string => {
  if (block.tier === 0) return '0: interpreted, from records of decoded instructions';
  const rooted = regions.some((region) => region.root === block.id);
  return `1: WebAssembly, ${rooted ? 'entered here' : 'entered at another block'}`;
};

const leadingTo = (block: BlockRow, blocks: readonly BlockRow[]): BlockRow[] => blocks.filter((b) => b.links.includes(block.id));
const ledToBy = (block: BlockRow, blocks: readonly BlockRow[]): BlockRow[] => blocks.filter((b) => block.links.includes(b.id));

/** `blocks`: all that are known, to name those it is chained to; `region`: the one that is shown. */
export function blockFacts(detail: BlockDetail, blocks: readonly BlockRow[], region = detail.regions[0]): Fact[] {
  const { block, regions } = detail;
  const to = ledToBy(block, blocks);
  const from = leadingTo(block, blocks);
  return [
    { name: 'Linear address', value: `${hexh(block.linear, 8)}, ${block.codeSize}-bit code` },
    { name: 'Size', value: `${plural(block.length, 'byte')}, ${plural(block.instructions, 'instruction')}` },
    { name: 'Executed', value: plural(block.hits, 'time') },
    { name: 'Ends because of', value: `${block.endReason}${block.terminator ? ` (${block.terminator})` : ''}` },
    ...(block.state === 'invalidated' ? [{ name: 'Thrown away', value: block.invalidatedBy ?? 'for an unknown cause' }] : []),
    { name: 'Tier', value: tierText(detail) },
    ...(region ? [{ name: 'Compiled', value: `${regionSummary(region)}${regions.length > 1 ? `; it is in ${regions.length} regions` : ''}` }] : []),
    { name: 'Goes straight to', value: to.length > 0 ? '' : 'no other block: the dispatcher looks up the next one', blocks: to },
    { name: 'Reached straight from', value: from.length > 0 ? '' : 'no other block', blocks: from },
  ];
}

/** The block to show: the one asked for, the one that took its place, the one at the next instruction, or the hottest. */
export function chooseBlock(blocks: readonly BlockRow[], wanted: { readonly id?: number; readonly linear?: number; readonly position?: number }): BlockRow | undefined {
  const cached = blocks.filter((b) => b.state === 'cached');
  const at = (linear: number | undefined) => cached.find((b) => linear !== undefined && linear >= b.linear && linear < b.linear + b.length);
  const exact = blocks.find((b) => b.id === wanted.id);
  if (exact?.state === 'cached') return exact;
  return cached.find((b) => b.linear === wanted.linear) ?? exact ?? at(wanted.position) ?? [...cached].sort((a, b) => b.hits - a.hits)[0];
}

/** Blocks whose address, last instruction or end contains the text, and that ran so often. */
export function filterBlocks(blocks: readonly BlockRow[], text: string, hits: number): BlockRow[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const textOf = (b: BlockRow) => `${blockName(b)} ${hexh(b.linear)} ${b.terminator} ${b.endReason} ${b.invalidatedBy ?? ''} ${b.state} tier${b.tier}`.toLowerCase();
  return blocks.filter((b) => b.hits >= hits && words.every((word) => textOf(b).includes(word)));
}

/** Blocks that lead to this one or that it leads to, over so many links. */
export function neighbourhood(blocks: readonly BlockRow[], id: number, distance: number): BlockRow[] {
  const near = new Set([id]);
  for (let n = 0; n < distance; n++) {
    const edges = blocks.flatMap((b) => b.links.map((to) => [b.id, to] as const)).filter(([from, to]) => near.has(from) || near.has(to));
    for (const [from, to] of edges) near.add(from).add(to);
  }
  return blocks.filter((b) => near.has(b.id));
}
