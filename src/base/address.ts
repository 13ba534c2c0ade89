/** Addresses as the views print them. Pure: no `vscode`. */
import { hex } from './bits';

/** `0000:7C01` in 16-bit code, `0008:00100000` in 32-bit code. */
export const farAddress = (cs: number, eip: number, codeSize: 16 | 32): string => `${hex(cs, 4)}:${hex(eip, codeSize === 32 ? 8 : 4)}`;

/** `1,234,567`: the same in every locale, so that views and tests agree. */
export const grouped = (n: number): string => String(n).replace(/\B(?=(\d{3})+$)/g, ',');

/** `1 hit`, `2 hits`. */
export const plural = (n: number, noun: string): string => `${grouped(n)} ${noun}${n === 1 ? '' : 's'}`;

/** Last component of a path or URI. */
export const baseName = (path: string): string => path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
