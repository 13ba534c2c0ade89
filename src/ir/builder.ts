/**
 * What a lift writes with. A form is an instruction with its shape fixed (row, sizes, register or memory, repeat prefix)
 * and its operands open: lifting a form yields micro-ops over fields, which is what the interpreter needs.
 */
import type { InstructionSpec, Operand } from '../x86/instructionSpec';
import { CPU, SEGMENT, SEGMENT_STRIDE } from '../x86/cpuState';
import { GP } from '../x86/exceptions';
import { CS, EAX, ECX, EDX, SEGMENT_REGISTERS, SS } from '../x86/registers';
import { type Expr, ONE, type RegisterRef, add, binary, cell, constant, register, truncate } from './microOp';
import { type Size, StatementBuilder } from './statementBuilder';

export type { Size } from './statementBuilder';

export interface Form {
  readonly spec: InstructionSpec;
  readonly operandSize: 2 | 4;
  readonly addressSize: 2 | 4;
  /** The r/m operand is memory. */
  readonly memory: boolean;
  readonly repeat: 0 | 0xf2 | 0xf3;
  /** The relative branch target lies outside the code segment: taking it is #GP(0). */
  readonly targetFaults: boolean;
  /** Does a 66h or 67h prefix make another form of this row? */
  readonly variesByOperandSize: boolean;
  readonly variesByAddressSize: boolean;
}

const FIXED: Partial<Record<Operand, readonly [register: number, size: Size | 'v']>> = { AL: [EAX, 1], AX: [EAX, 2], eAX: [EAX, 'v'], CL: [ECX, 1], DX: [EDX, 2] };

export class Builder extends StatementBuilder {
  #address: Expr | undefined;

  constructor(readonly form: Form) {
    super();
  }

  /** Operand size in bytes. */
  get size(): 2 | 4 {
    return this.form.operandSize;
  }

  /** Size in bytes of operand `n`. */
  sizeOf(n: number): Size {
    const operand = this.form.spec.operands[n];
    const fixed = FIXED[operand];
    if (fixed) return fixed[1] === 'v' ? this.size : fixed[1];
    if (operand === 'RvMw') return this.form.memory ? 2 : this.size;
    if (operand === '1') return 1;
    switch (operand[1]) {
      case 'b':
        return operand === 'Ibs' ? this.size : 1;
      case 'w':
        return 2;
      case 'd':
        return 4;
      default:
        return this.size;
    }
  }

  /** Is operand `n` in memory in this form? */
  inMemory(n: number): boolean {
    const operand = this.form.spec.operands[n];
    return operand[0] === 'O' || operand[0] === 'M' || (/^[EWQ]|^R.M/.test(operand) && this.form.memory);
  }

  /** Offset of the memory operand, computed once. */
  address(stackBias = 0): Expr {
    if (!this.#address) {
      const absolute = this.form.spec.operands.some((o) => o[0] === 'O');
      this.#address = this.let(absolute ? { k: 'field', field: 'displacement' } : { k: 'effectiveAddress', addressSize: this.form.addressSize, stackBias });
    }
    return this.#address;
  }

  /** `address() + bytes`, wrapped to the address size. */
  addressPlus(bytes: number): Expr {
    return this.let(truncate(add(this.address(), constant(bytes)), this.form.addressSize));
  }

  registerRef(n: number): RegisterRef {
    const operand = this.form.spec.operands[n];
    const fixed = FIXED[operand];
    if (fixed) return fixed[0];
    return operand[0] === 'E' || operand[0] === 'R' ? 'rm' : 'reg';
  }

  /** Value of operand `n`, zero-extended (an immediate as the row says). */
  read(n: number, update = false): Expr {
    const operand = this.form.spec.operands[n];
    if (operand === '1') return ONE;
    if (operand[0] === 'I') return truncateConstant({ k: 'field', field: 'immediate' }, this.sizeOf(n));
    if (operand === 'Sw') return { k: 'segmentCell', segment: { k: 'field', field: 'registerNumber' }, offset: SEGMENT.SELECTOR };
    const segment = fixedSegment(operand);
    if (segment >= 0) return cell(CPU.SEGMENTS + segment * SEGMENT_STRIDE);
    if (this.inMemory(n)) return this.load('operand', this.address(), this.sizeOf(n), update);
    return register(this.registerRef(n), this.sizeOf(n));
  }

  /** Value of a destination that will be written back: write permission is checked before anything else. */
  readForUpdate(n: number): Expr {
    return this.let(this.read(n, true));
  }

  write(n: number, value: Expr): void {
    if (this.inMemory(n)) this.store('operand', this.address(), this.sizeOf(n), value);
    else this.setRegister(this.registerRef(n), this.sizeOf(n), value);
  }
  /** Push; `commit` runs after the store can no longer fault. */
  push(value: Expr, size: Size = this.size): void {
    const offset = this.stackOffset(-size);
    this.store(SS, offset, size, value);
    this.setStackPointer(offset);
  }

  /** Value on top of the stack; the stack pointer moves with `setStackPointer(stackOffset(size))`. */
  top(size: Size = this.size): Expr {
    return this.load(SS, this.stackOffset(0), size);
  }

  // Terminals.

  /** Near relative jump; `commit` holds what the instruction changes besides EIP. */
  jump(commit: () => void = () => {}): void {
    this.branch(ONE, commit);
  }

  branch(test: Expr, commit: () => void = () => {}): void {
    if (this.form.targetFaults) {
      this.if(test, () => this.fault(GP));
      commit();
      this.emit({ k: 'dispatch', at: 'next' });
      return;
    }
    const taken = this.let(test);
    commit();
    this.emit(taken.k === 'const' ? { k: 'jump' } : { k: 'branch', condition: taken });
  }

  /** Check a near target against the limit of CS: beyond it is #GP(0), before anything changes. */
  checkTarget(target: Expr): Expr {
    const eip = this.let(truncate(target, this.size));
    this.if(binary('lessU', cell(CPU.SEGMENTS + CS * SEGMENT_STRIDE + SEGMENT.LIMIT), eip), () => this.fault(GP));
    return eip;
  }

  // Registers by role, in the address size (string instructions, LOOP).

  counter(): Expr {
    return register(ECX, this.form.addressSize);
  }
  setCounter(value: Expr): void {
    this.setRegister(ECX, this.form.addressSize, value);
  }
  /** EIP of the next instruction, in the operand size. */
  nextEip(): Expr {
    return truncate({ k: 'field', field: 'nextEip' }, this.size);
  }
}

/** Segment register named by the row itself (PUSH ES), or -1. */
export const fixedSegment = (operand: Operand): number => (SEGMENT_REGISTERS as readonly string[]).indexOf(operand.toLowerCase());

/** The decoder has already extended the immediate; a narrower operand keeps its low bytes. */
const truncateConstant = (x: Expr, size: number): Expr => truncate(x, size);
