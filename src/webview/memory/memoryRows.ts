/** Bytes as rows of a memory view. Pure: no DOM. */
import { hex } from '../../base/bits';

/** What a view begins and moves by. */
export const BYTES_PER_ROW = 16;

/** Bytes that stand in a row, the most first. */
const ROW_SIZES = [BYTES_PER_ROW, 8, 4];

/** How many bytes a row may have in so many pixels, when it needs `fixed` and for each byte `each`. */
export const bytesThatFit = (available: number, fixed: number, each: number): number => ROW_SIZES.find((n) => fixed + n * each <= available) ?? ROW_SIZES[ROW_SIZES.length - 1];

export interface MemoryAddress {
  readonly space: 'linear' | 'physical';
  readonly address: number;
}

/** `0x00007c00` or `phys:0x00001000`, as the debug adapter writes memory references. */
export function parseAddress(reference: string): MemoryAddress {
  const match = /^(phys:)?0x([0-9a-f]+)$/i.exec(reference);
  if (!match) throw new Error(`${reference} is no memory reference.`);
  return { space: match[1] ? 'physical' : 'linear', address: Number.parseInt(match[2], 16) };
}

export const formatReference = ({ space, address }: MemoryAddress): string => `${space === 'physical' ? 'phys:' : ''}0x${hex(address, 8).toLowerCase()}`;

/** Printable ASCII, else a dot. */
export const asciiOf = (byte: number): string => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.');

export const bytesOf = (base64: string): Uint8Array => Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
export const base64Of = (bytes: readonly number[]): string => btoa(String.fromCharCode(...bytes));

/** Where a view of so many bytes that holds `address` begins: whole rows, and not beyond the last one. */
export function viewStart(address: number, length: number): number {
  const top = 0x1_0000_0000;
  return Math.max(0, Math.min(Math.floor(address / BYTES_PER_ROW) * BYTES_PER_ROW, top - length));
}

/** `00007C00h = 07C0h:0000h` for an address typed as seg:off: the offsets of rows in that segment. */
export function segmentOffset(text: string): { readonly segment: string; readonly offset: number } | undefined {
  const match = /^\s*([0-9a-f]+h?|0x[0-9a-f]+|[c-gs]s)\s*:\s*(?:0x)?([0-9a-f]+)h?\s*$/i.exec(text);
  return match ? { segment: match[1], offset: Number.parseInt(match[2], 16) } : undefined;
}
