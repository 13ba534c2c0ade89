/** Registers by the name the source uses; each is also an unknown of effective-address arithmetic. */
import {
  CONTROL_REGISTERS,
  DEBUG_REGISTERS,
  MMX_REGISTERS,
  REGISTERS_16,
  REGISTERS_32,
  REGISTERS_8,
  SEGMENT_REGISTERS,
  TEST_REGISTERS,
  X87_REGISTERS,
  XMM_REGISTERS,
} from '../x86/registers';
import type { Unknown } from './value';

export type RegisterFile = 'general' | 'segment' | 'control' | 'debug' | 'test' | 'x87' | 'mmx' | 'xmm' | 'ymm' | 'bound' | 'low';

export interface Register extends Unknown {
  readonly type: 'register';
  readonly file: RegisterFile;
  readonly number: number;
  /** Bytes. */
  readonly size: 1 | 2 | 4 | 8 | 10 | 16 | 32;
}

const FILES: readonly (readonly [readonly string[], RegisterFile, Register['size']])[] = [
  [REGISTERS_8, 'general', 1],
  [REGISTERS_16, 'general', 2],
  [REGISTERS_32, 'general', 4],
  [SEGMENT_REGISTERS, 'segment', 2],
  [CONTROL_REGISTERS, 'control', 4],
  [DEBUG_REGISTERS, 'debug', 4],
  [TEST_REGISTERS, 'test', 4],
  [X87_REGISTERS, 'x87', 10],
  [MMX_REGISTERS, 'mmx', 8],
  [XMM_REGISTERS, 'xmm', 16],
  [XMM_REGISTERS.map((name) => name.replace('x', 'y')), 'ymm', 32],
  [['bnd0', 'bnd1', 'bnd2', 'bnd3'], 'bound', 16],
];

/** The low bytes that 64-bit code can name: elsewhere only what reads a whole register for a byte takes them. */
const LOW_BYTES = ['spl', 'bpl', 'sil', 'dil'].map((name, n) => [name, { type: 'register', name, file: 'low', number: n + 4, size: 1 } as const] as const);

export const REGISTERS: ReadonlyMap<string, Register> = new Map<string, Register>([
  ...FILES.flatMap(([names, file, size]) => names.map((name, number) => [name, { type: 'register', name, file, number, size } as const] as const)),
  ...LOW_BYTES,
]);
