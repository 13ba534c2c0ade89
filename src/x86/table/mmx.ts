/** MMX: packed integers in the significands of the x87 registers. SDM Vol. 1, chapter 9; Vol. 2. */
import { type Columns, type Row, row } from '../instructionSpec';

const MMX_TECHNOLOGY: Columns = { since: 'p6' };
const VECTOR: Columns = { ...MMX_TECHNOLOGY, lift: 'vector' };

/** Opcode and mnemonic of the operations on a register and a register or memory. */
const OPERATIONS: readonly (readonly [opcode: string, mnemonic: string])[] = [
  ['63', 'packsswb'],
  ['64', 'pcmpgtb'],
  ['65', 'pcmpgtw'],
  ['66', 'pcmpgtd'],
  ['67', 'packuswb'],
  ['68', 'punpckhbw'],
  ['69', 'punpckhwd'],
  ['6A', 'punpckhdq'],
  ['6B', 'packssdw'],
  ['74', 'pcmpeqb'],
  ['75', 'pcmpeqw'],
  ['76', 'pcmpeqd'],
  ['D5', 'pmullw'],
  ['D8', 'psubusb'],
  ['D9', 'psubusw'],
  ['DB', 'pand'],
  ['DC', 'paddusb'],
  ['DD', 'paddusw'],
  ['DF', 'pandn'],
  ['E5', 'pmulhw'],
  ['E8', 'psubsb'],
  ['E9', 'psubsw'],
  ['EB', 'por'],
  ['EC', 'paddsb'],
  ['ED', 'paddsw'],
  ['EF', 'pxor'],
  ['F5', 'pmaddwd'],
  ['F8', 'psubb'],
  ['F9', 'psubw'],
  ['FA', 'psubd'],
  ['FC', 'paddb'],
  ['FD', 'paddw'],
  ['FE', 'paddd'],
];

/** Shifts: opcode with a count in a register or memory; opcode and ModRM.reg with an immediate count. */
const SHIFTS: readonly (readonly [opcode: string, immediate: string, mnemonic: string])[] = [
  ['D1', '71 /2', 'psrlw'],
  ['D2', '72 /2', 'psrld'],
  ['D3', '73 /2', 'psrlq'],
  ['E1', '71 /4', 'psraw'],
  ['E2', '72 /4', 'psrad'],
  ['F1', '71 /6', 'psllw'],
  ['F2', '72 /6', 'pslld'],
  ['F3', '73 /6', 'psllq'],
];

export const MMX: readonly Row[] = [
  // The low halves: only 32 bits are read from memory.
  row('NP 0F 60 /r', 'punpcklbw', 'Pq Qd', VECTOR),
  row('NP 0F 61 /r', 'punpcklwd', 'Pq Qd', VECTOR),
  row('NP 0F 62 /r', 'punpckldq', 'Pq Qd', VECTOR),
  ...OPERATIONS.map(([opcode, mnemonic]) => row(`NP 0F ${opcode} /r`, mnemonic, 'Pq Qq', VECTOR)),
  ...SHIFTS.map(([opcode, , mnemonic]) => row(`NP 0F ${opcode} /r`, mnemonic, 'Pq Qq', VECTOR)),
  ...SHIFTS.map(([, immediate, mnemonic]) => row(`NP 0F ${immediate}`, mnemonic, 'Nq Ib', VECTOR)),
  row('NP 0F 6E /r', 'movd', 'Pq Ed', VECTOR),
  row('NP 0F 6F /r', 'movq', 'Pq Qq', VECTOR),
  row('NP 0F 7E /r', 'movd', 'Ed Pq', VECTOR),
  row('NP 0F 7F /r', 'movq', 'Qq Pq', VECTOR),
  row('NP 0F 77', 'emms', '', MMX_TECHNOLOGY),
];
