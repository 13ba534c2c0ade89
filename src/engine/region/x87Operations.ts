/**
 * Statements of x87 instructions in translated code: registers, an operand from memory and a number on its way there are locals. Plain
 * arithmetic (wasm/plainX87) stands in line, and what it does not do leaves: calls, however rare, would have all values on the machine's stack.
 * Under another control word all rounding is done by the functions that both executors have (wasm/x87Functions), through the VECTOR cells.
 */
import { type Expr, type SharedFunction, type Statement, ZERO } from '../../ir/microOp';
import { CPU } from '../../x86/cpuState';
import { type Code, I32, I64, OP } from '../wasm/encoder';
import { type Fail, type Local, type Operand, type Value, call, load, localAt, value as v } from '../wasm/functionWriter';
import { plainQuotient, plainRoot } from '../wasm/plainDivision';
import {
  C0_SHIFT,
  C3_SHIFT,
  type Comparison,
  DOUBLE,
  type Extended,
  type Format,
  type Rounded,
  SIGN,
  SINGLE,
  hasZero,
  comparisonCodes,
  plainComparison,
  plainDouble,
  plainInteger,
  plainNarrowed,
  plainProduct,
  plainSum,
  plainWidened,
  productWithZero,
  sumWithZero,
} from '../wasm/plainX87';
import { constantOf } from './expressions';
import { REGION_LOCAL as L } from './locals';
import { type X87Stack, isUnusable } from './x87Stack';

interface Place extends Extended {
  readonly significand: Local;
  readonly signExponent: Local;
}

type Call = Extract<Statement, { k: 'call' }>;

/** What it needs of the code around. */
export interface Surroundings {
  readonly value: (e: Expr) => void;
  /** Leave the region before this instruction if the condition holds. */
  readonly leaveIf: (condition: Value) => void;
  readonly shared: (name: SharedFunction) => number;
}

const C1_SHIFT = 9;
const C1 = 1 << C1_SHIFT;
const FIRST = CPU.VECTOR;
const SECOND = CPU.VECTOR + 16;

export class X87Operations {
  /** Temporaries of the current instruction that are addresses of registers, or what functions have given. */
  readonly #addresses = new Map<number, Place>();
  readonly #answers = new Set<number>();
  /** What its comparison has found: the temporary has it as condition codes. */
  #compared: (Comparison & { readonly id: number }) | undefined;
  readonly #operand: Place;
  readonly #stored: Local;
  /** Bits that have come from memory. */
  readonly loaded: Local;
  /** What the last function has given that the status word does not show yet. */
  readonly #rest: Local;
  readonly #up: Local;

  constructor(
    readonly code: Code,
    readonly stack: X87Stack,
    readonly around: Surroundings,
  ) {
    const { locals } = stack;
    this.#operand = { significand: localAt(locals.add(I64, 'x87_operand')), signExponent: localAt(locals.add(I32, 'x87_operand_sign')) };
    this.#stored = localAt(locals.add(I64, 'x87_stored'));
    this.loaded = localAt(locals.add(I64, 'x87_loaded'));
    this.#rest = localAt(locals.add(I64, 'x87_rest'));
    this.#up = localAt(locals.add(I64, 'x87_up'));
  }

  begin(): void {
    this.#compared = undefined;
    this.#addresses.clear();
    this.#answers.clear();
  }

  /** Is a temporary one that needs no local? */
  define(id: number, value: Expr): boolean {
    if (value.k !== 'stAddress') return false;
    this.#addresses.set(id, this.stack.register(constantOf(value.n)));
    return true;
  }

  /** `giveUp` behind a call: the call has left already. */
  hasAnswered(condition: Expr): boolean {
    return condition.k === 'binary' && condition.op === 'lessS' && condition.x.k === 'temp' && this.#answers.has(condition.x.id);
  }

  #place(address: Expr): Place {
    if (address.k === 'temp') {
      const place = this.#addresses.get(address.id);
      if (place) return place;
    }
    if (address.k === 'stAddress') return this.stack.register(constantOf(address.n));
    if (address.k === 'const' && address.value === FIRST) return this.#operand;
    throw new Error(`${address.k} in place of an x87 register`);
  }

  significand(address: Expr): void {
    if (address.k === 'const' && address.value === CPU.X87_STORED) this.#stored(this.code);
    else this.#place(address).significand(this.code);
  }

  signExponent(address: Expr): void {
    this.#place(address).signExponent(this.code);
  }

  /** A condition code by itself, of those in a temporary. */
  codeBit(id: number, bit: number): Local | undefined {
    if (this.#compared?.id !== id) return undefined;
    return bit === C0_SHIFT ? this.#compared.below : bit === C3_SHIFT ? this.#compared.equal : undefined;
  }

  /** The cell of the number on its way to memory. */
  readStored(): void {
    v('i32.wrap_i64', this.#stored)(this.code);
  }

  setSignificand(address: Expr, value: Expr): void {
    this.around.value(value);
    this.code.set(this.#place(address).significand.index);
  }

  setSignExponent(address: Expr, value: Expr): void {
    this.around.value(value);
    this.code.set(this.#place(address).signExponent.index);
  }

  /** Both from memory: leave with what cannot be used here. */
  setFromMemory(address: Expr, significand: Expr, signExponent: Expr): void {
    const w = this.#begin();
    const loaded = { significand: w.wide(this.#valueOf(significand)), signExponent: w.word(this.#valueOf(signExponent)) };
    this.around.leaveIf(isUnusable(loaded));
    this.#set(this.#place(address), loaded);
  }

  statusWord({ replaced, value }: Extract<Statement, { k: 'statusWord' }>): void {
    const { stack } = this;
    const w = stack.writer;
    if (replaced === C1 && value === ZERO) w.set(stack.c1, 0n);
    else if (replaced === C1 && value.k === 'temp') {
      w.set(stack.sticky, v('i64.or', stack.sticky, this.#rest));
      w.set(stack.c1, this.#up);
    } else stack.replace(replaced, () => this.around.value(value));
  }

  #valueOf(e: Expr): Value {
    return () => this.around.value(e);
  }

  #begin(): X87Stack['writer'] {
    this.stack.writer.begin();
    return this.stack.writer;
  }

  #set(to: Place, { significand, signExponent }: Extended): void {
    const w = this.stack.writer;
    w.set(to.significand, significand);
    w.set(to.signExponent, signExponent);
  }

  #spill({ significand, signExponent }: Extended, at: number): void {
    const w = this.stack.writer;
    w.store(OP.i64Store, 0, significand, at);
    w.store(OP.store16, 0, signExponent, at + 8);
  }

  #reload(to: Place): void {
    this.#set(to, { significand: load('i64.load', 0, FIRST), signExponent: load('i32.load16_u', 0, FIRST + 8) });
  }

  /** Call the function, and leave if it does not answer. */
  #general(name: SharedFunction, id: number, ...args: Operand[]): void {
    const w = this.stack.writer;
    const flags = localAt(L.TEMPS + id);
    w.set(flags, call(this.around.shared(name), ...args));
    this.around.leaveIf(v('i32.lt_s', flags, 0));
    // PE, and with it perhaps C1.
    w.set(this.#rest, v('i64.extend_i32_u', flags));
    w.set(this.#up, v('i64.extend_i32_u', v('i32.shr_u', flags, C1_SHIFT)));
  }

  call(s: Call): void {
    this.#answers.add(s.id);
    switch (s.name) {
      case 'x87Add':
        return this.#arithmetic(s, constantOf(s.args[3]));
      case 'x87Multiply':
      case 'x87Divide':
        return this.#arithmetic(s, undefined);
      case 'x87SquareRoot':
        return this.#squareRoot(s);
      case 'x87Compare':
        return this.#compare(s);
      case 'x87FromDouble':
        return this.#widen(s, DOUBLE);
      case 'x87FromSingle':
        return this.#widen(s, SINGLE);
      case 'x87FromInteger':
        this.#begin();
        return this.#set(this.#place(s.args[0]), plainInteger(this.stack.writer, this.stack.writer.wide(this.#valueOf(s.args[1]))));
      case 'x87ToDouble':
        return this.#narrow(s, DOUBLE);
      case 'x87ToSingle':
        return this.#narrow(s, SINGLE);
      case 'x87ToInteger':
        return this.#toInteger(s);
      default:
        throw new Error(`${s.name} in translated code`);
    }
  }

  /** `plain` in line, or `general` where the control word is another one. */
  #either(plain: (fail: Fail) => void, general: () => void): void {
    if (!this.stack.isPlain) return general();
    this.stack.requirePlain(this.#leave);
    plain(this.#leave);
  }

  readonly #leave: Fail = (condition) => this.around.leaveIf(condition as Value);

  #arithmetic({ name, id, args }: Call, flip: number | undefined): void {
    const [to, x, y] = args.slice(0, 3).map((arg) => this.#place(arg));
    const w = this.#begin();
    this.#either(
      (fail) => {
        if (name === 'x87Divide') this.#quotient(to, x, y, fail);
        else if (x === y && flip === 0) this.#setExact(to, plainDouble(w, x, fail));
        else
          w.if(
            hasZero(x, y),
            () => this.#setExact(to, flip === undefined ? productWithZero(x, y) : sumWithZero(w, x, y, flip)),
            () => this.#setRounded(to, flip === undefined ? plainProduct(w, x, y, fail) : plainSum(w, x, y, flip, fail)),
          );
      },
      () => {
        this.#spill(x, FIRST);
        this.#spill(y, SECOND);
        this.#general(name, id, FIRST, FIRST, SECOND, ...(flip === undefined ? [] : [flip]));
        this.#reload(to);
      },
    );
  }

  #quotient(to: Place, x: Extended, y: Extended, fail: Fail): void {
    const w = this.stack.writer;
    fail(v('i64.eqz', y.significand));
    w.if(
      v('i64.eqz', x.significand),
      () => this.#setExact(to, productWithZero(x, y)),
      () => this.#setRounded(to, plainQuotient(w, x, y, fail)),
    );
  }

  #setRounded(to: Place, result: Rounded): void {
    this.#set(to, result);
    this.#setRest(result.rest, result.up);
  }

  #setExact(to: Place, result: Extended): void {
    this.#set(to, result);
    this.#setRest(0n, 0n);
  }

  #setRest(rest: Operand, up: Operand): void {
    const w = this.stack.writer;
    w.set(this.#rest, rest);
    w.set(this.#up, up);
  }

  #squareRoot({ name, id, args }: Call): void {
    const [to, x] = args.map((arg) => this.#place(arg));
    const w = this.#begin();
    this.#either(
      (fail) => {
        fail(v('i32.and', x.signExponent, SIGN));
        w.if(
          v('i64.eqz', x.significand),
          () => this.#setExact(to, x),
          () => this.#setRounded(to, plainRoot(w, x, fail)),
        );
      },
      () => {
        this.#spill(x, FIRST);
        this.#general(name, id, FIRST, FIRST);
        this.#reload(to);
      },
    );
  }

  /** Among numbers, zeros or normal, there is no other course. */
  #compare({ id, args }: Call): void {
    const [x, y] = args.map((arg) => this.#place(arg));
    const w = this.#begin();
    const made = plainComparison(w, x, y);
    this.#compared = { id, ...made };
    w.set(localAt(L.TEMPS + id), comparisonCodes(made));
  }

  #widen({ args }: Call, format: Format): void {
    const to = this.#place(args[0]);
    const w = this.#begin();
    const bits = w.wide(format === SINGLE ? v('i64.extend_i32_u', this.#valueOf(args[1])) : this.#valueOf(args[1]));
    this.#set(to, plainWidened(w, bits, format, this.#leave));
  }

  #narrow({ name, id, args }: Call, format: Format): void {
    const x = this.#place(args[0]);
    const w = this.#begin();
    this.#either(
      (fail) => {
        const { bits, rest, up } = plainNarrowed(w, x, format, fail);
        w.set(this.#stored, bits);
        this.#setRest(rest, up);
      },
      () => {
        this.#spill(x, FIRST);
        this.#general(name, id, FIRST);
        w.set(this.#stored, load('i64.load', 0, CPU.X87_STORED));
      },
    );
  }

  #toInteger({ name, id, args }: Call): void {
    const w = this.#begin();
    this.#spill(this.#place(args[0]), FIRST);
    this.#general(name, id, FIRST, constantOf(args[1]));
    w.set(this.#stored, load('i64.load', 0, CPU.X87_STORED));
  }
}
