/** Loads and stores as WebAssembly: the segment's limit, then the software TLB, in line; whatever these do not settle is a call. */
import type { Expr, SegmentRef, Statement, VectorSize } from '../../ir/microOp';
import { CROSSES_PAGE, DENY_SUPERVISOR_READ, DENY_SUPERVISOR_WRITE } from '../../memory/layout';
import { CPU, SEGMENT, SEGMENT_STRIDE, countOffset } from '../../x86/cpuState';
import { RECORD } from '../record';
import { type Code, OP, VECTOR } from '../wasm/encoder';
import { orCrossing, pushEntry, pushHost } from '../wasm/tlbLookup';
import type { ExpressionEmitter } from './expressions';
import { LOCAL, tempLocal } from './locals';
import type { TransferEmitter } from './transfers';

/** Indices of the functions for what is not settled in line. */
export interface AccessFunctions {
  /** (segment, offset, size, update, record, budget) → value */
  readonly readSlow: number;
  /** (segment, offset, size, value, record, budget) */
  readonly writeSlow: number;
  /** (segment, offset, size, alignment, record, budget): into the VECTOR cells, or from there. */
  readonly readVector: number;
  readonly writeVector: number;
}

export const VECTOR_LOAD: Readonly<Record<VectorSize, number>> = { 4: VECTOR.load32Zero, 8: VECTOR.load64Zero, 16: VECTOR.load };
export const VECTOR_STORE: Readonly<Record<VectorSize, number>> = { 4: VECTOR.store32Lane, 8: VECTOR.store64Lane, 16: VECTOR.store };

export class AccessEmitter {
  constructor(
    readonly code: Code,
    readonly expression: ExpressionEmitter,
    readonly transfers: TransferEmitter,
    readonly functions: AccessFunctions,
  ) {}

  /** Push the segment number. */
  #segmentNumber(segment: SegmentRef): void {
    if (segment === 'operand') this.expression.byteField(RECORD.SEGMENT);
    else this.code.constant(segment);
  }

  /**
   * Inline half of an access: offset against the segment, then the TLB entry in ENTRY and the linear address in ADDRESS.
   * Leaves 1 on the stack when the slow path must answer.
   */
  #check(segment: SegmentRef, offset: Expr, size: number, write: boolean, aligned = false): void {
    const { code } = this;
    const fixed = segment === 'operand' ? undefined : CPU.SEGMENTS + segment * SEGMENT_STRIDE;
    const segmentCell = (field: number): void => {
      if (fixed !== undefined) code.loadCell(fixed + field);
      else code.get(LOCAL.SCRATCH).memory(OP.load, CPU.SEGMENTS + field);
    };
    this.expression.emit(offset);
    code.set(LOCAL.ADDRESS);
    if (fixed === undefined) {
      this.expression.byteField(RECORD.SEGMENT);
      code.constant(6).op(OP.shl).set(LOCAL.SCRATCH);
    }
    code.get(LOCAL.ADDRESS);
    segmentCell(SEGMENT.LOW);
    code.op(OP.sub);
    segmentCell((write ? SEGMENT.WRITE_COUNT : SEGMENT.READ_COUNT) + countOffset(size));
    code.op(OP.geU);
    if (size === 16) {
      // The upper half is another 8 bytes.
      code.get(LOCAL.ADDRESS).constant(8).op(OP.add);
      segmentCell(SEGMENT.LOW);
      code.op(OP.sub);
      segmentCell((write ? SEGMENT.WRITE_COUNT : SEGMENT.READ_COUNT) + countOffset(8));
      code.op(OP.geU, OP.or);
    }
    code.get(LOCAL.ADDRESS);
    segmentCell(SEGMENT.BASE);
    pushEntry(code.op(OP.add).tee(LOCAL.ADDRESS)).tee(LOCAL.ENTRY);
    if (size > 1) orCrossing(code, LOCAL.ADDRESS, size);
    code.loadCell(write ? CPU.WRITE_MASK : CPU.READ_MASK).op(OP.and, OP.or);
    if (aligned) code.get(LOCAL.ADDRESS).constant(15).op(OP.and, OP.or);
  }

  /** ADDRESS and ENTRY of a place; leaves nonzero on the stack when it is none. */
  place({ linear, bytes, write, system }: Extract<Statement, { k: 'place' }>): void {
    const { code } = this;
    this.expression.emit(linear);
    pushEntry(code.tee(LOCAL.ADDRESS)).tee(LOCAL.ENTRY);
    orCrossing(code, LOCAL.ADDRESS, bytes);
    if (system) code.constant(CROSSES_PAGE | (write ? DENY_SUPERVISOR_WRITE : DENY_SUPERVISOR_READ));
    else code.loadCell(write ? CPU.WRITE_MASK : CPU.READ_MASK);
    code.op(OP.and);
  }

  #host(): void {
    pushHost(this.code, LOCAL.ADDRESS, LOCAL.ENTRY);
  }

  load(s: Extract<Statement, { k: 'load' }>): void {
    const { code } = this;
    this.#check(s.segment, s.offset, s.size, s.update);
    code.open(OP.if);
    this.#segmentNumber(s.segment);
    this.expression.emit(s.offset);
    code
      .constant(s.size)
      .constant(s.update ? 1 : 0)
      .get(LOCAL.RECORD)
      .get(LOCAL.BUDGET)
      .call(this.functions.readSlow)
      .set(LOCAL.TEMPS + s.id);
    this.transfers.checkFault();
    code.else();
    this.#host();
    code.memory(s.size === 4 ? OP.load : s.size === 2 ? OP.load16U : OP.load8U, 0).set(LOCAL.TEMPS + s.id);
    code.close();
  }

  store(s: Extract<Statement, { k: 'store' }>): void {
    const { code } = this;
    this.#check(s.segment, s.offset, s.size, true);
    code.open(OP.if);
    this.#segmentNumber(s.segment);
    this.expression.emit(s.offset);
    code.constant(s.size);
    this.expression.emit(s.value);
    code.get(LOCAL.RECORD).get(LOCAL.BUDGET).call(this.functions.writeSlow);
    this.transfers.checkFault();
    code.else();
    this.#host();
    this.expression.emit(s.value);
    code.memory(s.size === 4 ? OP.store : s.size === 2 ? OP.store16 : OP.store8, 0);
    code.close();
  }

  loadVector({ id, size, segment, offset, aligned }: Extract<Statement, { k: 'loadVector' }>): void {
    const { code } = this;
    const local = tempLocal(this.expression.locals, 'v128', id);
    this.#check(segment, offset, size, false, aligned);
    code.open(OP.if);
    this.#vectorCall(segment, offset, size, aligned, this.functions.readVector);
    code.constant(0).vectorMemory(VECTOR.load, CPU.VECTOR).set(local);
    code.else();
    this.#host();
    code.vectorMemory(VECTOR_LOAD[size], 0).set(local);
    code.close();
  }

  storeVector({ size, segment, offset, aligned, value }: Extract<Statement, { k: 'storeVector' }>): void {
    const { code } = this;
    this.#check(segment, offset, size, true, aligned);
    code.open(OP.if);
    code.constant(0);
    this.expression.emit(value);
    code.vectorMemory(VECTOR.store, CPU.VECTOR);
    this.#vectorCall(segment, offset, size, aligned, this.functions.writeVector);
    code.else();
    this.#host();
    this.expression.emit(value);
    code.vectorMemory(VECTOR_STORE[size], 0);
    code.close();
  }

  /** Between memory and the VECTOR cells, byte by byte where it has to be. */
  #vectorCall(segment: SegmentRef, offset: Expr, size: VectorSize, aligned: boolean, index: number): void {
    this.#segmentNumber(segment);
    this.expression.emit(offset);
    this.code
      .constant(size)
      .constant(aligned ? 16 : 1)
      .get(LOCAL.RECORD)
      .get(LOCAL.BUDGET)
      .call(index);
    this.transfers.checkFault();
  }
}
