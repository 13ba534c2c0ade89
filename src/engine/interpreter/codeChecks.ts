/** Whether code in memory is what a block was translated from, and if only immediates have changed, into the records with them: for blocks that check themselves (selfChecks). */
import { SIGN_EXTENDED } from '../../x86/decoder';
import { RECORD, RECORD_SIZE } from '../record';
import { type DefinedFunction, I32, OP } from '../wasm/encoder';
import { FunctionWriter, type Local, type Operand, type Value, call, load, value as v } from '../wasm/functionWriter';

const add = (x: Operand, y: Operand): Value => v('i32.add', x, y);
const sub = (x: Operand, y: Operand): Value => v('i32.sub', x, y);

/** Eight bytes of each. */
const difference = (code: Operand, copy: Operand): Value => v('i64.xor', load('i64.load', code), load('i64.load', copy));
/** Are the first 1 to 8 bytes the same? What is behind them is in the upper ones. */
const isSame = (differing: Local, bytes: Operand): Value => v('i64.eqz', v('i64.shl', differing, v('i64.extend_i32_u', v('i32.shl', sub(8, bytes), 3))));

/** (CHECK record) → whether the bytes that it names are those behind it, or differ in immediates only, which the records have then. There is memory behind either. */
export function renew(renewImmediates: number): DefinedFunction {
  const f = new FunctionWriter([I32]);
  const record = f.parameter(0);
  const code = f.word(load('i32.load', record, RECORD.IMMEDIATE));
  const copy = f.word(add(record, RECORD_SIZE));
  const rest = f.word(load('i32.load', record, RECORD.HITS));
  const differing = f.wide();
  f.loop((again) => {
    f.set(differing, difference(code, copy));
    f.if(v('i32.gt_u', rest, 8), () => {
      f.if(v('i64.ne', differing, 0n), () => f.return(call(renewImmediates, record)));
      f.set(code, add(code, 8));
      f.set(copy, add(copy, 8));
      f.set(rest, sub(rest, 8));
      again(1);
    });
  });
  f.if(isSame(differing, rest), () => f.return(1));
  return f.done(call(renewImmediates, record));
}

/** (CHECK record) → whether nothing but immediates has changed, which the records of the block have now. Else some of them may have theirs. */
export function renewImmediates(): DefinedFunction {
  const f = new FunctionWriter([I32]);
  const check = f.parameter(0);
  const code = f.word(load('i32.load', check, RECORD.IMMEDIATE));
  const copy = f.word(add(check, RECORD_SIZE));
  const record = f.word(load('i32.load', check, RECORD.DISPLACEMENT));
  const end = f.word(add(record, v('i32.shl', load('i32.load8_u', check, RECORD.LENGTH), Math.log2(RECORD_SIZE))));
  const [length, kind, head] = [f.word(), f.word(), f.word()];
  const differing = f.wide();
  f.loop((again) => {
    f.set(length, load('i32.load8_u', record, RECORD.LENGTH));
    f.set(kind, load('i32.load8_u', record, RECORD.IMMEDIATE_KIND));
    f.set(head, sub(length, v('i32.and', kind, SIGN_EXTENDED - 1)));
    f.set(differing, difference(code, copy));
    f.if(v('i32.gt_u', head, 8), () => {
      f.if(v('i64.ne', differing, 0n), () => f.return(0));
      f.set(differing, difference(add(code, sub(head, 8)), add(copy, sub(head, 8))));
      f.set(head, 8);
    });
    f.if(v('i32.eqz', isSame(differing, head)), () => f.return(0));
    renewOne(f, { code, copy, record, length, kind });
    f.set(code, add(code, length));
    f.set(copy, add(copy, length));
    f.set(record, add(record, RECORD_SIZE));
    again(v('i32.lt_u', record, end));
  });
  return f.done(1);
}

interface Instruction {
  readonly code: Local;
  readonly copy: Local;
  readonly record: Local;
  readonly length: Local;
  readonly kind: Local;
}

/** The immediate of an instruction that has one at its end: as IMMEDIATE_KIND says. */
function renewOne(f: FunctionWriter, { code, copy, record, length, kind }: Instruction): void {
  const at = f.word(add(code, length));
  const to = f.word(add(copy, length));
  const renew = (is: number, bytes: number, value: Value, store: number): void =>
    f.if(v('i32.eq', kind, is), () => {
      f.store(OP.store, record, value, RECORD.IMMEDIATE);
      f.store(store, sub(to, bytes), load('i32.load', record, RECORD.IMMEDIATE));
    });
  renew(4, 4, load('i32.load', sub(at, 4)), OP.store);
  const byte = load('i32.load8_u', sub(at, 1));
  renew(1 | SIGN_EXTENDED, 1, v('i32.extend8_s', byte), OP.store8);
  renew(1, 1, byte, OP.store8);
  renew(2, 2, load('i32.load16_u', sub(at, 2)), OP.store16);
}
