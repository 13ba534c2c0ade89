/**
 * Micro-ops of a form with everything filled in that one occurrence knows: operands, EIP, and the CPU cells that hold still
 * for as long as the translation is valid. What that decides is folded away.
 */
import { foldBinary, foldSelect, foldUnary, isConstant } from './fold';
import { CPU, SEGMENT_STRIDE } from '../x86/cpuState';
import { type Expr, type Field, type RegisterRef, type SegmentRef, type Statement, add, cell, constant, register, typeOf } from './microOp';

export interface Occurrence {
  readonly fields: Readonly<Record<Field, number>>;
  /** Register number of an operand register; undefined where it is none that micro-ops of this size can name. */
  readonly registerNumber: (which: 'reg' | 'rm', size: 1 | 2 | 4) => number | undefined;
  /** Register numbers of the memory operand, negative without one; log2 of the scale. */
  readonly base: number;
  readonly index: number;
  readonly scale: number;
  /** Fields that are no constants but cells of the VM's memory, by offset. */
  readonly loaded?: { readonly immediate?: number; readonly displacement?: number };
  /** Cells of CpuState that are constant. */
  readonly cells: ReadonlyMap<number, number>;
}

/** The occurrence cannot be expressed: it is left to tier 0. */
export class Inexpressible extends Error {}

const ESP = 4;

export function specialize(statements: readonly Statement[], occurrence: Occurrence): Statement[] {
  return new Specializer(occurrence).list(statements);
}

class Specializer {
  /** Temporaries that stand for something simpler. */
  readonly #known = new Map<number, Expr>();

  constructor(readonly occurrence: Occurrence) {}

  list(statements: readonly Statement[]): Statement[] {
    const out: Statement[] = [];
    for (const s of statements) {
      this.#statement(s, out);
      if (out.at(-1)?.k === 'fault') break;
    }
    return out;
  }

  #statement(s: Statement, out: Statement[]): void {
    switch (s.k) {
      case 'let': {
        const value = this.#expr(s.value);
        if (typeOf(s.value) === 'i32' && (isConstant(value) || value.k === 'temp')) this.#known.set(s.id, value);
        else out.push({ ...s, value });
        return;
      }
      case 'load':
        out.push({ ...s, segment: this.#segment(s.segment), offset: this.#expr(s.offset) });
        return;
      case 'store':
        out.push({ ...s, segment: this.#segment(s.segment), offset: this.#expr(s.offset), value: this.#expr(s.value) });
        return;
      case 'loadVector':
        out.push({ ...s, segment: this.#segment(s.segment), offset: this.#expr(s.offset) });
        return;
      case 'storeVector':
        out.push({ ...s, segment: this.#segment(s.segment), offset: this.#expr(s.offset), value: this.#expr(s.value) });
        return;
      case 'setXmm':
      case 'setMmx':
        out.push({ ...s, ref: this.#vectorRegister(s.ref), value: this.#expr(s.value) });
        return;
      case 'setVectorCell':
      case 'statusWord':
        out.push({ ...s, value: this.#expr(s.value) });
        return;
      case 'setSignificand':
      case 'setSignExponent':
        out.push({ ...s, address: this.#expr(s.address), value: this.#expr(s.value) });
        return;
      case 'tag':
        out.push({ ...s, n: this.#expr(s.n) });
        return;
      case 'attempt':
        out.push({ k: 'attempt', ordinary: this.list(s.ordinary), otherwise: this.list(s.otherwise) });
        return;
      case 'rarely':
      case 'giveUp': {
        const condition = this.#expr(s.condition);
        if (isConstant(condition) && condition.value === 0) return;
        out.push(s.k === 'giveUp' ? { k: 'giveUp', condition } : { k: 'rarely', condition, then: this.list(s.then) });
        return;
      }
      case 'place':
        out.push({ ...s, linear: this.#expr(s.linear) });
        return;
      case 'setPlaced':
        out.push({ ...s, place: this.#expr(s.place), value: this.#expr(s.value) });
        return;
      case 'comparisonFlags':
        out.push({ k: s.k, carry: this.#expr(s.carry), zero: this.#expr(s.zero), parity: this.#expr(s.parity) });
        return;
      case 'setRegister':
        out.push({ ...s, ref: this.#register(s.ref, s.size), value: this.#expr(s.value) });
        return;
      case 'setCell':
      case 'setStatus':
        out.push({ ...s, value: this.#expr(s.value) });
        return;
      case 'setSegmentCell': {
        const segment = this.#expr(s.segment);
        if (!isConstant(segment)) throw new Inexpressible();
        out.push({ k: 'setCell', offset: CPU.SEGMENTS + segment.value * SEGMENT_STRIDE + s.offset, value: this.#expr(s.value) });
        return;
      }
      case 'arithmeticFlags':
        out.push({ ...s, a: this.#expr(s.a), b: this.#expr(s.b), result: this.#expr(s.result) });
        return;
      case 'resultFlags':
        out.push({ ...s, result: this.#expr(s.result), carry: this.#expr(s.carry), overflow: this.#expr(s.overflow), adjust: this.#expr(s.adjust) });
        return;
      case 'carryFlags':
        out.push({ k: s.k, carry: this.#expr(s.carry), ...(s.overflow ? { overflow: this.#expr(s.overflow) } : {}) });
        return;
      case 'call':
      case 'helper':
        out.push({ ...s, args: s.args.map((arg) => this.#expr(arg)) });
        return;
      case 'fault':
        out.push({ ...s, errorCode: this.#expr(s.errorCode) });
        return;
      case 'if':
        this.#if(s, out);
        return;
      case 'branch':
        out.push({ k: 'branch', condition: this.#expr(s.condition) });
        return;
      case 'indirect':
        out.push({ k: 'indirect', target: this.#expr(s.target) });
        return;
      default:
        out.push(s);
    }
  }

  #if(s: Extract<Statement, { k: 'if' }>, out: Statement[]): void {
    const condition = this.#expr(s.condition);
    if (isConstant(condition)) {
      for (const inner of condition.value ? s.then : s.else) this.#statement(inner, out);
      return;
    }
    out.push({ k: 'if', condition, then: this.list(s.then), else: this.list(s.else) });
  }

  #segment(segment: SegmentRef): number {
    return segment === 'operand' ? this.occurrence.fields.segment : segment;
  }

  #register(ref: RegisterRef, size: 1 | 2 | 4): number {
    if (typeof ref === 'number') return ref;
    const number = this.occurrence.registerNumber(ref, size);
    if (number === undefined) throw new Inexpressible();
    return number;
  }

  /** XMM and MMX registers are fields by their number. */
  #vectorRegister(ref: RegisterRef): number {
    return typeof ref === 'number' ? ref : this.occurrence.fields[ref === 'reg' ? 'registerNumber' : 'rmNumber'];
  }

  #expr(e: Expr): Expr {
    switch (e.k) {
      case 'temp':
        return typeOf(e) === 'i32' ? (this.#known.get(e.id) ?? e) : e;
      case 'xmm':
      case 'mmx':
        return { ...e, ref: this.#vectorRegister(e.ref) };
      case 'stAddress':
      case 'stEmpty':
        return { k: e.k, n: this.#expr(e.n) };
      case 'significand':
      case 'signExponent':
        return { k: e.k, address: this.#expr(e.address) };
      case 'typed':
        return { ...e, args: e.args.map((arg) => this.#expr(arg)) };
      case 'shuffle':
        return { ...e, x: this.#expr(e.x), y: this.#expr(e.y), order: this.#expr(e.order) };
      case 'denormal':
        return { ...e, x: this.#expr(e.x) };
      case 'word':
        return { ...e, x: this.#expr(e.x), position: this.#expr(e.position) };
      case 'withWord':
        return { ...e, x: this.#expr(e.x), position: this.#expr(e.position), value: this.#expr(e.value) };
      case 'invariant': {
        const value = this.#expr(e.value);
        return isConstant(value) ? value : { k: 'invariant', value };
      }
      case 'field':
        return this.#field(e.field);
      case 'effectiveAddress':
        return this.#address(e.addressSize, e.stackBias);
      case 'register':
        return { ...e, ref: this.#register(e.ref, e.size) };
      case 'cell':
        return this.#cell(e.offset);
      case 'segmentCell': {
        const segment = this.#expr(e.segment);
        if (isConstant(segment)) return this.#cell(CPU.SEGMENTS + segment.value * SEGMENT_STRIDE + e.offset);
        return { ...e, segment };
      }
      case 'unary':
        return foldUnary(e.op, this.#expr(e.x));
      case 'binary':
        return foldBinary(e.op, this.#expr(e.x), this.#expr(e.y));
      case 'select':
        return foldSelect(this.#expr(e.condition), this.#expr(e.x), this.#expr(e.y));
      case 'placed':
        return { ...e, place: this.#expr(e.place) };
      case 'wide':
        return { ...e, high: this.#expr(e.high), low: this.#expr(e.low), divisor: this.#expr(e.divisor) };
      default:
        return e;
    }
  }

  #field(field: Field): Expr {
    const offset = field === 'immediate' || field === 'displacement' ? this.occurrence.loaded?.[field] : undefined;
    return offset === undefined ? constant(this.occurrence.fields[field]) : cell(offset);
  }

  #cell(offset: number): Expr {
    const value = this.occurrence.cells.get(offset);
    return value === undefined ? { k: 'cell', offset } : constant(value);
  }

  #address(addressSize: 2 | 4, stackBias: number): Expr {
    const { base, index, scale } = this.occurrence;
    const displacement = foldBinary('add', this.#field('displacement'), constant(base === ESP ? stackBias : 0));
    const scaled = index < 0 ? undefined : foldBinary('shl', register(index, 4), constant(addressSize === 4 ? scale : 0));
    const sum = base < 0 ? scaled : scaled ? add(register(base, 4), scaled) : register(base, 4);
    const whole = sum ? foldBinary('add', sum, displacement) : displacement;
    return addressSize === 4 ? whole : foldBinary('and', whole, constant(0xffff));
  }
}
