/** Vectors that lifts name, and how they put vectors together. */
import type { Expr } from '../../ir/microOp';

/** 16 bytes, the lowest first. */
export const vectorOf = (bytes: readonly number[]): Expr => ({ k: 'typed', op: 'v128.const', args: [], immediate: bytes });

/** Every element of `elementBytes` is `value`. */
export const every = (value: bigint, elementBytes: 1 | 2 | 4 | 8): Expr =>
  vectorOf(Array.from({ length: 16 }, (_, n) => Number((value >> BigInt(8 * (n % elementBytes))) & 0xffn)));

export const NOTHING = every(0n, 8);

/** Bytes of x (0..15) and of y (16..31), the lowest first; fewer than 16 say nothing of the rest. */
export const bytesOf = (x: Expr, y: Expr, bytes: readonly number[]): Expr => ({
  k: 'typed',
  op: 'i8x16.shuffle',
  args: [x, y],
  immediate: Array.from({ length: 16 }, (_, n) => bytes[n] ?? n),
});

const range = (length: number, from = 0): number[] => Array.from({ length }, (_, n) => from + n);

/** The low `count` bytes of y, the others of x. */
export const lowFrom = (x: Expr, y: Expr, count: number): Expr => bytesOf(x, y, [...range(count, 16), ...range(16 - count, count)]);

/** Quadwords of the two, by number: x has 0 and 1, y 2 and 3. */
export const quadwords = (x: Expr, y: Expr, low: number, high: number): Expr => bytesOf(x, y, [...range(8, 8 * low), ...range(8, 8 * high)]);
