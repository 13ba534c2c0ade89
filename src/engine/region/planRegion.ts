/** Which blocks make a region: those that have run often enough and can be reached from the root without leaving its page. */
import { type Statement, listsIn } from '../../ir/microOp';
import type { LinearMemory } from '../../memory/linearMemory';
import { CS } from '../../x86/registers';
import type { Block } from '../block';
import type { CodeCache } from '../codeCache';
import type { BlockLowering } from './lowerBlock';
import type { RegionBlock, RegionPlan } from './region';
import { unrolled } from './unroll';

/** Guest instructions in a region, at most: what V8 compiles at once, and how early a slice that is about to end is left to tier 0. */
const MAX_REGION_INSTRUCTIONS = 320;
/** As many of them are as long as one that calls a function of the x87's, of which the ordinary course stands in line. */
const X87_LENGTH = 3;

export interface PlanOptions {
  readonly cache: CodeCache;
  readonly linear: LinearMemory;
  readonly lowering: BlockLowering;
  /** Has the block run often enough to be worth its code? */
  readonly isWarm: (block: Block) => boolean;
}

/** Undefined: translated code could not even begin. */
export function planRegion(root: Block, options: PlanOptions): RegionPlan | undefined {
  const first = options.lowering.lower(root);
  if (first.count === 0) return undefined;
  const blocks = new Map<number, RegionBlock>();
  let length = 0;
  let size = 0;
  const queue: Block[] = [root];
  const seen = new Set<Block>(queue);
  for (let block = queue.shift(); block; block = queue.shift()) {
    const lowered = block === root ? first : options.lowering.lower(block);
    const added = sizeOf(lowered);
    if (lowered.count === 0 || (block !== root && size + added > MAX_REGION_INSTRUCTIONS)) continue;
    blocks.set(block.eip, lowered);
    size += added;
    length += lowered.count;
    for (const eip of successorsOf(lowered, root, options)) {
      const found = blockAt(eip, root, options);
      if (!found || seen.has(found) || !isUsable(found) || !options.isWarm(found)) continue;
      seen.add(found);
      queue.push(found);
    }
  }
  const all = unrolled(blocks);
  const longest = [...all.values()].reduce((sum, { count }) => sum + count, 0);
  return { root: first, blocks: all, ...targetsOf(blocks), length, longest };
}

/** In instructions of the usual length. */
const sizeOf = ({ count, instructions }: RegionBlock): number => count + (X87_LENGTH - 1) * instructions.filter(({ statements }) => callsX87(statements)).length;

const callsX87 = (statements: readonly Statement[]): boolean =>
  statements.some((s) => (s.k === 'call' && s.name.startsWith('x87')) || (s.k === 'attempt' ? callsX87(s.ordinary) : listsIn(s).some(callsX87)));

/** With instructions of its own that lie in one page, and stores to them seen. */
const isUsable = (block: Block): boolean => block.valid && !block.single && !block.checks && block.code.secondPage < 0 && block.code.attention?.kind !== 'breakpoint';

export const mayBeRoot = isUsable;

function successorsOf({ terminal, returnEip }: RegionBlock, root: Block, { cache }: PlanOptions): number[] {
  const behind = returnEip === undefined ? [] : [returnEip];
  switch (terminal.k) {
    case 'jump':
      return [terminal.to.eip, ...behind];
    case 'branch':
      return [terminal.taken.eip, terminal.next.eip];
    case 'indirect':
      return [...[...cache.blocksOn(root.physical >>> 12)].filter((block) => block.computed && block.mode === root.mode).map((block) => block.eip), ...behind];
    case 'leave':
      return [];
  }
}

/** The block at `eip`, in the root's page; anywhere while there is no paging that could move pages. */
function blockAt(eip: number, root: Block, { cache, linear }: PlanOptions): Block | undefined {
  const at = (root.linear - root.eip + eip) >>> 0;
  const samePage = (at ^ root.linear) >>> 12 === 0;
  if (!samePage && linear.paging) return undefined;
  if (eip > linear.cpu.segment(CS).limit) return undefined;
  const found = samePage
    ? { kind: 'page' as const, physical: root.physical - (root.linear & 0xfff) + (at & 0xfff) }
    : linear.translate(at, { write: false, user: linear.user }, false);
  return found.kind === 'page' ? cache.lookup(found.physical, root.mode, eip, false) : undefined;
}

/** Behind calls, and wherever a computed jump has been seen to go. */
function targetsOf(blocks: ReadonlyMap<number, RegionBlock>): Pick<RegionPlan, 'targets' | 'returns'> {
  const all = [...blocks.values()];
  if (!all.some(({ terminal }) => terminal.k === 'indirect')) return { targets: [], returns: [] };
  const behind = new Set(all.flatMap(({ returnEip }) => (returnEip === undefined ? [] : [returnEip])));
  const eips = all.map(({ block }) => block.eip);
  return { targets: all.filter(({ block }) => behind.has(block.eip) || block.computed).map(({ block }) => block.eip), returns: eips.filter((eip) => behind.has(eip)) };
}
