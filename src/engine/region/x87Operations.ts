/**
 * Statements of x87 instructions in translated code: registers, an operand from memory and a number on its way there are locals. Plain
 * arithmetic (wasm/plainX87) stands in line, and what it does not do leaves: calls, however rare, would have all values on the machine's stack.
 * Under another control word all rounding is done by the functions that both executors have (wasm/x87Functions), through the VECTOR cells.
 */
import { type Expr, type SharedFunction, type Statement, ZERO } from '../../ir/microOp';
import { C0_SHIFT, C1, C1_SHIFT, C3_SHIFT } from '../../semantics/x87/status';
import { CPU } from '../../x86/cpuState';
import { type Code, I32, I64, OP } from '../wasm/encoder';
import { type Fail, type Local, type Operand, type Value, call, load, localAt, value as v } from '../wasm/functionWriter';
import { plainQuotient, plainRoot } from '../wasm/plainDivision';
import { DOUBLE, type Format, SINGLE, plainInteger, plainNarrowed, plainWidened } from '../wasm/plainConversions';
import { plainSum } from '../wasm/plainSum';
import {
  EXPONENT,
  SIGN,
  ZERO_EXPONENT,
  type Comparison,
  type Extended,
  type Rounded,
  comparisonCodes,
  packed,
  plainComparison,
  plainDouble,
  plainProduct,
  unpack,
} from '../wasm/plainX87';
import { constantOf } from './expressions';
import type { LateLocals } from './lateLocals';
import { REGION_LOCAL as L } from './locals';
import { type X87Register, type X87Stack, isUnusable } from './x87Stack';

type Place = X87Register;

type Call = Extract<Statement, { k: 'call' }>;

/** What it needs of the code around. */
export interface Surroundings {
  readonly value: (e: Expr) => void;
  /** Leave the region before this instruction if the condition holds. */
  readonly leaveIf: (condition: Value) => void;
  readonly shared: (name: SharedFunction) => number;
}

const newPlace = (locals: LateLocals, name: string): Place => ({
  significand: localAt(locals.add(I64, `x87_${name}`)),
  sign: localAt(locals.add(I32, `x87_${name}_sign`)),
  exponent: localAt(locals.add(I32, `x87_${name}_exponent`)),
});

const FIRST = CPU.VECTOR;
const SECOND = CPU.VECTOR + 16;

export class X87Operations {
  /** Temporaries of the current instruction that are addresses of registers, or what functions have given. */
  readonly #addresses = new Map<number, Place>();
  readonly #answers = new Set<number>();
  /** What its comparison has found: the temporary has it as condition codes. */
  #compared: (Comparison & { readonly id: number }) | undefined;
  readonly #operand: Place;
  /** Sign and exponent on their way from one register to another, as the temporary of the current instruction. */
  readonly #exchanged: Place;
  #exchangedId: number | undefined;
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
    this.#operand = newPlace(locals, 'operand');
    this.#exchanged = newPlace(locals, 'exchanged');
    this.#stored = localAt(locals.add(I64, 'x87_stored'));
    this.loaded = localAt(locals.add(I64, 'x87_loaded'));
    this.#rest = localAt(locals.add(I64, 'x87_rest'));
    this.#up = localAt(locals.add(I64, 'x87_up'));
  }

  begin(): void {
    this.#compared = undefined;
    this.#exchangedId = undefined;
    this.#addresses.clear();
    this.#answers.clear();
  }

  /** Is a temporary one that needs no local? */
  define(id: number, value: Expr): boolean {
    if (value.k === 'signExponent') {
      this.#exchangedId = id;
      this.#copySign(this.#exchanged, this.#place(value.address));
      return true;
    }
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
    packed(this.#place(address))(this.code);
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
    const to = this.#place(address);
    const w = this.stack.writer;
    const from = this.#signOf(value);
    if (from) this.#copySign(to, from);
    else if (value.k === 'binary' && this.#signOf(value.x) === to && value.op === 'xor') w.set(to.sign, v('i32.xor', to.sign, constantOf(value.y)));
    else if (value.k === 'binary' && this.#signOf(value.x) === to && value.op === 'and') w.set(to.sign, v('i32.and', to.sign, constantOf(value.y)));
    else if (value.k === 'const') {
      w.set(to.sign, value.value & SIGN);
      w.set(to.exponent, value.value & EXPONENT || ZERO_EXPONENT);
    } else unpack(this.code, to, this.#valueOf(value));
  }

  /** The register whose sign and exponent this is. */
  #signOf(value: Expr): Place | undefined {
    if (value.k === 'temp') return value.id === this.#exchangedId ? this.#exchanged : undefined;
    return value.k === 'signExponent' ? this.#place(value.address) : undefined;
  }

  #copySign(to: Place, from: Place): void {
    const w = this.stack.writer;
    w.set(to.sign, from.sign);
    w.set(to.exponent, from.exponent);
  }

  /** Both from memory: leave with what cannot be used here. */
  setFromMemory(address: Expr, significand: Expr, signExponent: Expr): void {
    const w = this.#begin();
    const loaded = { significand: w.wide(this.#valueOf(significand)), signExponent: w.word(this.#valueOf(signExponent)) };
    this.around.leaveIf(isUnusable(loaded.significand, loaded.signExponent));
    const to = this.#place(address);
    w.set(to.significand, loaded.significand);
    unpack(this.code, to, loaded.signExponent);
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

  #set(to: Place, { significand, sign, exponent }: Extended): void {
    const w = this.stack.writer;
    w.set(to.significand, significand);
    w.set(to.sign, sign);
    w.set(to.exponent, exponent);
  }

  #spill(x: Extended, at: number): void {
    const w = this.stack.writer;
    w.store(OP.i64Store, 0, x.significand, at);
    w.store(OP.store16, 0, packed(x), at + 8);
  }

  #reload(to: Place): void {
    this.stack.writer.set(to.significand, load('i64.load', 0, FIRST));
    unpack(this.code, to, load('i32.load16_u', 0, FIRST + 8));
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
        if (name === 'x87Divide') this.#setRounded(to, plainQuotient(w, x, y, fail));
        else if (flip === undefined) this.#setRounded(to, plainProduct(w, x, y, fail));
        else if (x === y && flip === 0) this.#setExact(to, plainDouble(w, x, fail));
        else this.#setRounded(to, plainSum(w, x, y, flip, fail));
      },
      () => {
        this.#spill(x, FIRST);
        this.#spill(y, SECOND);
        this.#general(name, id, FIRST, FIRST, SECOND, ...(flip === undefined ? [] : [flip]));
        this.#reload(to);
      },
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
      (fail) => this.#setRounded(to, plainRoot(w, x, fail)),
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
