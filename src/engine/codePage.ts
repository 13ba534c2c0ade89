/** The blocks of a physical page, and which of them a store meets. */
import { PAGE } from '../memory/layout';
import { MAX_INSTRUCTION_LENGTH } from '../x86/decoder';
import type { Block } from './block';

/** log2 of the bytes of a line: most blocks lie in one or two. */
const LINE_SHIFT = 6;
const LINES = PAGE >> LINE_SHIFT;

export class CodePage {
  readonly blocks = new Set<Block>();
  /** Stores since the last block was translated here, while it has none. */
  idleWrites = 0;
  /** Stores that met no block, while it had some. */
  besides = 0;
  /** Stores that changed a block. */
  changes = 0;
  /** Blocks by the lines that they have bytes in, in the order of `blocks`; only where code is stored to. */
  #lines: Block[][] | undefined;

  constructor(
    /** Page number. */
    readonly page: number,
  ) {}

  add(block: Block): void {
    this.idleWrites = 0;
    if (this.blocks.has(block)) return;
    this.blocks.add(block);
    if (this.#lines) this.#enter(this.#lines, block);
  }

  delete(block: Block): void {
    if (!this.blocks.delete(block) || !this.#lines) return;
    for (let line = this.#firstLine(block); line <= this.#lastLine(block); line++) this.#lines[line].splice(this.#lines[line].indexOf(block), 1);
  }

  /** Each block that a store of `length` bytes at `address` changes; `met` may delete it. */
  meet(address: number, length: number, met: (block: Block) => void): void {
    const lines = (this.#lines ??= this.#sorted());
    const at = address & (PAGE - 1);
    const from = at >> LINE_SHIFT;
    const to = Math.min(LINES - 1, (at + length - 1) >> LINE_SHIFT);
    for (let n = from; n <= to; n++) {
      const line = lines[n];
      for (let i = 0; i < line.length; ) {
        const block = line[i];
        // What began in an earlier line has been met there.
        if ((n === from || this.#firstLine(block) === n) && this.#overlaps(block, at, length)) met(block);
        if (line[i] === block) i++;
      }
    }
  }

  /** Does a store of `length` bytes at an offset change the block? */
  #overlaps(block: Block, at: number, length: number): boolean {
    const [low, high] = extentOn(block, this.page);
    return at < high && low < at + length;
  }

  #sorted(): Block[][] {
    const lines = Array.from({ length: LINES }, (): Block[] => []);
    for (const block of this.blocks) this.#enter(lines, block);
    return lines;
  }

  #enter(lines: Block[][], block: Block): void {
    for (let line = this.#firstLine(block); line <= this.#lastLine(block); line++) lines[line].push(block);
  }

  #firstLine(block: Block): number {
    return extentOn(block, this.page)[0] >> LINE_SHIFT;
  }

  #lastLine(block: Block): number {
    return (extentOn(block, this.page)[1] - 1) >> LINE_SHIFT;
  }
}

/** Bytes of a page, [low, high), that a block was translated from: what is no instruction may have become none at any of its bytes. */
export function extentOn(block: Block, page: number): readonly [low: number, high: number] {
  const { physical } = block;
  const { length, secondPage, attention } = block.code;
  const from = physical & (PAGE - 1);
  const to = from + (attention?.kind === 'fault' || attention?.kind === 'unimplemented' ? MAX_INSTRUCTION_LENGTH : Math.max(length, 1));
  if (secondPage < 0) return [from, Math.min(to, PAGE)];
  const [isFirst, isSecond] = [physical >>> 12 === page, secondPage >>> 12 === page];
  return [isSecond ? 0 : from, isFirst ? PAGE : Math.max(to - PAGE, 1)];
}

/** Do bytes that begin at `physical` end in the same line if there are so many, and so many? */
export const endOnSameLine = (physical: number, length: number, other: number): boolean => (physical + length - 1) >> LINE_SHIFT === (physical + other - 1) >> LINE_SHIFT;

export function overlaps(block: Block, address: number): boolean {
  const [low, high] = extentOn(block, address >>> 12);
  const at = address & (PAGE - 1);
  return low <= at && at < high;
}
