/**
 * The tag word (SDM Vol. 1, 8.1.7). The CPU keeps of it, in CPU.X87_TAGS, only which registers are empty: two bits a register, 11 or 00, in
 * physical order. What else it tells follows from what the registers hold; an image that says otherwise is not believed.
 */
import { CPU } from '../../x86/cpuState';
import { SPECIAL } from './float80';

const VALID = 0;
const ZERO = 1;
/** Infinities, NaNs, denormals and what is unsupported. */
const OTHER = 2;
export const EMPTY = 3;
const STRIDE = 16;
const REGISTERS = [0, 1, 2, 3, 4, 5, 6, 7];

const tagIn = (word: number, register: number): number => (word >>> (2 * register)) & 3;
const assemble = (tag: (register: number) => number): number => REGISTERS.reduce((word, n) => word | (tag(n) << (2 * n)), 0);

/** What is kept of a tag word. */
export const kept = (word: number): number => assemble((n) => (tagIn(word, n) === EMPTY ? EMPTY : VALID));

/** The whole tag word, by the cells of a CPU: 32 bits at an offset. */
export const tagWord = (cell: (offset: number) => number): number => assemble((n) => (tagIn(cell(CPU.X87_TAGS), n) === EMPTY ? EMPTY : contentTag(cell, CPU.X87 + STRIDE * n)));

function contentTag(cell: (offset: number) => number, at: number): number {
  const [low, high, exponent] = [cell(at), cell(at + 4), cell(at + 8) & SPECIAL];
  if (exponent === 0) return (low | high) === 0 ? ZERO : OTHER;
  return exponent === SPECIAL || high >>> 31 === 0 ? OTHER : VALID;
}

/** As FXSAVE has it: a bit for each register that is not empty. */
export const abridged = (word: number): number => REGISTERS.reduce((bits, n) => bits | (tagIn(word, n) === EMPTY ? 0 : 1 << n), 0);
export const fromAbridged = (bits: number): number => assemble((n) => ((bits >> n) & 1 ? VALID : EMPTY));
