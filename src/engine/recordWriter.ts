/** Instructions as the records that the interpreter reads, one block at a time. Hot where code is generated: it allocates nothing. */
import { type CpuState, byteRegisterOffset } from '../x86/cpuState';
import type { Instruction } from '../x86/decoder';
import type { Operand } from '../x86/instructionSpec';
import { INSTRUCTIONS } from '../x86/instructionTable';
import { CS } from '../x86/registers';
import type { FormTable } from './forms';
import { PSEUDO, RECORD, RECORD_SIZE } from './record';
import type { Templates } from './templates';

const ZERO_REGISTER = 32;

/** Records that a block needs beyond those of its instructions, at most. */
export const EXTRA_RECORDS = 3;

export class RecordWriter {
  readonly #u16: Uint16Array;
  readonly #i32: Int32Array;
  #block = 0;
  #at = 0;
  #count = 0;
  /** The record whose HITS count executions of the block. */
  last = 0;

  constructor(
    readonly cpu: CpuState,
    readonly forms: FormTable,
  ) {
    this.#u16 = new Uint16Array(cpu.memory.buffer);
    this.#i32 = new Int32Array(cpu.memory.buffer);
  }

  /** Behind the records written so far. */
  get end(): number {
    return this.#at;
  }

  begin(entry: number, block: number): void {
    this.#block = block;
    this.#at = this.last = entry;
    this.#count = 0;
  }

  /** The next instruction; one that transfers control is the last, and the stubs of its targets come with it. */
  add(eip: number, i: Instruction): void {
    this.last = this.#at;
    this.write(this.last, eip, i, ++this.#count, this.#block);
    this.#at += RECORD_SIZE;
    if (i.spec.flow === 'next') return;
    if (isRelative(i)) this.#stubs(i, (eip + i.length) >>> 0);
    else if (mayGoOn(i)) this.#stub(this.last + RECORD.DISPLACEMENT, (eip + i.length) >>> 0);
  }

  /** The next instruction, at `at` of the VM's memory, for which there is a template. */
  addKnown(eip: number, templates: Templates, template: number, at: number): void {
    const to = this.#at;
    this.last = to;
    templates.write(template, to, ++this.#count, at);
    const i32 = this.#i32;
    i32[(to + RECORD.EIP) >> 2] = eip;
    i32[(to + RECORD.HITS) >> 2] = 0;
    i32[(to + RECORD.BLOCK) >> 2] = this.#block;
    this.#at = to + RECORD_SIZE;
  }

  /** The run loop must look before what stands at `eip`. */
  attend(eip: number): void {
    this.last = this.#at;
    this.#pseudo(PSEUDO.ATTEND, eip, this.#count + 1);
  }

  /** End of a block of one instruction. */
  stop(eip: number): void {
    this.#pseudo(PSEUDO.STOP, eip, this.#count + 1);
  }

  /** Nothing ended the block: it continues behind. */
  fallThrough(eip: number): void {
    this.last = this.#at;
    this.#pseudo(PSEUDO.FALL_THROUGH, eip, this.#count);
    this.#stub(this.last + RECORD.DISPLACEMENT, eip);
  }

  /** The record at `at`: instruction `count` of a block. */
  write(at: number, eip: number, i: Instruction, count: number, block: number): void {
    const faults = isRelative(i) && targetFaults(this.cpu, i, (eip + i.length) >>> 0);
    const { u8 } = this.cpu;
    const i32 = this.#i32;
    this.#head(at, this.forms.handlerOf(i, faults), eip, count, block);
    u8[at + RECORD.LENGTH] = i.length;
    u8[at + RECORD.REG] = registerField(i, 'reg');
    u8[at + RECORD.RM] = registerField(i, 'rm');
    u8[at + RECORD.BASE] = i.base < 0 ? ZERO_REGISTER : 4 * i.base;
    u8[at + RECORD.INDEX] = i.index < 0 ? ZERO_REGISTER : 4 * i.index;
    u8[at + RECORD.SCALE] = i.scale;
    u8[at + RECORD.SEGMENT] = i.segment;
    u8[at + RECORD.NOTED] = 0;
    i32[(at + RECORD.DISPLACEMENT) >> 2] = i.spec.lift === 'enter' ? i.immediate2 : i.displacement;
    i32[(at + RECORD.IMMEDIATE) >> 2] = i.immediate;
  }

  #head(at: number, handler: number, eip: number, count: number, block: number): void {
    const { u8 } = this.cpu;
    const i32 = this.#i32;
    this.#u16[(at + RECORD.HANDLER) >> 1] = handler;
    u8[at + RECORD.COUNT] = count;
    u8[at + RECORD.LENGTH] = 0;
    i32[(at + RECORD.EIP) >> 2] = eip;
    i32[(at + RECORD.HITS) >> 2] = 0;
    i32[(at + RECORD.BLOCK) >> 2] = block;
  }

  #pseudo(handler: number, eip: number, count: number): void {
    this.#head(this.#at, handler, eip, count, this.#block);
    this.#at += RECORD_SIZE;
  }

  /** What `slot` leads to until its target is linked. */
  #stub(slot: number, eip: number): void {
    const at = this.#at;
    this.#pseudo(PSEUDO.LINK, eip, 1);
    this.#i32[(at + RECORD.IMMEDIATE) >> 2] = slot;
    this.#i32[slot >> 2] = at;
  }

  /** Unresolved targets of a relative branch: taken, then fall-through. */
  #stubs(branch: Instruction, next: number): void {
    if (targetFaults(this.cpu, branch, next)) return;
    this.#stub(this.last + RECORD.DISPLACEMENT, branchTarget(branch, next));
    if (branch.spec.flow === 'branch') this.#stub(this.last + RECORD.IMMEDIATE, next);
  }
}

/** A system instruction that may have an ordinary course, behind which generated code jumps to the next one. */
const mayGoOn = ({ spec }: Instruction): boolean => spec.lift === 'in' || spec.lift === 'out' || spec.lift === 'rdtsc';

const isRelative = ({ spec }: Instruction): boolean => RELATIVE[spec.id];
const RELATIVE = INSTRUCTIONS.map(({ operands }) => operands[0]?.[0] === 'J');

/** Target of a relative branch, in the operand size. */
export const branchTarget = (i: Instruction, next: number): number => {
  const target = (next + i.immediate) >>> 0;
  return i.operandSize === 2 ? target & 0xffff : target;
};

export const targetFaults = (cpu: CpuState, i: Instruction, next: number): boolean => branchTarget(i, next) > cpu.segment(CS).limit;

const isByte = (operand: Operand | undefined): boolean => operand !== undefined && /^[EGZ]b$/.test(operand);

/** Letters of registers that no register file of the general ones holds: segment, control, debug and test, x87, MMX and XMM registers. */
const NUMBERED = { reg: /^[SCDT][wd]$|^[PV]/, rm: /^[QNWU]|^STi/ } as const;

/** How the field of a register operand names a register: NUMBER where no general register is meant. */
const [NUMBER, BYTE, WORD] = [0, 1, 2];
const namings = (which: keyof typeof NUMBERED, letters: RegExp): Uint8Array =>
  Uint8Array.from(INSTRUCTIONS, ({ operands }) => (operands.some((o) => NUMBERED[which].test(o)) ? NUMBER : isByte(operands.find((o) => letters.test(o))) ? BYTE : WORD));
const REG = namings('reg', /^[GZ]/);
const RM = namings('rm', /^[ER]/);

/** Byte offset of a register operand in the register file; the number itself for the others. */
export function registerField(i: Instruction, which: 'reg' | 'rm'): number {
  const number = which === 'reg' ? i.reg : i.rm;
  if (number < 0) return 0;
  const naming = (which === 'reg' ? REG : RM)[i.spec.id];
  if (naming === NUMBER) return number;
  return naming === BYTE ? byteRegisterOffset(number) : 4 * number;
}
