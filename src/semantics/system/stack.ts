/** Pushing and popping through a stack segment that may not be the current one: far calls, gates, interrupts, returns. */
import { ATTR_DB, type SegmentCache } from '../../x86/cpuState';
import { SS_FAULT } from '../../x86/exceptions';
import { ESP, SS } from '../../x86/registers';
import { segmentAllows } from './access';
import { type ExecutionContext, check, raise } from './context';

type Size = 2 | 4;

/** A stack in use by a transfer; nothing of the CPU changes until the transfer commits `esp`. */
export class Stack {
  constructor(
    readonly context: ExecutionContext,
    readonly segment: SegmentCache,
    public esp: number,
    readonly user: boolean,
    /** Error code of #SS: 0 for the current stack, the new selector after a stack switch. */
    readonly errorCode = 0,
    /** Bits of the stack pointer. */
    readonly mask = segment.attributes & ATTR_DB ? -1 : 0xffff,
  ) {}

  static current(context: ExecutionContext): Stack {
    return new Stack(context, context.cpu.segment(SS), context.cpu.reg(ESP), context.memory.user);
  }

  #moved(bytes: number): number {
    return (((this.esp & ~this.mask) | ((this.esp + bytes) & this.mask)) >>> 0) as number;
  }

  push(size: Size, value: number): void {
    const next = this.#moved(-size);
    const offset = (next & this.mask) >>> 0;
    if (!segmentAllows(this.segment, offset, size, true)) raise(SS_FAULT, this.errorCode);
    this.context.memory.write((this.segment.base + offset) >>> 0, size, value >>> 0, this.user);
    check(this.context);
    this.esp = next;
  }

  pop(size: Size): number {
    const value = this.peek(size);
    this.esp = this.#moved(size);
    return value;
  }

  /** The value `skip` bytes above the top. */
  peek(size: Size, skip = 0): number {
    const offset = ((this.esp + skip) & this.mask) >>> 0;
    if (!segmentAllows(this.segment, offset, size, false)) raise(SS_FAULT, this.errorCode);
    const value = this.context.memory.read((this.segment.base + offset) >>> 0, size, false, this.user);
    check(this.context);
    return value;
  }

  /** Fault as a write at the stack pointer would, without writing. */
  probe(size: Size): void {
    const offset = (this.esp & this.mask) >>> 0;
    if (!segmentAllows(this.segment, offset, size, true)) raise(SS_FAULT, this.errorCode);
    this.context.memory.read((this.segment.base + offset) >>> 0, size, true, this.user);
    check(this.context);
  }

  release(bytes: number): void {
    this.esp = this.#moved(bytes);
  }

  /** Make this the CPU's stack pointer. With a 16-bit stack the upper half of ESP stays. */
  commit(): void {
    this.context.cpu.setReg(ESP, this.esp);
  }
}
