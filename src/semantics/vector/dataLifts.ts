/** Moves, shuffles, logic and packed integers by mnemonic (SDM Vol. 1, 10.4 and 11.4; Vol. 2). */
import { type Expr, and, constant, typed } from '../../ir/microOp';
import type { WideOpName } from '../../ir/wideOps';
import { PACKED, PACKED_SHIFTS, type PackedLift, shiftCount } from './packedLifts';
import { NOTHING, lowFrom, quadwords } from './vectorConstants';
import type { VectorForm } from './vectorForm';

export type VectorLift = (v: VectorForm) => void;

const move: VectorLift = (v) => v.write(v.source);

/** The low `bytes`; the rest of a register becomes zero. */
const moveZeroExtended =
  (bytes: 4 | 8): VectorLift =>
  (v) =>
    v.write(lowFrom(NOTHING, v.source, bytes));

/** MOVSS, MOVSD: between registers the rest of the destination stays, from memory it becomes zero. */
const moveScalar =
  (bytes: 4 | 8): VectorLift =>
  (v) =>
    v.write(v.b.form.memory ? v.source : lowFrom(v.destination, v.source, bytes));

const moveLow: VectorLift = (v) => v.write(v.isMemory(v.places.destination) ? v.source : lowFrom(v.destination, v.source, 8));
/** MOVHPS, MOVHPD: a quadword in memory and the upper half of a register. */
const moveHigh: VectorLift = (v) => v.write(v.isMemory(v.places.destination) ? quadwords(v.source, v.source, 1, 1) : quadwords(v.destination, v.source, 0, 2));

const combine =
  (operation: PackedLift): VectorLift =>
  (v) =>
    v.write(operation(v.destination, v.source, v.width));

const shift =
  (operation: (x: Expr, count: Expr) => Expr): VectorLift =>
  (v) =>
    v.write(operation(v.destination, v.b.let(v.places.source ? shiftCount(v.source) : v.immediate)));

const bitmask =
  (op: WideOpName): VectorLift =>
  (v) =>
    v.writeWord(typed(op, v.source));

/** The first half from the destination, the second from the source. */
const shuffleFloats =
  (size: 4 | 8): VectorLift =>
  (v) =>
    v.write({ k: 'shuffle', size, first: 0, x: v.destination, y: v.source, order: v.immediate });

const shuffleIntegers =
  (size: 2 | 4, first: 0 | 8 = 0): VectorLift =>
  (v) =>
    v.write({ k: 'shuffle', size, first, x: v.source, y: v.source, order: v.immediate });

const wordNumber = (v: VectorForm, bytes: 8 | 16): Expr => and(v.immediate, constant(bytes / 2 - 1));

export const DATA_LIFTS: Readonly<Record<string, VectorLift>> = {
  ...Object.fromEntries(Object.entries(PACKED).map(([mnemonic, operation]) => [mnemonic, combine(operation)])),
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
  movlps: moveLow,
  movlpd: moveLow,
  movhps: moveHigh,
  movhpd: moveHigh,
  movhlps: (v) => v.write(quadwords(v.destination, v.source, 3, 1)),
  movlhps: (v) => v.write(quadwords(v.destination, v.source, 0, 2)),
  movd: moveZeroExtended(4),
  movq: moveZeroExtended(8),
  movdq2q: move,
  movq2dq: move,

  andps: combine(PACKED.pand),
  andpd: combine(PACKED.pand),
  andnps: combine(PACKED.pandn),
  andnpd: combine(PACKED.pandn),
  orps: combine(PACKED.por),
  orpd: combine(PACKED.por),
  xorps: combine(PACKED.pxor),
  xorpd: combine(PACKED.pxor),
  unpcklps: combine(PACKED.punpckldq),
  unpckhps: combine(PACKED.punpckhdq),
  unpcklpd: combine(PACKED.punpcklqdq),
  unpckhpd: combine(PACKED.punpckhqdq),
  shufps: shuffleFloats(4),
  shufpd: shuffleFloats(8),
  movmskps: bitmask('i32x4.bitmask'),
  movmskpd: bitmask('i64x2.bitmask'),

  pshufw: shuffleIntegers(2),
  pshufd: shuffleIntegers(4),
  pshuflw: shuffleIntegers(2),
  pshufhw: shuffleIntegers(2, 8),
  pinsrw: (v) => v.write({ k: 'withWord', x: v.destination, position: wordNumber(v, v.width), value: v.sourceWord }),
  pextrw: (v) => v.writeWord({ k: 'word', x: v.source, position: wordNumber(v, v.places.source?.file === 'mmx' ? 8 : 16) }),
  pmovmskb: bitmask('i8x16.bitmask'),
};
