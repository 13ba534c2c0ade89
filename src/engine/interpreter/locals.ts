import { TYPED_TEMPS } from '../../ir/statementBuilder';
import type { ValueType } from '../../ir/wideOps';
import { F32, F64, I64, V128 } from '../wasm/encoder';

/** Types of temporaries but i32, in the order of their locals, of which each type has `TYPED_TEMPS`. */
const TYPED_LOCALS = [
  ['v128', V128],
  ['i64', I64],
  ['f64', F64],
  ['f32', F32],
] as const;
export const TYPED_LOCAL_COUNT = TYPED_LOCALS.length * TYPED_TEMPS;
/** For the declaration of locals. */
export const TYPED_LOCAL_TYPES = TYPED_LOCALS.map(([, type]) => [TYPED_TEMPS, type] as const);

/** Locals of temporaries: where those of type i32 begin, and the others. */
export interface TempLocals {
  readonly temps: number;
  readonly typed: number;
}
export const tempLocal = ({ temps, typed }: TempLocals, type: ValueType, id: number): number =>
  type === 'i32' ? temps + id : typed + TYPED_LOCALS.findIndex(([name]) => name === type) * TYPED_TEMPS + id;

/** Locals of the generated interpreter function. */
export const LOCAL = {
  /** Parameter: pointer to the current record. */
  RECORD: 0,
  /** Parameter: instructions that may still retire. */
  BUDGET: 1,
  /** Lazy flags (x86/cpuState). */
  RESULT: 2,
  AUX: 3,
  ADDRESS: 4,
  ENTRY: 5,
  SCRATCH: 6,
  /** Of the block that has just ended: the record that counts, and how often. */
  LAST: 7,
  HITS: 8,
  /** i64. */
  WIDE: 9,
  /** Temporaries of the other types. */
  TYPED: 10,
  TEMPS: 10 + TYPED_LOCAL_COUNT,
} as const;
