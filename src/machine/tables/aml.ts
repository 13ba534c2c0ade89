/**
 * ACPI Machine Language, as far as this machine's DSDT needs it: terms as bytes, composed by nesting.
 * Source: ACPI Specification 2.0, chapter 17 (grammar) and 6.4 (resource descriptors).
 */

/** A term, encoded. */
export type Aml = readonly number[];

const OP = { ZERO: 0x00, ONE: 0x01, NAME: 0x08, BYTE: 0x0a, WORD: 0x0b, DWORD: 0x0c, SCOPE: 0x10, BUFFER: 0x11, PACKAGE: 0x12, METHOD: 0x14, STORE: 0x70 } as const;
const EXTENDED = 0x5b;
const EXTENDED_DEVICE = 0x82;
const EXTENDED_PROCESSOR = 0x83;
const ARG_0 = 0x68;
const ROOT = 0x5c;
const DUAL_NAME = 0x2e;
const MULTI_NAME = 0x2f;

const little = (value: number, bytes: number): number[] => Array.from({ length: bytes }, (_, i) => Math.floor(value / 2 ** (8 * i)) & 0xff);
const ascii = (text: string): number[] => [...text].map((character) => character.charCodeAt(0));

/** PkgLength counts itself: one byte up to 63, then a nibble and one to three more (17.2.4). */
const sized = (content: Aml): number[] => {
  if (content.length + 1 < 0x40) return [content.length + 1, ...content];
  const extra = content.length + 2 < 0x1000 ? 1 : content.length + 3 < 0x10_0000 ? 2 : 3;
  const length = content.length + 1 + extra;
  return [(extra << 6) | (length & 15), ...little(length >>> 4, extra), ...content];
};

/** `\_SB.PCI0`: segments of four characters, filled with underscores. */
export const nameString = (path: string): Aml => {
  const absolute = path.startsWith('\\');
  const segments = (absolute ? path.slice(1) : path).split('.').filter((segment) => segment !== '');
  for (const segment of segments) if (!/^[A-Z_][A-Z0-9_]{0,3}$/.test(segment)) throw new RangeError(`${segment} is not an ACPI name`);
  const prefix = segments.length === 0 ? [0] : segments.length === 1 ? [] : segments.length === 2 ? [DUAL_NAME] : [MULTI_NAME, segments.length];
  return [...(absolute ? [ROOT] : []), ...prefix, ...segments.flatMap((segment) => ascii(segment.padEnd(4, '_')))];
};

export const integer = (value: number): Aml => {
  if (value === 0) return [OP.ZERO];
  if (value === 1) return [OP.ONE];
  if (value < 0x100) return [OP.BYTE, value];
  return value < 0x1_0000 ? [OP.WORD, ...little(value, 2)] : [OP.DWORD, ...little(value, 4)];
};

/** `PNP0A03` compressed: three letters of five bits, then four hexadecimal digits, as a big-endian doubleword. */
export const eisaId = (id: string): Aml => {
  const letters = [0, 1, 2].map((i) => id.charCodeAt(i) - 0x40);
  const packed = (letters[0] << 10) | (letters[1] << 5) | letters[2];
  const product = Number.parseInt(id.slice(3), 16);
  return [OP.DWORD, packed >> 8, packed & 0xff, product >> 8, product & 0xff];
};

export const buffer = (bytes: Aml): Aml => [OP.BUFFER, ...sized([...integer(bytes.length), ...bytes])];
export const packageOf = (...elements: readonly Aml[]): Aml => [OP.PACKAGE, ...sized([elements.length, ...elements.flat()])];
export const name = (path: string, value: Aml): Aml => [OP.NAME, ...nameString(path), ...value];
export const scope = (path: string, ...terms: readonly Aml[]): Aml => [OP.SCOPE, ...sized([...nameString(path), ...terms.flat()])];
export const device = (path: string, ...terms: readonly Aml[]): Aml => [EXTENDED, EXTENDED_DEVICE, ...sized([...nameString(path), ...terms.flat()])];
/** A processor without a register block of its own. */
export const processor = (path: string, id: number): Aml => [EXTENDED, EXTENDED_PROCESSOR, ...sized([...nameString(path), id, 0, 0, 0, 0, 0])];
export const method = (path: string, parameters: number, ...terms: readonly Aml[]): Aml => [OP.METHOD, ...sized([...nameString(path), parameters, ...terms.flat()])];
export const store = (value: Aml, path: string): Aml => [OP.STORE, ...value, ...nameString(path)];
export const argument0: Aml = [ARG_0];

// Resource descriptors.

const END_TAG = [0x79, 0x00];
export const resources = (...descriptors: readonly Aml[]): Aml => buffer([...descriptors.flat(), ...END_TAG]);

/** Ports, 16-bit decode. */
export const ports = (base: number, length: number): Aml => [0x47, 0x01, ...little(base, 2), ...little(base, 2), 0x01, length];
/** Interrupts of the ISA kind: edge, active high, exclusive. */
export const irq = (...numbers: readonly number[]): Aml => [
  0x22,
  ...little(
    numbers.reduce((mask, n) => mask | (1 << n), 0),
    2,
  ),
]; // prettier-ignore
/** Consumer, level, active high, shared. */
export const sharedInterrupt = (number: number): Aml => [0x89, ...little(6, 2), 0x09, 1, ...little(number, 4)];

const ADDRESS = { MEMORY: 0, IO: 1, BUS: 2 } as const;
/** Minimum and maximum are fixed; the device produces the range. */
const PRODUCED = 0x0c;
const addressSpace = (width: 2 | 4, type: number, flags: number, first: number, last: number): Aml => [
  width === 2 ? 0x88 : 0x87,
  ...little(3 + 5 * width, 2),
  type,
  PRODUCED,
  flags,
  ...[0, first, last, 0, last - first + 1].flatMap((value) => little(value, width)),
];
export const busNumbers = (first: number, last: number): Aml => addressSpace(2, ADDRESS.BUS, 0, first, last);
/** Flags: ISA and non-ISA ranges; memory is read-write and not cached. */
export const portRange = (first: number, last: number): Aml => addressSpace(2, ADDRESS.IO, 0x03, first, last);
export const memoryRange = (first: number, last: number): Aml => addressSpace(4, ADDRESS.MEMORY, 0x01, first, last);
