/** Packed integers of MMX, SSE and SSE2 by mnemonic (SDM Vol. 1, 9.4 and 11.4.1.5): the destination, the source, the width of the operands in bytes. */
import { type Expr, binary, constant, lane, or, select, typed } from '../../ir/microOp';
import type { WideOpName } from '../../ir/wideOps';
import { NOTHING, bytesOf, every, vectorOf } from './vectorConstants';

export type PackedLift = (x: Expr, y: Expr, width: 8 | 16) => Expr;

const each =
  (op: WideOpName): PackedLift =>
  (x, y) =>
    typed(op, x, y);

/** Elements of `size` bytes of the low or high halves, alternating. */
const interleave =
  (size: 1 | 2 | 4 | 8, half: 'low' | 'high'): PackedLift =>
  (x, y, width) => {
    const from = half === 'low' ? 0 : width / 2;
    const element = (n: number): number => from + Math.floor(n / (2 * size)) * size + (n % size) + (Math.floor(n / size) % 2 ? 16 : 0);
    return bytesOf(
      x,
      y,
      Array.from({ length: width }, (_, n) => element(n)),
    );
  };

/** Both narrowed with saturation: in 64 bits they are brought together first. */
const narrow =
  (op: WideOpName): PackedLift =>
  (x, y, width) => {
    if (width === 16) return typed(op, x, y);
    const both = interleave(8, 'low')(x, y, 16);
    return typed(op, both, both);
  };

/** The upper words of the products of words. */
const highProducts =
  (low: WideOpName, high: WideOpName): PackedLift =>
  (x, y) =>
    bytesOf(
      typed(low, x, y),
      typed(high, x, y),
      Array.from({ length: 16 }, (_, n) => 4 * (n >> 1) + 2 + (n & 1)),
    );

const EVEN_DOUBLEWORDS = [0, 1, 2, 3, 8, 9, 10, 11];
const evenDoublewords = (x: Expr): Expr => bytesOf(x, x, EVEN_DOUBLEWORDS);

const LOW_DOUBLEWORDS = every(0xffff_ffffn, 8);

/** Of each quadword, the sum of the absolute differences of its bytes. */
const sumOfAbsoluteDifferences: PackedLift = (x, y) => {
  const differences = typed('v128.or', typed('i8x16.sub_sat_u', x, y), typed('i8x16.sub_sat_u', y, x));
  const fours = typed('i32x4.extadd_pairwise_i16x8_u', typed('i16x8.extadd_pairwise_i8x16_u', differences));
  return typed('i64x2.add', typed('v128.and', fours, LOW_DOUBLEWORDS), typed('i64x2.shr_u', fours, constant(32)));
};

export const PACKED: Readonly<Record<string, PackedLift>> = {
  paddb: each('i8x16.add'),
  paddw: each('i16x8.add'),
  paddd: each('i32x4.add'),
  paddq: each('i64x2.add'),
  paddsb: each('i8x16.add_sat_s'),
  paddsw: each('i16x8.add_sat_s'),
  paddusb: each('i8x16.add_sat_u'),
  paddusw: each('i16x8.add_sat_u'),
  psubb: each('i8x16.sub'),
  psubw: each('i16x8.sub'),
  psubd: each('i32x4.sub'),
  psubq: each('i64x2.sub'),
  psubsb: each('i8x16.sub_sat_s'),
  psubsw: each('i16x8.sub_sat_s'),
  psubusb: each('i8x16.sub_sat_u'),
  psubusw: each('i16x8.sub_sat_u'),
  pmullw: each('i16x8.mul'),
  pmulhw: highProducts('i32x4.extmul_low_i16x8_s', 'i32x4.extmul_high_i16x8_s'),
  pmulhuw: highProducts('i32x4.extmul_low_i16x8_u', 'i32x4.extmul_high_i16x8_u'),
  pmuludq: (x, y) => typed('i64x2.extmul_low_i32x4_u', evenDoublewords(x), evenDoublewords(y)),
  pmaddwd: each('i32x4.dot_i16x8_s'),
  psadbw: sumOfAbsoluteDifferences,
  pavgb: each('i8x16.avgr_u'),
  pavgw: each('i16x8.avgr_u'),
  pminub: each('i8x16.min_u'),
  pmaxub: each('i8x16.max_u'),
  pminsw: each('i16x8.min_s'),
  pmaxsw: each('i16x8.max_s'),
  pcmpeqb: each('i8x16.eq'),
  pcmpeqw: each('i16x8.eq'),
  pcmpeqd: each('i32x4.eq'),
  pcmpgtb: each('i8x16.gt_s'),
  pcmpgtw: each('i16x8.gt_s'),
  pcmpgtd: each('i32x4.gt_s'),
  pand: each('v128.and'),
  pandn: (x, y) => typed('v128.andnot', y, x),
  por: each('v128.or'),
  pxor: each('v128.xor'),
  punpcklbw: interleave(1, 'low'),
  punpcklwd: interleave(2, 'low'),
  punpckldq: interleave(4, 'low'),
  punpcklqdq: interleave(8, 'low'),
  punpckhbw: interleave(1, 'high'),
  punpckhwd: interleave(2, 'high'),
  punpckhdq: interleave(4, 'high'),
  punpckhqdq: interleave(8, 'high'),
  packsswb: narrow('i8x16.narrow_i16x8_s'),
  packssdw: narrow('i16x8.narrow_i32x4_s'),
  packuswb: narrow('i8x16.narrow_i16x8_u'),
};

/** Every element of a vector shifted by one count, a word below 256. */
export type PackedShift = (x: Expr, count: Expr) => Expr;

const below = (count: Expr, bits: number): Expr => binary('lessU', count, constant(bits));

/** From the width of an element on, nothing is left. */
const logical =
  (op: WideOpName, bits: number): PackedShift =>
  (x, count) =>
    select(below(count, bits), typed(op, x, count), NOTHING);

/** From the width of an element on, signs are. */
const arithmetic =
  (op: WideOpName, bits: number): PackedShift =>
  (x, count) =>
    typed(op, x, select(below(count, bits), count, constant(bits - 1)));

const PLACES = vectorOf(Array.from({ length: 16 }, (_, n) => n));
/** All of it by bytes: what comes from beyond it is zero. */
const bytes =
  (op: 'i8x16.add' | 'i8x16.sub'): PackedShift =>
  (x, count) =>
    typed('i8x16.swizzle', x, typed(op, PLACES, typed('i8x16.splat', select(below(count, 16), count, constant(16)))));

export const PACKED_SHIFTS: Readonly<Record<string, PackedShift>> = {
  psllw: logical('i16x8.shl', 16),
  pslld: logical('i32x4.shl', 32),
  psllq: logical('i64x2.shl', 64),
  psrlw: logical('i16x8.shr_u', 16),
  psrld: logical('i32x4.shr_u', 32),
  psrlq: logical('i64x2.shr_u', 64),
  psraw: arithmetic('i16x8.shr_s', 16),
  psrad: arithmetic('i32x4.shr_s', 32),
  pslldq: bytes('i8x16.sub'),
  psrldq: bytes('i8x16.add'),
};

/** Count of a packed shift: the low quadword of an operand; all counts of 255 or more are alike. */
export const shiftCount = (source: Expr): Expr => {
  const word = (n: number): Expr => lane('i32x4.extract_lane', n, source);
  return select(or(binary('notEqual', word(1), constant(0)), binary('lessU', constant(255), word(0))), constant(255), word(0));
};
