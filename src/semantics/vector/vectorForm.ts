/**
 * A form of a vector instruction for its lift: its operands as vectors, what it needs, what it leaves behind. What is checked and in which
 * order: SDM Vol. 2, 2.4 (exceptions of SIMD instructions); Vol. 3, 12.2 and 13.1.
 */
import type { Builder } from '../../ir/builder';
import { type Expr, type RegisterRef, ZERO, and, cell, constant, invariant, isZero, lane, or } from '../../ir/microOp';
import { CPU } from '../../x86/cpuState';
import { CR0_EM, CR0_TS, CR4_OSFXSR } from '../../x86/flags';
import { ES, TOP } from '../x87/status';
import { type OperandPlace, type OperandPlaces, placesOf } from './operandPlaces';
import { NOTHING } from './vectorConstants';

const SWITCHED_OFF = and(cell(CPU.CR0), constant(CR0_EM | CR0_TS));
/** #UD or #NM: no SSE, or somebody else's state is in it. */
export const SSE_UNAVAILABLE: Expr = invariant(or(SWITCHED_OFF, isZero(and(cell(CPU.CR4), constant(CR4_OSFXSR)))));
/** #UD or #NM, or an x87 exception is pending. */
export const MMX_UNAVAILABLE: Expr = or(invariant(SWITCHED_OFF), and(cell(CPU.X87_STATUS), constant(ES)));

export class VectorForm {
  readonly places: OperandPlaces;
  #source: Expr | undefined;

  constructor(readonly b: Builder) {
    this.places = placesOf(b.form.spec);
  }

  /** The last operand, if it is one. */
  get immediate(): Expr {
    return and({ k: 'field', field: 'immediate' }, constant(0xff));
  }

  /** Bytes of the registers it works on. */
  get width(): 8 | 16 {
    return this.places.destination.file === 'mmx' ? 8 : 16;
  }

  require(): void {
    const { usesMmx, usesXmm } = this.places;
    if (usesXmm) this.b.rarely(SSE_UNAVAILABLE, () => void this.b.helper('requireSse'));
    if (usesMmx) this.b.rarely(MMX_UNAVAILABLE, () => void this.b.helper('requireMmx'));
  }

  isMemory(place: OperandPlace | undefined): boolean {
    return place?.field === 'rm' && this.b.form.memory;
  }

  /** Value of the destination register. */
  get destination(): Expr {
    return this.#register(this.places.destination);
  }

  /** The source: all of its register, or what it is in memory with zeros above; of memory named, so that it is read once. */
  get source(): Expr {
    const { source } = this.places;
    if (!source) throw new Error(`${this.b.form.spec.mnemonic} has no source`);
    this.#source ??= this.isMemory(source) ? this.#load(source) : this.#register(source);
    return this.#source;
  }

  /** The source as a word of the general registers. */
  get sourceWord(): Expr {
    const { source } = this.places;
    if (source?.file === 'general' && !this.isMemory(source)) return { k: 'register', ref: source.field, size: 4 };
    return lane('i32x4.extract_lane', 0, this.source);
  }

  #load({ bytes, aligned }: OperandPlace): Expr {
    const { b } = this;
    if (bytes === 2) return b.let(lane('i32x4.replace_lane', 0, NOTHING, b.load('operand', b.address(), 2)));
    return b.loadVector(bytes, b.address(), aligned);
  }

  #register({ file, field }: OperandPlace): Expr {
    if (file !== 'general') return { k: file, ref: field };
    return lane('i32x4.replace_lane', 0, NOTHING, { k: 'register', ref: field, size: 4 });
  }

  /** The destination, register or memory, becomes `value`: of memory, its low bytes. `normal`: the low element, of so many bytes, is no denormal. */
  write(value: Expr, normal?: 4 | 8): void {
    const { b } = this;
    const { destination } = this.places;
    if (!this.isMemory(destination)) this.#setRegister(destination.file, destination.field, value, normal);
    else if (destination.bytes !== 2) b.storeVector(destination.bytes, b.address(), destination.aligned, value);
    this.#leaveMmx();
  }

  #setRegister(file: OperandPlace['file'], ref: RegisterRef, value: Expr, normal?: 4 | 8): void {
    const { b } = this;
    if (file === 'xmm') b.emit({ k: 'setXmm', ref, value, ...(normal ? { normal } : {}) });
    else if (file === 'mmx') b.emit({ k: 'setMmx', ref, value });
    else b.setRegister(ref, 4, lane('i32x4.extract_lane', 0, value));
  }

  /** A general register becomes a word. */
  writeWord(value: Expr): void {
    this.b.setRegister(this.places.destination.field, 4, value);
    this.#leaveMmx();
  }

  /** An MMX instruction is done: the stack top is 0 and every tag says valid. A conversion from memory touches no MMX register (SDM Vol. 2, CVTPI2PD). */
  #leaveMmx(): void {
    const { b } = this;
    const { usesMmx, source, destination } = this.places;
    if (!usesMmx || (source?.file === 'mmx' && destination.file === 'xmm' && b.form.memory)) return;
    b.setCell(CPU.X87_TAGS, ZERO);
    b.setCell(CPU.X87_STATUS, and(cell(CPU.X87_STATUS), constant(~TOP)));
  }
}
