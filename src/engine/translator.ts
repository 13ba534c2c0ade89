/** Guest code to records: one block at a time, ended by a control transfer, a system instruction, a page boundary or what somebody asked to look at. */
import type { LinearMemory } from '../memory/linearMemory';
import { PAGE } from '../memory/layout';
import { CPU, type CpuState, byteRegisterOffset } from '../x86/cpuState';
import { type Instruction, MAX_INSTRUCTION_LENGTH, type OpcodeMap, decode } from '../x86/decoder';
import { GP, PF, UD } from '../x86/exceptions';
import type { Operand } from '../x86/instructionSpec';
import { INSTRUCTIONS } from '../x86/instructionTable';
import { CS } from '../x86/registers';
import type { Attention, Block, BlockInstruction, EndReason } from './block';
import type { CodeCache } from './codeCache';
import type { FormTable } from './forms';
import type { TranslationPolicy } from './policy';
import { PSEUDO, RECORD, RECORD_SIZE } from './record';
import type { Rewrite } from './rewriting';

/** Instructions in a block, at most: also how exactly a slice can end without single steps. */
export const MAX_BLOCK_INSTRUCTIONS = 64;
const ZERO_REGISTER = 32;

export interface CodeContext {
  readonly mode: number;
  readonly eip: number;
  readonly physical: number;
}

/** Bytes at EIP, or why they cannot be fetched. */
type Fetched = { readonly kind: 'bytes'; readonly length: number; readonly secondPage: number } | { readonly kind: 'fault'; readonly vector: number; readonly errorCode: number };

/** An instruction, or what is to be done about what is none; and whether it reaches into a second page. */
interface Found {
  readonly instruction?: Instruction | undefined;
  readonly attention?: Attention | undefined;
  readonly crosses: boolean;
  readonly secondPage: number;
}

const END_REASONS: Partial<Record<Instruction['spec']['flow'], EndReason>> = {
  jump: 'branch',
  branch: 'branch',
  call: 'call',
  return: 'return',
  farJump: 'far transfer',
  farCall: 'far transfer',
  farReturn: 'far transfer',
  interrupt: 'interrupt',
};

export const isControlTransfer = (instruction: Instruction): boolean => END_REASONS[instruction.spec.flow] !== undefined;

const endReasonOf = ({ spec }: Instruction): EndReason => END_REASONS[spec.flow] ?? (spec.sensitive ? 'sensitive instruction' : 'system instruction');

export class Translator {
  readonly #bytes = new Uint8Array(32);
  readonly #u16: Uint16Array;
  readonly #i32: Int32Array;
  breakpoints: ReadonlySet<number> = new Set();

  constructor(
    readonly cpu: CpuState,
    readonly linear: LinearMemory,
    readonly cache: CodeCache,
    readonly forms: FormTable,
    readonly opcodes: OpcodeMap,
    readonly policy: TranslationPolicy,
  ) {
    this.#u16 = new Uint16Array(cpu.memory.buffer);
    this.#i32 = new Int32Array(cpu.memory.buffer);
  }

  /** Fetch up to 15 bytes at `eip` into the buffer; privilege as the guest's own. */
  #fetch(eip: number): Fetched {
    const { base, limit } = this.cpu.segment(CS);
    if (eip > limit) return { kind: 'fault', vector: GP, errorCode: 0 };
    const start = (base + eip) >>> 0;
    const inLimit = Math.min(MAX_INSTRUCTION_LENGTH, limit - eip + 1);
    const inPage = Math.min(inLimit, PAGE - (start & (PAGE - 1)));
    const { user } = this.linear;
    const first = this.linear.fetch(start);
    if (first < 0) return { kind: 'fault', vector: PF, errorCode: this.cpu.get(CPU.FAULT_CODE) };
    this.linear.physical.copyBytes(first, inPage, this.#bytes);
    if (inPage === inLimit) return { kind: 'bytes', length: inPage, secondPage: -1 };
    const second = this.linear.translate((start + inPage) >>> 0, { write: false, user }, false);
    if (second.kind === 'fault') return { kind: 'bytes', length: inPage, secondPage: -1 };
    this.#bytes.set(this.linear.physical.readBytes(second.physical, inLimit - inPage), inPage);
    return { kind: 'bytes', length: inLimit, secondPage: second.physical };
  }

  /** What stands in the page of a block that begins at `host` in the VM's memory, decoded there; undefined near the end of the page or of the segment. */
  #decodeInPage(host: number, room: number, limit: number, codeSize: 2 | 4): Found | undefined {
    if (room < MAX_INSTRUCTION_LENGTH || limit < MAX_INSTRUCTION_LENGTH) return undefined;
    const decoded = decode(this.opcodes, this.cpu.u8, host, host + MAX_INSTRUCTION_LENGTH, codeSize);
    return decoded.kind === 'instruction' ? { instruction: decoded.instruction, attention: undefined, crosses: false, secondPage: -1 } : undefined;
  }

  /** What stands at `eip`: an instruction, or what the run loop must do about it. */
  #decodeAt(eip: number): Found {
    const { base, limit } = this.cpu.segment(CS);
    const fetched = this.#fetch(eip);
    if (fetched.kind === 'fault') return { attention: fetched, crosses: false, secondPage: -1 };
    const decoded = decode(this.opcodes, this.#bytes, 0, fetched.length, this.cpu.codeSize);
    const room = PAGE - ((base + eip) & (PAGE - 1));
    const place = (length: number): { crosses: boolean; secondPage: number } => ({ crosses: length > room, secondPage: length > room ? fetched.secondPage : -1 });
    switch (decoded.kind) {
      case 'instruction':
        return { instruction: decoded.instruction, ...place(decoded.instruction.length) };
      case 'invalid':
        return { attention: { kind: 'fault', vector: UD, errorCode: 0 }, ...place(decoded.length) };
      case 'unimplemented':
        return { attention: { kind: 'unimplemented', what: decoded.name }, ...place(decoded.length) };
      case 'tooLong':
        return { attention: { kind: 'fault', vector: GP, errorCode: 0 }, crosses: false, secondPage: -1 };
      case 'truncated':
        return { attention: this.#truncated(eip, fetched.length, limit), crosses: false, secondPage: -1 };
    }
  }

  /** The bytes ended: at the segment limit (#GP), or at a page that is not there (#PF there). */
  #truncated(eip: number, length: number, limit: number): Attention {
    if (eip + length > limit) return { kind: 'fault', vector: GP, errorCode: 0 };
    const next = (this.cpu.segmentBase(CS) + eip + length) >>> 0;
    const result = this.linear.translate(next, { write: false, user: this.linear.user });
    this.cpu.set(CPU.CR2, next);
    return { kind: 'fault', vector: PF, errorCode: result.kind === 'fault' ? result.errorCode : 0 };
  }

  /** Translate from `eip`. `single`: one instruction, breakpoints and watches ignored. */
  translate({ mode, eip, physical }: CodeContext, single: boolean): Block {
    const codeBase = this.cpu.segmentBase(CS);
    const instructions: BlockInstruction[] = [];
    let at = eip;
    let endReason: EndReason = 'length';
    let attention: Attention | undefined;
    let secondPage = -1;
    const limit = single ? 1 : MAX_BLOCK_INSTRUCTIONS;
    const host = this.linear.physical.hostOffset(physical);
    const { limit: lastEip } = this.cpu.segment(CS);
    const { codeSize } = this.cpu;
    while (instructions.length < limit) {
      const linear = (codeBase + at) >>> 0;
      if (instructions.length > 0 && (linear ^ (codeBase + eip)) >>> 12) {
        endReason = 'page boundary';
        break;
      }
      if (!single && this.breakpoints.has(linear)) {
        endReason = 'breakpoint';
        if (instructions.length === 0) attention = { kind: 'breakpoint' };
        break;
      }
      const inPage = host < 0 ? undefined : this.#decodeInPage(host + at - eip, PAGE - (linear & (PAGE - 1)), lastEip - at, codeSize);
      const found = inPage ?? this.#decodeAt(at);
      if (found.crosses && instructions.length > 0) {
        endReason = 'page boundary';
        break;
      }
      secondPage = found.secondPage;
      if (!found.instruction) {
        // A fault belongs to the block that starts at it.
        endReason = 'fault';
        if (instructions.length === 0) attention = found.attention;
        break;
      }
      const { instruction } = found;
      instructions.push({ eip: at, instruction });
      at = (at + instruction.length) >>> 0;
      const exits = this.policy.treat(instruction, linear) === 'exit';
      if (exits || (!single && this.policy.watches(instruction))) {
        attention = { kind: exits ? 'policy' : 'watch', instruction };
        endReason = endReasonOf(instruction);
        break;
      }
      if (instruction.spec.flow !== 'next') {
        endReason = endReasonOf(instruction);
        break;
      }
      if (found.crosses) {
        endReason = 'page boundary';
        break;
      }
    }
    if (single && endReason === 'length') endReason = 'single step';
    return this.#emit({ mode, eip, physical }, { instructions, endReason, attention, secondPage, single, next: at });
  }

  #emit(
    where: CodeContext,
    plan: { instructions: BlockInstruction[]; endReason: EndReason; attention: Attention | undefined; secondPage: number; single: boolean; next: number },
  ): Block {
    const { instructions, attention } = plan;
    const id = this.cache.nextId();
    const entry = this.cache.allocate(instructions.length + 3);
    const tail = instructions.at(-1);
    const tailAttends = attention?.kind === 'policy' || attention?.kind === 'watch';
    const direct = tailAttends ? instructions.slice(0, -1) : instructions;
    let record = entry;
    let count = 1;
    for (const { eip, instruction } of direct) {
      this.#instruction(record, eip, instruction, count++, id);
      record += RECORD_SIZE;
    }
    const last = direct.at(-1);
    let final = record - RECORD_SIZE;
    if (attention) {
      final = record;
      this.#pseudo(record, PSEUDO.ATTEND, tailAttends && tail ? tail.eip : plan.next, count, id);
      record += RECORD_SIZE;
    } else if (last && last.instruction.spec.flow !== 'next') record = this.#stubs(record, final, last, plan.next, id);
    else if (plan.single) {
      this.#pseudo(record, PSEUDO.STOP, plan.next, count, id);
      record += RECORD_SIZE;
    } else {
      // Nothing ended the block: continue behind it.
      final = record;
      this.#pseudo(record, PSEUDO.FALL_THROUGH, plan.next, count - 1, id);
      record += RECORD_SIZE;
      this.#stub(record, final + RECORD.DISPLACEMENT, plan.next, id);
      record += RECORD_SIZE;
    }
    const hardwareCs = this.cpu.selector(CS);
    const block: Block = {
      id,
      mode: where.mode,
      cs: this.policy.guestSelector?.(hardwareCs) ?? hardwareCs,
      hardwareCs,
      eip: where.eip,
      linear: (this.cpu.segmentBase(CS) + where.eip) >>> 0,
      physical: where.physical,
      secondPage: plan.secondPage,
      length: plan.next - where.eip,
      codeSize: this.cpu.codeSize,
      entry,
      records: (record - entry) / RECORD_SIZE,
      last: final,
      instructions,
      endReason: plan.endReason,
      attention,
      single: plan.single,
      incoming: [],
      attended: 0,
      valid: true,
      invalidatedBy: undefined,
      start: entry,
      trampoline: 0,
      region: undefined,
      regions: new Set(),
      loaded: undefined,
      idleStores: 0,
      ranBefore: 0,
      computed: false,
      passedOver: 0,
    };
    this.cache.insert(block);
    return block;
  }

  /** Have an instruction of a block be another one, as long as the old one. */
  rewrite({ entry, id, instructions }: Block, { n, after }: Rewrite): void {
    const { eip } = instructions[n];
    instructions[n] = { eip, instruction: after };
    this.#instruction(entry + n * RECORD_SIZE, eip, after, n + 1, id);
  }

  rewriteImmediate({ entry, instructions }: Block, n: number): void {
    this.#i32[(entry + n * RECORD_SIZE + RECORD.IMMEDIATE) >> 2] = instructions[n].instruction.immediate;
  }

  /** Hot where code is generated: no views that have to be asked for the byte order. */
  #pseudo(at: number, handler: number, eip: number, count: number, block: number): void {
    const { u8 } = this.cpu;
    const i32 = this.#i32;
    this.#u16[(at + RECORD.HANDLER) >> 1] = handler;
    u8[at + RECORD.COUNT] = count;
    u8[at + RECORD.LENGTH] = 0;
    i32[(at + RECORD.EIP) >> 2] = eip;
    i32[(at + RECORD.HITS) >> 2] = 0;
    i32[(at + RECORD.BLOCK) >> 2] = block;
  }

  #stub(at: number, slot: number, eip: number, block: number): void {
    this.#pseudo(at, PSEUDO.LINK, eip, 1, block);
    this.#i32[(at + RECORD.IMMEDIATE) >> 2] = slot;
    this.#i32[slot >> 2] = at;
  }

  /** Unresolved targets of a relative branch: taken, then fall-through. */
  #stubs(at: number, branch: number, { instruction }: BlockInstruction, next: number, block: number): number {
    if (instruction.spec.operands[0]?.[0] !== 'J') return at;
    if (targetFaults(this.cpu, instruction, next)) return at;
    this.#stub(at, branch + RECORD.DISPLACEMENT, branchTarget(instruction, next), block);
    if (instruction.spec.flow !== 'branch') return at + RECORD_SIZE;
    this.#stub(at + RECORD_SIZE, branch + RECORD.IMMEDIATE, next, block);
    return at + 2 * RECORD_SIZE;
  }

  #instruction(at: number, eip: number, i: Instruction, count: number, block: number): void {
    const faults = i.spec.operands[0]?.[0] === 'J' && targetFaults(this.cpu, i, (eip + i.length) >>> 0);
    const { u8 } = this.cpu;
    const i32 = this.#i32;
    this.#pseudo(at, this.forms.handlerOf(i, faults), eip, count, block);
    u8[at + RECORD.LENGTH] = i.length;
    u8[at + RECORD.REG] = registerField(i, 'reg');
    u8[at + RECORD.RM] = registerField(i, 'rm');
    u8[at + RECORD.BASE] = i.base < 0 ? ZERO_REGISTER : 4 * i.base;
    u8[at + RECORD.INDEX] = i.index < 0 ? ZERO_REGISTER : 4 * i.index;
    u8[at + RECORD.SCALE] = i.scale;
    u8[at + RECORD.SEGMENT] = i.segment;
    i32[(at + RECORD.DISPLACEMENT) >> 2] = i.spec.lift === 'enter' ? i.immediate2 : i.displacement;
    i32[(at + RECORD.IMMEDIATE) >> 2] = i.immediate;
  }
}

/** Target of a relative branch, in the operand size. */
export const branchTarget = (i: Instruction, next: number): number => {
  const target = (next + i.immediate) >>> 0;
  return i.operandSize === 2 ? target & 0xffff : target;
};

export const targetFaults = (cpu: CpuState, i: Instruction, next: number): boolean => branchTarget(i, next) > cpu.segment(CS).limit;

const isByte = (operand: Operand | undefined): boolean => operand !== undefined && /^[EGZ]b$/.test(operand);

/** Letters of registers that no register file of the general ones holds: segment, control, debug and test, x87, MMX and XMM registers. */
const NUMBERED = { reg: /^[SCDT][wd]$|^[PV]/, rm: /^[QNWU]|^STi/ } as const;

/** How the field of a register operand names a register: 'number' where no general register is meant. */
const FIELDS = INSTRUCTIONS.map(({ operands }) => {
  const naming = (which: 'reg' | 'rm', letters: RegExp): 'number' | 'byte' | 'word' =>
    operands.some((o) => NUMBERED[which].test(o)) ? 'number' : isByte(operands.find((o) => letters.test(o))) ? 'byte' : 'word';
  return { reg: naming('reg', /^[GZ]/), rm: naming('rm', /^[ER]/) };
});

/** Byte offset of a register operand in the register file; the number itself for the others. */
export function registerField(i: Instruction, which: 'reg' | 'rm'): number {
  const number = which === 'reg' ? i.reg : i.rm;
  if (number < 0) return 0;
  const naming = FIELDS[i.spec.id][which];
  if (naming === 'number') return number;
  return naming === 'byte' ? byteRegisterOffset(number) : 4 * number;
}
