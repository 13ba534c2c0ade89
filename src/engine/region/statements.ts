/**
 * Statements of translated code. Whatever is not the ordinary course (a TLB miss, a fault, a segment limit) leaves the region
 * before the instruction: registers and flags are those of before it, and tier 0 executes it.
 */
import { type Expr, type SharedFunction, type Statement, typeOf } from '../../ir/microOp';
import { PAGING } from '../../memory/pagingCells';
import { tempLocal } from '../interpreter/locals';
import { VECTOR_LOAD, VECTOR_STORE } from '../interpreter/accesses';
import { emitSetMmx } from '../interpreter/statements';
import { type Code, OP, VECTOR } from '../wasm/encoder';
import type { Value } from '../wasm/functionWriter';
import { RegionExpressions, constantOf } from './expressions';
import { RegionFlags, shiftFlagsOf } from './flags';
import { type Clusters, NO_CLUSTERS } from './clusters';
import type { LateLocals } from './lateLocals';
import { REGION_LOCAL as L } from './locals';
import { type Assumptions, MemoryAccess, type Place } from './memoryAccess';
import type { PartialRegisters } from './partialRegisters';
import { X87Operations } from './x87Operations';
import { type X87Stack, seesX87Memory, usesX87 } from './x87Stack';

/** Indices of the functions a region may call. */
export interface RegionFunctions {
  readonly auxOf: number;
  readonly packStatus: number;
  readonly unpackAux: number;
  /** (linear, size, record) → place or 0: paging/storePlace. */
  readonly storePlace: number;
  readonly shared: (name: SharedFunction) => number;
}

export class RegionStatements {
  readonly flags: RegionFlags;
  readonly #expressions: RegionExpressions;
  /** Registers written, as a set of bits. */
  written = 0;
  /** XMM registers written, likewise. */
  writtenVectors = 0;
  /** Invariants that are known not to hold here. */
  refuted: ReadonlySet<string> = new Set();
  readonly memory: MemoryAccess;
  /** Of the current block. */
  clusters: Clusters = NO_CLUSTERS;
  readonly #operations: X87Operations | undefined;
  /** Record of the current instruction. */
  #record = 0;
  #dead: ReadonlySet<Statement> = new Set();
  /** What PLACE is: that of the current instruction's load for update. */
  #updated: Place | undefined;
  /** What the temporaries of the current instruction are. */
  readonly #definitions = new Map<number, Expr>();
  /** Its temporaries that are loaded bytes. */
  readonly #loadedBytes = new Set<number>();

  constructor(
    readonly code: Code,
    readonly functions: RegionFunctions,
    assumptions: Assumptions,
    locals: LateLocals,
    /** In regions that use it. */
    readonly x87: X87Stack | undefined,
  ) {
    this.#expressions = new RegionExpressions(code, functions);
    this.#expressions.x87 = x87;
    if (x87) {
      const leaveIf = (condition: Value): void => {
        code.constant(this.#record).set(L.NEXT);
        condition(code);
        code.branchIf(this.memory.exit);
      };
      this.#operations = new X87Operations(code, x87, { value: (e) => this.value(e), leaveIf, shared: functions.shared });
      this.#expressions.operations = this.#operations;
    }
    this.flags = new RegionFlags(code, (e) => this.value(e), functions.auxOf, functions.unpackAux);
    this.#expressions.flags = this.flags;
    this.memory = new MemoryAccess(code, (e) => this.value(e), assumptions, functions.storePlace, locals);
  }

  get used(): number {
    return this.#expressions.used | this.written;
  }

  /** See RegionExpressions. */
  get normal(): readonly number[] {
    return this.#expressions.normal;
  }
  set normal(value: readonly number[]) {
    this.#expressions.normal = value;
  }

  /** See PartialRegisters. */
  get partial(): PartialRegisters {
    return this.#expressions.partial;
  }

  #learnNormal(register: number, bytes: number): void {
    this.normal = this.normal.map((known, n) => (n === register ? bytes : known));
  }

  /** XMM registers that are locals. */
  get usedVectors(): number {
    return this.#expressions.usedVectors | this.writtenVectors;
  }

  get invariants(): readonly Expr[] {
    return this.#expressions.invariants;
  }

  value(e: Expr): void {
    this.#expressions.emit(e);
  }

  /** The statements of the instruction at `record`, without its terminal. `before`: instructions of its block that precede it. */
  instruction(statements: readonly Statement[], record: number, before: number, dead: ReadonlySet<Statement>): void {
    this.#record = record;
    this.#expressions.before = before;
    this.#dead = dead;
    this.#definitions.clear();
    this.#loadedBytes.clear();
    this.#updated = undefined;
    if (this.x87) this.#beginX87(statements, this.x87);
    if (this.x87 && (this.x87.hasPending() || usesX87(statements))) this.#leavingOnce(this.x87, () => this.#list(statements));
    else this.#list(statements);
  }

  /** All ways out of an instruction meet before they leave: what each takes along is much code, and the same. */
  #leavingOnce(x87: X87Stack, instruction: () => void): void {
    const { code, memory } = this;
    const { exit, far } = memory;
    const { pending } = x87;
    const done = code.open(OP.block);
    memory.exit = code.open(OP.block);
    memory.far = {};
    instruction();
    code.branch(done).close();
    memory.exit = exit;
    memory.far = far;
    x87.writeTags(pending);
    code.branch(exit).close();
  }

  #beginX87(statements: readonly Statement[], x87: X87Stack): void {
    this.#operations?.begin();
    this.#expressions.loaded = undefined;
    if (seesX87Memory(statements)) x87.toMemory();
    else if (usesX87(statements)) x87.toLocals();
  }

  #list(statements: readonly Statement[]): void {
    statements.forEach((s, n) => {
      this.#emit(s, statements, n);
    });
  }

  #emit(s: Statement, around: readonly Statement[], n: number): void {
    const { code, flags } = this;
    if (this.#dead.has(s)) return;
    switch (s.k) {
      case 'let':
        if (this.#operations?.define(s.id, s.value)) break;
        this.value(s.value);
        code.set(tempLocal(this.#expressions.locals, typeOf(s.value), s.id));
        if (typeOf(s.value) === 'i32') this.#definitions.set(s.id, s.value);
        break;
      case 'loadVector':
        if (this.#operations && s.size === 8 && onlyFirstHalf(around, s.id)) {
          const into = this.#operations.loaded;
          this.#access(s, false, (offset) => code.memory(OP.i64Load, offset).set(into.index));
          this.#expressions.loaded = { id: s.id, local: into.index };
        } else this.#access(s, false, (offset) => code.vectorMemory(VECTOR_LOAD[s.size], offset).set(tempLocal(this.#expressions.locals, 'v128', s.id)));
        break;
      case 'storeVector':
        this.#updated = undefined;
        this.memory.place(this.#placeOf(s, true), this.#record, this.#definition);
        code.get(L.PLACE);
        if (s.size === 8 && s.value.k === 'typed' && s.value.op === 'i64x2.splat') {
          this.value(s.value.args[0]);
          code.memory(OP.i64Store, 0);
          break;
        }
        this.value(s.value);
        code.vectorMemory(VECTOR_STORE[s.size], 0);
        break;
      case 'setXmm':
        this.writtenVectors |= 1 << (s.ref as number);
        this.value(s.value);
        code.set(L.XMM + (s.ref as number));
        this.#learnNormal(s.ref as number, s.normal ?? (s.value.k === 'xmm' ? this.normal[s.value.ref as number] : 0));
        break;
      case 'setMmx':
        emitSetMmx(
          code,
          () => this.#expressions.vectorAddress(s.ref),
          () => this.value(s.value),
        );
        break;
      case 'setVectorCell':
        code.constant(0);
        this.value(s.value);
        code.vectorMemory(VECTOR.store, s.offset);
        break;
      case 'attempt':
        this.#list(s.ordinary);
        break;
      case 'rarely':
      case 'giveUp':
        this.#leaveIf(s.condition);
        break;
      case 'place':
        this.memory.systemPlace(s, this.#record);
        code.set(L.TEMPS + s.id);
        break;
      case 'setPlaced':
        this.value(s.place);
        this.value(s.value);
        code.memory(OP.store, s.offset);
        break;
      case 'comparisonFlags':
        flags.comparison(s);
        break;
      case 'load':
        this.#load(s);
        break;
      case 'store':
        this.#store(s);
        break;
      case 'setRegister':
        this.#setRegister(s.ref as number, s.size, s.value);
        break;
      case 'setCell':
        if (this.x87?.write(s.offset, () => this.value(s.value))) break;
        code.constant(0);
        this.value(s.value);
        code.memory(OP.store, s.offset);
        break;
      case 'setSignificand':
        this.#setSignificand(s, around[n + 1]);
        break;
      case 'setSignExponent':
        if (!this.#fromMemory(around[n - 1])) this.#operations?.setSignExponent(s.address, s.value);
        break;
      case 'tag':
        this.x87?.tag(constantOf(s.n), s.empty);
        break;
      case 'moveTop':
        this.x87?.move(s.by);
        break;
      case 'statusWord':
        this.#operations?.statusWord(s);
        break;
      case 'call':
        if (s.name.startsWith('x87')) {
          this.#operations?.call(s);
          break;
        }
        for (const arg of s.args) this.value(arg);
        code.call(this.functions.shared(s.name)).set(L.TEMPS + s.id);
        break;
      case 'arithmeticFlags':
        flags.arithmetic(s, !s.keepCarry && isExact(s, around.slice(0, n)));
        break;
      case 'resultFlags': {
        const shift = shiftFlagsOf(s, this.#definition);
        if (shift) flags.shift(shift, s.result);
        else flags.result(s);
        break;
      }
      case 'carryFlags':
        flags.carry(s);
        break;
      case 'setStatus':
        flags.set(s.value);
        break;
      case 'if':
        this.#if(s);
        break;
      case 'fault':
        this.leave(this.#record);
        break;
      default:
        throw new Error(`${s.k} in translated code`);
    }
  }

  /** Does this set a significand that has just come from memory? */
  #fromMemory(s: Statement | undefined): boolean {
    return s?.k === 'setSignificand' && s.value.k === 'typed';
  }

  #setSignificand(s: Extract<Statement, { k: 'setSignificand' }>, next: Statement | undefined): void {
    if (this.#fromMemory(s) && next?.k === 'setSignExponent') this.#operations?.setFromMemory(s.address, s.value, next.value);
    else this.#operations?.setSignificand(s.address, s.value);
  }

  #leaveIf(condition: Expr): void {
    const { code } = this;
    if (this.#operations?.hasAnswered(condition)) return;
    const key = condition.k === 'invariant' ? JSON.stringify(condition.value) : undefined;
    if (key !== undefined && this.refuted.has(key)) return;
    code.constant(this.#record).set(L.NEXT);
    this.value(condition);
    code.branchIf(this.memory.exit);
    if (key !== undefined) this.refuted = new Set([...this.refuted, key]);
    else this.#learn(condition);
  }

  /** What is known once this does not hold. */
  #learn(condition: Expr): void {
    if (condition.k === 'denormal' && condition.x.k === 'xmm') this.#learnNormal(condition.x.ref as number, condition.bytes);
    else if (condition.k === 'stEmpty') this.x87?.learn(constantOf(condition.n), false);
    else if (condition.k === 'binary' && condition.op === 'or') [condition.x, condition.y].forEach((part) => this.#learn(part));
    else if (condition.k === 'unary' && condition.op === 'isZero' && condition.x.k === 'stEmpty') this.x87?.learn(constantOf(condition.x.n), true);
  }

  #if(s: Extract<Statement, { k: 'if' }>): void {
    const { code, flags } = this;
    this.value(s.condition);
    const { refuted, normal, partial } = this;
    const { known } = partial;
    const before = flags.state;
    const updated = this.#updated;
    this.x87?.flush();
    code.open(OP.if);
    this.#list(s.then);
    this.x87?.flush();
    const then = flags.state;
    flags.state = before;
    const kept = this.#updated === updated;
    this.#updated = updated;
    const behindThen = partial.known;
    partial.known = known;
    if (s.else.length) {
      code.else();
      this.#list(s.else);
      this.x87?.flush();
    }
    code.close();
    partial.meet(behindThen);
    if (!kept || this.#updated !== updated) this.#updated = undefined;
    if (s.then.at(-1)?.k !== 'fault' && flags.state !== then) flags.state = undefined;
    this.refuted = refuted;
    this.normal = this.normal.map((known, n) => (known === normal[n] ? known : 0));
  }

  /** Leave the region for `record`, which tier 0 goes on with. */
  leave(record: number): void {
    this.code.constant(record).set(L.NEXT).branch(this.memory.exit);
  }

  #setRegister(ref: number, size: 1 | 2 | 4, value: Expr): void {
    const { code } = this;
    const whole = size === 1 ? ref & 3 : ref;
    this.written |= 1 << whole;
    const local = L.GPR + whole;
    const { partial } = this.#expressions;
    if (size === 4) {
      this.value(value);
      code.set(local);
      partial.written(whole, this.#isByte(value));
      return;
    }
    if (size === 1 && ref < 4) {
      this.value(value);
      if (!this.#isByte(value)) code.constant(0xff).op(OP.and);
      partial.write(whole);
      return;
    }
    partial.written(whole, false);
    const mask = size === 2 ? 0xffff : 0xff;
    const shift = size === 1 && ref >= 4 ? 8 : 0;
    this.value(value);
    code.constant(mask).op(OP.and);
    if (shift) code.constant(shift).op(OP.shl);
    code
      .get(local)
      .constant(~(mask << shift))
      .op(OP.and, OP.or)
      .set(local);
  }

  /** Is the value zero-extended from eight bits? */
  #isByte(e: Expr): boolean {
    switch (e.k) {
      case 'const':
        return e.value >>> 8 === 0;
      case 'register':
        return e.size === 1;
      case 'condition':
        return true;
      case 'temp':
        return this.#loadedBytes.has(e.id) || (this.#definitions.has(e.id) && this.#isByte(this.#definition(e)));
      case 'binary':
        if (e.op === 'and') return this.#isByte(e.x) || this.#isByte(e.y);
        return (e.op === 'or' || e.op === 'xor' || e.op === 'shrU') && this.#isByte(e.x) && this.#isByte(e.y);
      default:
        return false;
    }
  }

  #placeOf(s: Access, write: boolean): Place {
    return { segment: s.segment as number, offset: s.offset, size: s.size, write, aligned: 'aligned' in s && s.aligned, near: this.clusters.get(s) };
  }

  #access(s: Access, write: boolean, access: (offset: number) => void): void {
    this.memory.access(this.#placeOf(s, write), this.#record, this.#definition, access);
  }

  #load(s: Extract<Statement, { k: 'load' }>): void {
    const { code } = this;
    const into = L.TEMPS + s.id;
    if (s.size === 1) this.#loadedBytes.add(s.id);
    if (!s.update) return this.#access(s, false, (offset) => code.memory(LOAD[s.size], offset).set(into));
    this.#updated = this.#placeOf(s, true);
    this.memory.place(this.#updated, this.#record, this.#definition);
    code.get(L.PLACE).memory(LOAD[s.size], 0).set(into);
  }

  /** The value first: it may settle flags, and is needed on two ways. */
  #store(s: Extract<Statement, { k: 'store' }>): void {
    const { code } = this;
    const from = s.value.k === 'temp' ? L.TEMPS + s.value.id : L.STORED;
    if (from === L.STORED) {
      this.value(s.value);
      code.set(from);
    }
    const updated = this.#updated;
    if (updated && updated.segment === s.segment && updated.size === s.size && same(updated.offset, s.offset)) code.get(L.PLACE).get(from).memory(STORE[s.size], 0);
    else {
      this.#access(s, true, (offset) => code.get(from).memory(STORE[s.size], offset));
      if (this.memory.noted) this.#updated = undefined; // PATCHED belongs to this store
    }
    if (this.memory.noted) code.loadCell(PAGING.PATCHED).get(from).memory(STORE[s.size], 0);
  }

  readonly #definition = (e: Expr): Expr => (e.k === 'temp' ? (this.#definitions.get(e.id) ?? e) : e);
}

/** Is nothing read of a vector that is loaded but its first half? What else an instruction would do with it, translated code does not. */
function onlyFirstHalf(around: readonly Statement[], id: number): boolean {
  const other = (part: unknown): boolean => {
    if (typeof part !== 'object' || part === null) return false;
    const e = part as Expr | Statement;
    if (e.k === 'typed' && e.op === 'i64x2.extract_lane' && e.immediate?.[0] === 0 && e.args[0].k === 'temp') return false;
    if (e.k === 'temp' && e.type === 'v128' && e.id === id) return true;
    return e.k === 'attempt' ? other(e.ordinary) : Object.values(part).some(other);
  };
  return !around.some((s) => other(s));
}

type Access = Extract<Statement, { k: 'load' | 'store' | 'loadVector' | 'storeVector' }>;

const LOAD = { 1: OP.load8U, 2: OP.load16U, 4: OP.load } as const;
const STORE = { 1: OP.store8, 2: OP.store16, 4: OP.store } as const;

/** Is the result a op b itself, with no carry in? */
function isExact({ op, a, b, result }: Extract<Statement, { k: 'arithmeticFlags' }>, before: readonly Statement[]): boolean {
  if (result.k !== 'temp') return false;
  const definition = before.find((s) => s.k === 'let' && s.id === result.id);
  if (definition?.k !== 'let' || definition.value.k !== 'binary') return false;
  const { op: made, x, y } = definition.value;
  return made === op && ((same(x, a) && same(y, b)) || (op === 'add' && same(x, b) && same(y, a)));
}

const same = (x: Expr, y: Expr): boolean => (x.k === 'temp' && y.k === 'temp' && x.id === y.id) || (x.k === 'const' && y.k === 'const' && x.value === y.value);
