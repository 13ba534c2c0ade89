/** The blocks of a physical page, and which of them a store meets. */
import { PAGE } from '../memory/layout';
import type { Block } from './block';

/** log2 of the bytes of a line: most blocks lie in one or two. */
const LINE_SHIFT = 6;
const LINES = PAGE >> LINE_SHIFT;

export class CodePage {
  readonly blocks = new Set<Block>();
  /** All code of the page lies in these bytes of it, [low, high): most stores, to data and stacks beside code, are told apart by this. */
  low = PAGE;
  high = 0;
  /** Stores since the last block was translated here, while it has none. */
  idleWrites = 0;
  /** Blocks by the lines that they have bytes in, in the order of `blocks`; only where code is stored to. */
  #lines: Block[][] | undefined;

  add(block: Block): void {
    if (this.blocks.size === 0) [this.low, this.high] = [PAGE, 0];
    this.idleWrites = 0;
    this.blocks.add(block);
    const [low, high] = extentOn(block);
    this.low = Math.min(this.low, low);
    this.high = Math.max(this.high, high);
    if (this.#lines) enter(this.#lines, block);
  }

  delete(block: Block): void {
    if (!this.blocks.delete(block) || !this.#lines) return;
    for (let line = firstLine(block); line <= lastLine(block); line++) this.#lines[line].splice(this.#lines[line].indexOf(block), 1);
  }

  /** Each block that a store of `length` bytes at `address` changes; `met` may delete it. */
  meet(address: number, length: number, met: (block: Block, address: number, length: number) => void): void {
    const lines = (this.#lines ??= this.#sorted());
    const from = (address & (PAGE - 1)) >> LINE_SHIFT;
    const to = Math.min(LINES - 1, ((address & (PAGE - 1)) + length - 1) >> LINE_SHIFT);
    for (let n = from; n <= to; n++) {
      const line = lines[n];
      for (let i = 0; i < line.length; ) {
        const block = line[i];
        // What began in an earlier line has been met there.
        if ((n === from || firstLine(block) === n) && overlaps(block, address, length)) met(block, address, length);
        if (line[i] === block) i++;
      }
    }
  }

  #sorted(): Block[][] {
    const lines = Array.from({ length: LINES }, (): Block[] => []);
    for (const block of this.blocks) enter(lines, block);
    return lines;
  }
}

/** Bytes of a page, [low, high), where a store may change the block: a block on two pages takes both whole. */
export const extentOn = (block: Block): readonly [low: number, high: number] => {
  const from = block.physical & (PAGE - 1);
  return block.secondPage >= 0 ? [0, PAGE] : [from, from + Math.max(block.length, 1)];
};

export function overlaps(block: Block, address: number, length: number): boolean {
  if (block.secondPage >= 0) return true;
  return address < block.physical + Math.max(block.length, 1) && block.physical < address + length;
}

const firstLine = (block: Block): number => (block.secondPage >= 0 ? 0 : (block.physical & (PAGE - 1)) >> LINE_SHIFT);
const lastLine = (block: Block): number => (Math.min(PAGE, extentOn(block)[1]) - 1) >> LINE_SHIFT;

function enter(lines: Block[][], block: Block): void {
  for (let line = firstLine(block); line <= lastLine(block); line++) lines[line].push(block);
}
