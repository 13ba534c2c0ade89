/** Whether the host's arithmetic on doubles that are zeros or normal numbers has rounded, defined in every generated module that asks. */
import { type DefinedFunction, F64, I32 } from './encoder';
import { FunctionWriter, type Operand, type Value, value as v } from './functionWriter';

/** (x, y, sum): is there no error (Knuth, The Art of Computer Programming, vol. 2, 4.2.2, theorem B)? */
function isExactSum(): DefinedFunction {
  const f = new FunctionWriter([F64, F64, F64]);
  const [x, y, sum] = [0, 1, 2].map((n) => f.parameter(n));
  const virtual = f.local(F64, v('f64.sub', sum, x));
  const error = v('f64.add', v('f64.sub', x, v('f64.sub', sum, virtual)), v('f64.sub', y, virtual));
  return f.done(v('i64.eqz', v('i64.shl', v('i64.reinterpret_f64', error), 1n)));
}

const SIGNIFICAND_BITS = 53;

/** (x, y): do the significands have so few bits that their product has at most 53? */
function isExactProduct(): DefinedFunction {
  const f = new FunctionWriter([F64, F64]);
  // Zeros below the lowest bit that is set, of a significand of 53 bits; a zero has more than any.
  const zeros = (x: Operand): Value => v('i32.wrap_i64', v('i64.ctz', v('i64.or', v('i64.and', v('i64.reinterpret_f64', x), (1n << 52n) - 1n), 1n << 52n)));
  const isZero = (x: Operand): Value => v('i64.eqz', v('i64.shl', v('i64.reinterpret_f64', x), 1n));
  const few = f.local(I32, v('i32.ge_u', v('i32.add', zeros(f.parameter(0)), zeros(f.parameter(1))), SIGNIFICAND_BITS));
  return f.done(v('i32.or', few, v('i32.or', isZero(f.parameter(0)), isZero(f.parameter(1)))));
}

/** In the order of SHARED_FUNCTIONS, behind those of the x87. */
export const exactFunctions = (): readonly DefinedFunction[] => [isExactSum(), isExactProduct()];
