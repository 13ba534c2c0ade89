/** What is known about a block, as rows of name and value. Pure: no DOM. */
import { farAddress, grouped } from '../../base/address';
import { hexh } from '../../base/bits';
import type { BlockDetail, BlockRow, RegionDetail } from '../../protocol/requests';
import { counted, t } from '../text';

export interface Fact {
  readonly name: string;
  readonly value: string;
  /** Blocks that it leads to. */
  readonly blocks?: readonly BlockRow[];
}

export const blockName = (block: BlockRow): string => farAddress(block.cs, block.eip, block.codeSize);

export const regionName = ({ id, blocks, instructions }: RegionDetail): string =>
  t('region {0}: {1}, {2}', id, counted(blocks.length, '{0} block', '{0} blocks'), counted(instructions, '{0} instruction', '{0} instructions'));

/** A block is named by the selector that the guest has. */
const siliconSelector = (selector: number): string => t('{0}: its RPL is the ring that the guest’s kernel really runs in, {1}', hexh(selector, 4), selector & 3);

const milliseconds = (microseconds: number): string => (microseconds < 10_000 ? (microseconds / 1000).toFixed(1) : grouped(Math.round(microseconds / 1000)));

const regionSummary = (region: RegionDetail): string =>
  t('{0}; {1} of WebAssembly, compiled in {2} ms', regionName(region), counted(region.bytes, '{0} byte', '{0} bytes'), milliseconds(region.microseconds));

const tierText = ({ block, regions }: BlockDetail): string => {
  if (block.tier === 0) return t('0: interpreted, from records of decoded instructions');
  const rooted = regions.some((region) => region.root === block.id);
  return rooted ? t('1: WebAssembly, entered here') : t('1: WebAssembly, entered at another block');
};

const leadingTo = (block: BlockRow, blocks: readonly BlockRow[]): BlockRow[] => blocks.filter((b) => b.links.includes(block.id));
const ledToBy = (block: BlockRow, blocks: readonly BlockRow[]): BlockRow[] => blocks.filter((b) => block.links.includes(b.id));

/** `blocks`: all that are known, to name those it is chained to; `region`: the one that is shown. */
export function blockFacts(detail: BlockDetail, blocks: readonly BlockRow[], region = detail.regions[0]): Fact[] {
  const { block, regions } = detail;
  const to = ledToBy(block, blocks);
  const from = leadingTo(block, blocks);
  return [
    { name: t('Linear address'), value: t('{0}, {1}-bit code', hexh(block.linear, 8), block.codeSize) },
    ...(block.hardwareCs === undefined ? [] : [{ name: t('CS of the silicon'), value: siliconSelector(block.hardwareCs) }]),
    { name: t('Size'), value: `${counted(block.length, '{0} byte', '{0} bytes')}, ${counted(block.instructions, '{0} instruction', '{0} instructions')}` },
    { name: t('Executed'), value: counted(block.hits, '{0} time', '{0} times') },
    { name: t('Ends because of'), value: `${block.endReason}${block.terminator ? ` (${block.terminator})` : ''}` },
    ...(block.state === 'invalidated' ? [{ name: t('Thrown away'), value: block.invalidatedBy ?? t('for an unknown cause') }] : []),
    { name: t('Tier'), value: tierText(detail) },
    ...(region ? [{ name: t('Compiled'), value: `${regionSummary(region)}${regions.length > 1 ? t('; it is in {0} regions', regions.length) : ''}` }] : []),
    { name: t('Goes straight to'), value: to.length > 0 ? '' : t('no other block: the dispatcher looks up the next one'), blocks: to },
    { name: t('Reached straight from'), value: from.length > 0 ? '' : t('no other block'), blocks: from },
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
