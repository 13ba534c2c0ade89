/** Bit and byte functions on 32-bit unsigned values. */

/** Bit `n` of `value`, as 0 or 1. */
export const bit = (value: number, n: number): 0 | 1 => ((value >>> n) & 1) as 0 | 1;

/** Bits `high`..`low` of `value`, right-aligned. */
export const bits = (value: number, high: number, low: number): number => (value >>> low) & (0xffffffff >>> (31 - (high - low)));

/** Sign-extend the low `size` bytes (1, 2 or 4) of `value` to 32 bits. */
export const signExtend = (value: number, size: number): number => (size === 1 ? (value << 24) >> 24 : size === 2 ? (value << 16) >> 16 : value | 0);

/** All ones for an operand of `size` bytes (1, 2 or 4), unsigned. */
export const sizeMask = (size: number): number => (size === 1 ? 0xff : size === 2 ? 0xffff : 0xffffffff);

/** `value` in upper-case hexadecimal, at least `digits` wide, without prefix or suffix. */
export const hex = (value: number, digits = 0): string => (value >>> 0).toString(16).toUpperCase().padStart(digits, '0');

/** `value` as the Intel manuals print it: 7C00h, 0B8000h. */
export const hexh = (value: number, digits = 0): string => {
  const text = hex(value, digits);
  return `${/^[A-F]/.test(text) ? '0' : ''}${text}h`;
};
