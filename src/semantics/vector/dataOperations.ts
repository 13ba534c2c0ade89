/** Moves, shuffles, logic and packed integers by mnemonic (SDM Vol. 1, 10.4 and 11.4; Vol. 2). */
import { PACKED, PACKED_SHIFTS, byteMask, extractWord, insertWord, shiftCount, shuffle } from '../packed';
import { type Operation, type Operations, clearBytes, copyBytes } from './operation';

/** As much as both operands hold. */
const move: Operation = (destination, source) => copyBytes(destination, 0, source, 0, Math.min(destination.byteLength, source.byteLength));

/** The low `bytes`; the rest of a register becomes zero. */
const moveZeroExtended =
  (bytes: 4 | 8): Operation =>
  (destination, source) => {
    copyBytes(destination, 0, source, 0, bytes);
    clearBytes(destination, bytes);
  };

/** MOVSS, MOVSD: between registers the rest of the destination stays, from memory it becomes zero. */
const moveScalar =
  (bytes: 4 | 8): Operation =>
  (destination, source) => {
    copyBytes(destination, 0, source, 0, bytes);
    if (source.byteLength === bytes) clearBytes(destination, bytes);
  };

/** MOVHPS, MOVHPD: a quadword in memory and the upper half of a register. */
const moveHigh: Operation = (destination, source) => (destination.byteLength === 8 ? copyBytes(destination, 0, source, 8, 8) : copyBytes(destination, 8, source, 0, 8));

const signMask =
  (bytes: 4 | 8): Operation =>
  (destination, source) => {
    let mask = 0;
    for (let at = 0; at < source.byteLength; at += bytes) mask |= (source.getUint8(at + bytes - 1) >>> 7) << (at / bytes);
    destination.setUint32(0, mask, true);
  };

/** Elements of `bytes`, the first half from the destination, the second from the source, each chosen by the next bits of the immediate. */
const shuffleFloats =
  (bytes: 4 | 8): Operation =>
  (destination, source, { cpu, immediate }) => {
    const count = 16 / bytes;
    const { result } = cpu.views;
    for (let n = 0; n < count; n++) {
      const choice = (immediate >>> (n * Math.log2(count))) & (count - 1);
      copyBytes(result, n * bytes, n < count / 2 ? destination : source, choice * bytes, bytes);
    }
    copyBytes(destination, 0, result, 0, 16);
  };

const shuffleIntegers =
  (bytes: 2 | 4, at = 0): Operation =>
  (destination, source, { immediate }) =>
    shuffle(destination, source, immediate, bytes, at);

/** By the count in the low quadword of the source, or by the immediate of a form without one. */
const shift =
  (operation: (destination: DataView, count: number) => void): Operation =>
  (destination, source, { immediate }) =>
    operation(destination, source.byteLength > 0 ? shiftCount(source) : immediate);

export const DATA_OPERATIONS: Operations = {
  ...PACKED,
  ...Object.fromEntries(Object.entries(PACKED_SHIFTS).map(([mnemonic, operation]) => [mnemonic, shift(operation)])),

  movups: move,
  movupd: move,
  movaps: move,
  movapd: move,
  movdqa: move,
  movdqu: move,
  movntps: move,
  movntpd: move,
  movntdq: move,
  movntq: move,
  movss: moveScalar(4),
  movsd: moveScalar(8),
  movlps: (destination, source) => copyBytes(destination, 0, source, 0, 8),
  movlpd: (destination, source) => copyBytes(destination, 0, source, 0, 8),
  movhps: moveHigh,
  movhpd: moveHigh,
  movhlps: (destination, source) => copyBytes(destination, 0, source, 8, 8),
  movlhps: (destination, source) => copyBytes(destination, 8, source, 0, 8),
  movd: moveZeroExtended(4),
  movq: moveZeroExtended(8),
  movdq2q: move,
  movq2dq: moveZeroExtended(8),

  andps: PACKED.pand,
  andpd: PACKED.pand,
  andnps: PACKED.pandn,
  andnpd: PACKED.pandn,
  orps: PACKED.por,
  orpd: PACKED.por,
  xorps: PACKED.pxor,
  xorpd: PACKED.pxor,
  unpcklps: PACKED.punpckldq,
  unpckhps: PACKED.punpckhdq,
  unpcklpd: PACKED.punpcklqdq,
  unpckhpd: PACKED.punpckhqdq,
  shufps: shuffleFloats(4),
  shufpd: shuffleFloats(8),
  movmskps: signMask(4),
  movmskpd: signMask(8),

  pshufw: shuffleIntegers(2),
  pshufd: shuffleIntegers(4),
  pshuflw: shuffleIntegers(2),
  pshufhw: shuffleIntegers(2, 8),
  pinsrw: (destination, source, { immediate }) => insertWord(destination, source.getUint16(0, true), immediate),
  pextrw: (destination, source, { immediate }) => destination.setUint32(0, extractWord(source, immediate), true),
  pmovmskb: (destination, source) => destination.setUint32(0, byteMask(source), true),
};
