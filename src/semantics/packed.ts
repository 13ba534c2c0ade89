/**
 * Packed integers: the lane operations of MMX, SSE and SSE2 (SDM Vol. 1, 9.4 and 11.4.1.5) on operands of any width.
 * An operation replaces its destination; source and destination may be the same register. Lanes are little-endian, so that
 * a view of the operand in memory is the operand.
 */

/** `destination = destination op source`, over all of the destination. */
export type PackedOperation = (destination: DataView, source: DataView) => void;
/** Every lane of the destination shifted by one count; a count of its width or more leaves zeros or signs. */
export type PackedShift = (destination: DataView, count: number) => void;

interface Lane {
  readonly size: 1 | 2 | 4;
  readonly low: number;
  readonly high: number;
  readonly get: (view: DataView, at: number) => number;
  /** Keeps the low bits of a value that does not fit. */
  readonly set: (view: DataView, at: number, value: number) => void;
}

const U8: Lane = { size: 1, low: 0, high: 0xff, get: (v, at) => v.getUint8(at), set: (v, at, x) => v.setUint8(at, x) };
const S8: Lane = { size: 1, low: -0x80, high: 0x7f, get: (v, at) => v.getInt8(at), set: (v, at, x) => v.setInt8(at, x) };
const U16: Lane = { size: 2, low: 0, high: 0xffff, get: (v, at) => v.getUint16(at, true), set: (v, at, x) => v.setUint16(at, x, true) };
const S16: Lane = { size: 2, low: -0x8000, high: 0x7fff, get: (v, at) => v.getInt16(at, true), set: (v, at, x) => v.setInt16(at, x, true) };
const U32: Lane = { size: 4, low: 0, high: 0xffffffff, get: (v, at) => v.getUint32(at, true), set: (v, at, x) => v.setUint32(at, x, true) };
const S32: Lane = { size: 4, low: -0x80000000, high: 0x7fffffff, get: (v, at) => v.getInt32(at, true), set: (v, at, x) => v.setInt32(at, x, true) };

const saturate = (x: number, { low, high }: Lane): number => (x < low ? low : x > high ? high : x);

const each =
  (lane: Lane, operation: (a: number, b: number) => number): PackedOperation =>
  (destination, source) => {
    for (let at = 0; at < destination.byteLength; at += lane.size) lane.set(destination, at, operation(lane.get(destination, at), lane.get(source, at)));
  };

const eachSaturated = (lane: Lane, operation: (a: number, b: number) => number): PackedOperation => each(lane, (a, b) => saturate(operation(a, b), lane));

const eachQuadword =
  (operation: (a: bigint, b: bigint) => bigint): PackedOperation =>
  (destination, source) => {
    for (let at = 0; at < destination.byteLength; at += 8) destination.setBigUint64(at, operation(destination.getBigUint64(at, true), source.getBigUint64(at, true)), true);
  };

const sum = (a: number, b: number): number => a + b;
const difference = (a: number, b: number): number => a - b;
const average = (a: number, b: number): number => (a + b + 1) >>> 1;
const ifEqual = (a: number, b: number): number => (a === b ? -1 : 0);
const ifGreater = (a: number, b: number): number => (a > b ? -1 : 0);

/** Products of signed words, summed in pairs to doublewords. */
const multiplyAdd: PackedOperation = (destination, source) => {
  const product = (at: number): number => S16.get(destination, at) * S16.get(source, at);
  for (let at = 0; at < destination.byteLength; at += 4) S32.set(destination, at, product(at) + product(at + 2));
};

/** Of each quadword, the sum of the absolute differences of its bytes. */
const sumOfAbsoluteDifferences: PackedOperation = (destination, source) => {
  for (let at = 0; at < destination.byteLength; at += 8) {
    let total = 0;
    for (let n = 0; n < 8; n++) total += Math.abs(U8.get(destination, at + n) - U8.get(source, at + n));
    U32.set(destination, at, total);
    U32.set(destination, at + 4, 0);
  }
};

const copyOf = (view: DataView): DataView => new DataView(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength));

/** Lanes of `size` bytes of the low or high halves of both operands, alternating, the destination's first. */
const interleave =
  (size: 1 | 2 | 4 | 8, half: 'low' | 'high'): PackedOperation =>
  (destination, source) => {
    const length = destination.byteLength;
    const a = copyOf(destination);
    const b = copyOf(source);
    const from = half === 'low' ? 0 : length / 2;
    for (let at = 0; at < length / 2; at += size)
      for (let n = 0; n < size; n++) {
        U8.set(destination, 2 * at + n, U8.get(a, from + at + n));
        U8.set(destination, 2 * at + size + n, U8.get(b, from + at + n));
      }
  };

/** Both operands narrowed with saturation: the destination's lanes first. */
const narrow =
  (from: Lane, to: Lane): PackedOperation =>
  (destination, source) => {
    const length = destination.byteLength;
    const a = copyOf(destination);
    const b = copyOf(source);
    for (let at = 0; at < length; at += from.size) {
      to.set(destination, at / 2, saturate(from.get(a, at), to));
      to.set(destination, (length + at) / 2, saturate(from.get(b, at), to));
    }
  };

/** By mnemonic. PUNPCKLQDQ and PUNPCKHQDQ make sense on 128 bits only. */
export const PACKED: Readonly<Record<string, PackedOperation>> = {
  paddb: each(U8, sum),
  paddw: each(U16, sum),
  paddd: each(U32, sum),
  paddq: eachQuadword((a, b) => a + b),
  paddsb: eachSaturated(S8, sum),
  paddsw: eachSaturated(S16, sum),
  paddusb: eachSaturated(U8, sum),
  paddusw: eachSaturated(U16, sum),
  psubb: each(U8, difference),
  psubw: each(U16, difference),
  psubd: each(U32, difference),
  psubq: eachQuadword((a, b) => a - b),
  psubsb: eachSaturated(S8, difference),
  psubsw: eachSaturated(S16, difference),
  psubusb: eachSaturated(U8, difference),
  psubusw: eachSaturated(U16, difference),
  pmullw: each(S16, (a, b) => a * b),
  pmulhw: each(S16, (a, b) => (a * b) >> 16),
  pmulhuw: each(U16, (a, b) => (a * b) >>> 16),
  pmuludq: eachQuadword((a, b) => (a & 0xffff_ffffn) * (b & 0xffff_ffffn)),
  pmaddwd: multiplyAdd,
  psadbw: sumOfAbsoluteDifferences,
  pavgb: each(U8, average),
  pavgw: each(U16, average),
  pminub: each(U8, Math.min),
  pmaxub: each(U8, Math.max),
  pminsw: each(S16, Math.min),
  pmaxsw: each(S16, Math.max),
  pcmpeqb: each(S8, ifEqual),
  pcmpeqw: each(S16, ifEqual),
  pcmpeqd: each(S32, ifEqual),
  pcmpgtb: each(S8, ifGreater),
  pcmpgtw: each(S16, ifGreater),
  pcmpgtd: each(S32, ifGreater),
  pand: each(S32, (a, b) => a & b),
  pandn: each(S32, (a, b) => ~a & b),
  por: each(S32, (a, b) => a | b),
  pxor: each(S32, (a, b) => a ^ b),
  punpcklbw: interleave(1, 'low'),
  punpcklwd: interleave(2, 'low'),
  punpckldq: interleave(4, 'low'),
  punpcklqdq: interleave(8, 'low'),
  punpckhbw: interleave(1, 'high'),
  punpckhwd: interleave(2, 'high'),
  punpckhdq: interleave(4, 'high'),
  punpckhqdq: interleave(8, 'high'),
  packsswb: narrow(S16, S8),
  packssdw: narrow(S32, S16),
  packuswb: narrow(S16, U8),
};

const shiftEach =
  (lane: Lane, operation: (x: number, count: number) => number, most = 8 * lane.size - 1): PackedShift =>
  (destination, count) => {
    // Beyond the width: zeros, or (where `most` clips the count) signs.
    const gone = lane.low === 0 && count > most;
    for (let at = 0; at < destination.byteLength; at += lane.size) lane.set(destination, at, gone ? 0 : operation(lane.get(destination, at), Math.min(count, most)));
  };

const shiftEachQuadword =
  (operation: (x: bigint, count: bigint) => bigint): PackedShift =>
  (destination, count) => {
    for (let at = 0; at < destination.byteLength; at += 8) destination.setBigUint64(at, count > 63 ? 0n : operation(destination.getBigUint64(at, true), BigInt(count)), true);
  };

const shiftBytes =
  (direction: 1 | -1): PackedShift =>
  (destination, count) => {
    const before = copyOf(destination);
    for (let at = 0; at < destination.byteLength; at++) {
      const from = at - direction * count;
      U8.set(destination, at, from >= 0 && from < before.byteLength ? U8.get(before, from) : 0);
    }
  };

/** By mnemonic. PSLLDQ and PSRLDQ shift the whole operand by bytes. */
export const PACKED_SHIFTS: Readonly<Record<string, PackedShift>> = {
  psllw: shiftEach(U16, (x, count) => x << count),
  pslld: shiftEach(U32, (x, count) => x << count),
  psllq: shiftEachQuadword((x, count) => x << count),
  psrlw: shiftEach(U16, (x, count) => x >>> count),
  psrld: shiftEach(U32, (x, count) => x >>> count),
  psrlq: shiftEachQuadword((x, count) => x >> count),
  psraw: shiftEach(S16, (x, count) => x >> count),
  psrad: shiftEach(S32, (x, count) => x >> count),
  pslldq: shiftBytes(1),
  psrldq: shiftBytes(-1),
};

/** Count of a packed shift: the low quadword of an operand; all counts of 255 or more are alike. */
export const shiftCount = (source: DataView): number => (source.getUint32(4, true) !== 0 ? 255 : Math.min(255, source.getUint32(0, true)));

/**
 * Four lanes of `size` bytes from offset `at`, chosen by two bits each of `order`: PSHUFW (2), PSHUFLW (2), PSHUFHW (2, at 8), PSHUFD (4).
 * The rest of the source is copied.
 */
export function shuffle(destination: DataView, source: DataView, order: number, size: 2 | 4, at = 0): void {
  const from = copyOf(source);
  for (let n = 0; n < destination.byteLength; n++) {
    const lane = Math.floor((n - at) / size);
    U8.set(destination, n, U8.get(from, lane >= 0 && lane < 4 ? at + ((order >>> (2 * lane)) & 3) * size + ((n - at) % size) : n));
  }
}

/** The word that the low bits of `position` name: PEXTRW. */
export const extractWord = (source: DataView, position: number): number => U16.get(source, (2 * position) & (source.byteLength - 1));
/** PINSRW. */
export const insertWord = (destination: DataView, value: number, position: number): void => U16.set(destination, (2 * position) & (destination.byteLength - 1), value);

/** The sign bits of the bytes: PMOVMSKB. */
export function byteMask(source: DataView): number {
  let mask = 0;
  for (let at = 0; at < source.byteLength; at++) mask |= (U8.get(source, at) >>> 7) << at;
  return mask;
}
