/**
 * The x87 register stack and what every instruction does around its operation: empty and full registers, exceptions,
 * tags, the last instruction's pointers (SDM Vol. 1, 8.1 and 8.5). All state is in CPU cells; what is here is scratch.
 */
import { CPU, type CpuState } from '../../x86/cpuState';
import { Float80, INTEGER_BIT, QUIET_BIT, SPECIAL } from './float80';
import { Result } from './result';
import { BEFORE_OPERATION, BUSY, C1, CONTROL_INIT, ES, EXCEPTIONS, IE, SF, TOP, TOP_SHIFT } from './status';
import { EMPTY, tagWord } from './tags';

const STRIDE = 16;

export class X87 {
  readonly a = new Float80();
  readonly b = new Float80();
  readonly result = new Result();
  /** Of instructions that have two: FXTRACT, FSINCOS. */
  readonly second = new Result();
  /** Parts of a number on its way to a narrower format. */
  readonly narrowed = { sign: 0, exponent: 0, high: 0, low: 0 };
  readonly #u16: Uint16Array;

  constructor(readonly cpu: CpuState) {
    this.#u16 = new Uint16Array(cpu.memory.buffer, 0, 0x8000);
  }

  get status(): number {
    return this.cpu.i32[CPU.X87_STATUS >> 2];
  }
  set status(value: number) {
    this.cpu.i32[CPU.X87_STATUS >> 2] = value;
  }
  get control(): number {
    return this.cpu.i32[CPU.X87_CONTROL >> 2];
  }
  get tags(): number {
    return this.cpu.i32[CPU.X87_TAGS >> 2];
  }
  set tags(value: number) {
    this.cpu.i32[CPU.X87_TAGS >> 2] = value;
  }

  get top(): number {
    return (this.status & TOP) >> TOP_SHIFT;
  }
  set top(value: number) {
    this.status = (this.status & ~TOP) | ((value & 7) << TOP_SHIFT);
  }

  /** Offset of ST(n). */
  #at(n: number): number {
    return CPU.X87 + STRIDE * ((this.top + n) & 7);
  }

  isEmpty(n: number): boolean {
    return ((this.tags >>> (2 * ((this.top + n) & 7))) & 3) === EMPTY;
  }

  low(n: number): number {
    return this.cpu.i32[this.#at(n) >> 2];
  }

  high(n: number): number {
    return this.cpu.i32[(this.#at(n) + 4) >> 2];
  }

  signExponent(n: number): number {
    return this.#u16[(this.#at(n) + 8) >> 1];
  }

  /** Take ST(n) apart. */
  load(into: Float80, n: number): void {
    const at = this.#at(n);
    const { i32 } = this.cpu;
    into.unpack(this.#u16[(at + 8) >> 1], i32[(at + 4) >> 2], i32[at >> 2]);
  }

  /** Replace ST(n), which is not empty then. */
  write(n: number, signExponent: number, high: number, low: number): void {
    const at = this.#at(n);
    const { i32 } = this.cpu;
    i32[at >> 2] = low;
    i32[(at + 4) >> 2] = high;
    this.#u16[(at + 8) >> 1] = signExponent;
    this.tags &= ~(3 << (2 * ((this.top + n) & 7)));
  }

  writeResult(n: number, { signExponent, high, low }: Result): void {
    this.write(n, signExponent, high, low);
  }

  writeIndefinite(n: number): void {
    this.write(n, 0x8000 | SPECIAL, INTEGER_BIT | QUIET_BIT, 0);
  }

  setEmpty(n: number): void {
    this.tags |= EMPTY << (2 * ((this.top + n) & 7));
  }

  exchange(n: number): void {
    const x = this.#at(0) >> 2;
    const y = this.#at(n) >> 2;
    const { i32 } = this.cpu;
    for (let word = 0; word < 3; word++) {
      const kept = i32[x + word];
      i32[x + word] = i32[y + word];
      i32[y + word] = kept;
    }
  }

  pop(count = 1): void {
    for (let n = 0; n < count; n++) {
      this.setEmpty(0);
      this.top += 1;
    }
  }

  /** Ten bytes of ST(n), as FSTP and FSAVE store them. */
  bytes(n: number): Uint8Array {
    const at = this.#at(n);
    return this.cpu.u8.slice(at, at + 10);
  }

  begin(): void {
    this.result.begin(this.control);
  }

  /** A register that must hold something is empty: #IS with C1 clear. The result is the indefinite. */
  stackUnderflow(): void {
    this.result.raise(IE | SF);
    this.result.indefinite();
  }

  /** A register that must be empty is not: #IS with C1 set. */
  stackOverflow(): void {
    this.result.raise(IE | SF);
    this.result.indefinite();
    this.result.roundedUp = true;
  }

  /** No unmasked exception forbids the operation. */
  get permitted(): boolean {
    return (this.result.raised & ~this.result.control & BEFORE_OPERATION) === 0;
  }

  /** No unmasked exception at all. */
  get quiet(): boolean {
    return (this.result.raised & ~this.result.control & (EXCEPTIONS & ~0x20)) === 0;
  }

  /** The exceptions raised and C1 into the status word, with condition codes. */
  settle(codes = 0, replaced = C1): void {
    const { raised, roundedUp } = this.result;
    this.status = (this.status & ~(replaced | C1)) | raised | codes | (roundedUp ? C1 : 0);
    if (raised & ~this.result.control & EXCEPTIONS) this.status |= ES | BUSY;
  }

  /** The result to ST(n), unless an unmasked exception forbids it; then the exceptions. */
  complete(n: number, pops = 0): void {
    if (this.permitted) {
      this.writeResult(n, this.result);
      if (pops > 0) this.pop(pops);
    }
    this.settle();
  }

  /** The result onto the stack, likewise. */
  completePush(): void {
    if (this.permitted) {
      this.top -= 1;
      this.writeResult(0, this.result);
    }
    this.settle();
  }

  /** Likewise; C1 changes only for a stack fault. */
  settleKeepingC1(): void {
    const kept = this.status & C1;
    this.settle();
    if (!(this.result.raised & SF)) this.status |= kept;
  }

  /** ES and B, after masks or flags were written. */
  updatePending(): void {
    const pending = (this.status & ~this.control & EXCEPTIONS) !== 0;
    this.status = (this.status & ~(ES | BUSY)) | (pending ? ES | BUSY : 0);
  }

  /** FINIT (SDM Vol. 2). */
  initialize(): void {
    const { cpu } = this;
    cpu.set(CPU.X87_CONTROL, CONTROL_INIT);
    cpu.set(CPU.X87_STATUS, 0);
    cpu.set(CPU.X87_TAGS, 0xffff);
    for (const cell of [CPU.X87_OPCODE, CPU.X87_EIP, CPU.X87_CS, CPU.X87_DATA, CPU.X87_DS]) cpu.set(cell, 0);
  }

  /** With what the registers hold: valid, zero, special, empty. */
  get tagWord(): number {
    return tagWord((offset) => this.cpu.i32[offset >> 2]);
  }
}
