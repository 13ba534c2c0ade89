/**
 * Loops of one block, unrolled: as copies of the block, one behind the other, of which the last leads back to the first. A look at the
 * budget, V8's at its stack, and what is carried round in locals are once for all of them; flags are known from one copy to the next.
 */
import type { Statement } from '../../ir/microOp';
import type { Edge, RegionBlock, RegionInstruction, RegionTerminal } from './region';

/** Instructions of all copies together, and copies, at most. */
const MOST_INSTRUCTIONS = 40;
const MOST_COPIES = 4;
/** Between the names of copies: above every EIP. */
const COPY = 2 ** 32;

/** What follows the block, one copy behind the other; nothing for what is no loop of one block. */
export function copiesOf(eip: number, blocks: ReadonlyMap<number, RegionBlock>): number[] {
  const copies: number[] = [];
  for (let copy = eip + COPY; blocks.has(copy); copy += COPY) copies.push(copy);
  return copies;
}

/** The block that it is a copy of, or itself. */
export const originalOf = (name: number): number => name % COPY;

/** The same blocks, and copies under names of their own: EIPs with something above their 32 bits. */
export function unrolled(blocks: ReadonlyMap<number, RegionBlock>): Map<number, RegionBlock> {
  const all = new Map(blocks);
  for (const [eip, one] of blocks) {
    const copies = Math.min(MOST_COPIES, Math.floor(MOST_INSTRUCTIONS / one.count));
    if (copies < 2 || !leadsTo(one.terminal, eip)) continue;
    for (let n = 0; n < copies; n++) {
      const terminal = to(one.terminal, eip, n === copies - 1 ? eip : eip + (n + 1) * COPY);
      all.set(eip + n * COPY, { ...one, terminal, instructions: n === 0 ? one.instructions : one.instructions.map(copyOf) });
    }
  }
  return all;
}

/** Its statements are others, so that something can be known of each. */
const copyOf = (instruction: RegionInstruction): RegionInstruction => ({ ...instruction, statements: instruction.statements.map(copyOfStatement) });

const copyOfStatement = (s: Statement): Statement => (s.k === 'attempt' ? { ...s, ordinary: s.ordinary.map(copyOfStatement) } : { ...s });

const leadsTo = (terminal: RegionTerminal, eip: number): boolean => terminal.k === 'branch' && (terminal.taken.eip === eip) !== (terminal.next.eip === eip);

/** The terminal with another block in the place of `eip`. */
function to(terminal: RegionTerminal, eip: number, other: number): RegionTerminal {
  if (terminal.k !== 'branch') return terminal;
  const edge = (one: Edge): Edge => (one.eip === eip ? { ...one, eip: other } : one);
  return { k: 'branch', taken: edge(terminal.taken), next: edge(terminal.next) };
}
