/** Guest code to records: one block at a time, ended by a control transfer, a system instruction, a page boundary or what somebody asked to look at. */
import type { LinearMemory } from '../memory/linearMemory';
import { PAGE } from '../memory/layout';
import { CPU, type CpuState } from '../x86/cpuState';
import { type Decoded, type Instruction, MAX_INSTRUCTION_LENGTH, type OpcodeMap } from '../x86/decoder';
import { GP, PF, UD } from '../x86/exceptions';
import { CS } from '../x86/registers';
import { type Attention, type Block, type BlockCode, type EndReason, NO_LINKS, NO_REGIONS, ROOMY } from './block';
import { type BlockInstructions, InstructionStore, MAX_BLOCK_INSTRUCTIONS } from './blockInstructions';
import type { CodeCache } from './codeCache';
import type { FormTable } from './forms';
import type { TranslationPolicy } from './policy';
import { RECORD_SIZE } from './record';
import { EXTRA_RECORDS, RecordWriter } from './recordWriter';
import type { Rewrite } from './rewriting';
import { Templates } from './templates';

export interface CodeContext {
  readonly mode: number;
  readonly eip: number;
  readonly physical: number;
}

/** Bytes at EIP, or why they cannot be fetched. */
type Fetched = { readonly kind: 'bytes'; readonly length: number; readonly secondPage: number } | { readonly kind: 'fault'; readonly vector: number; readonly errorCode: number };

/** An instruction is `opcodes.scanned`, unless there is something else to be done; and whether it reaches into a second page. */
interface Found {
  readonly attention?: Attention | undefined;
  readonly crosses: boolean;
  readonly secondPage: number;
}

/** Where and why a block ended. */
interface Ending {
  /** EIP behind its last instruction. */
  readonly next: number;
  readonly endReason: EndReason;
  readonly attention?: Attention | undefined;
  readonly secondPage: number;
}

const IN_PAGE: Found = { crosses: false, secondPage: -1 };

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
  readonly #records: RecordWriter;
  readonly #store: InstructionStore;
  readonly #templates: Templates;
  breakpoints: ReadonlySet<number> = new Set();

  constructor(
    readonly cpu: CpuState,
    readonly linear: LinearMemory,
    readonly cache: CodeCache,
    readonly forms: FormTable,
    readonly opcodes: OpcodeMap,
    readonly policy: TranslationPolicy,
  ) {
    this.#records = new RecordWriter(cpu, forms);
    this.#store = new InstructionStore(opcodes);
    this.#templates = new Templates(opcodes, cpu.u8);
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

  /** What stands at `eip`: an instruction, whose bytes are in the buffer then, or what the run loop must do about it. */
  #scanAt(eip: number): Found {
    const { base, limit } = this.cpu.segment(CS);
    const fetched = this.#fetch(eip);
    if (fetched.kind === 'fault') return { attention: fetched, ...IN_PAGE };
    const kind = this.opcodes.scan(this.#bytes, 0, fetched.length, this.cpu.codeSize);
    if (kind === 'tooLong') return { attention: { kind: 'fault', vector: GP, errorCode: 0 }, ...IN_PAGE };
    if (kind === 'truncated') return { attention: this.#truncated(eip, fetched.length, limit), ...IN_PAGE };
    const crosses = this.opcodes.scanned.length > PAGE - ((base + eip) & (PAGE - 1));
    return { attention: this.#refusal(kind), crosses, secondPage: crosses ? fetched.secondPage : -1 };
  }

  #refusal(kind: Decoded['kind']): Attention | undefined {
    if (kind === 'invalid') return { kind: 'fault', vector: UD, errorCode: 0 };
    return kind === 'unimplemented' ? { kind, what: this.opcodes.scanned.spec.mnemonic } : undefined;
  }

  /** The bytes ended: at the segment limit (#GP), or at a page that is not there (#PF there). */
  #truncated(eip: number, length: number, limit: number): Attention {
    if (eip + length > limit) return { kind: 'fault', vector: GP, errorCode: 0 };
    const next = (this.cpu.segmentBase(CS) + eip + length) >>> 0;
    const result = this.linear.translate(next, { write: false, user: this.linear.user });
    return { kind: 'fault', vector: PF, errorCode: result.kind === 'fault' ? result.errorCode : 0 };
  }

  /** Translate from `eip`. `single`: one instruction, breakpoints and watches ignored. `roomy`: with room for others in its place. */
  translate(where: CodeContext, single: boolean, roomy = false): Block {
    const { cache } = this;
    const entry = cache.room(MAX_BLOCK_INSTRUCTIONS + EXTRA_RECORDS);
    const code = this.#code(where, entry, single ? 1 : roomy ? ROOMY : MAX_BLOCK_INSTRUCTIONS);
    cache.allocate(roomy ? ROOMY + EXTRA_RECORDS : code.records);
    const { cpu } = this;
    const { mode, eip, physical } = where;
    const block: Block = {
      mode,
      eip,
      linear: (cpu.segmentBase(CS) + eip) >>> 0,
      physical,
      codeSize: cpu.codeSize,
      single,
      roomy,
      code,
      entry,
      start: entry,
      trampoline: 0,
      incoming: NO_LINKS,
      computed: false,
      checks: false,
      region: undefined,
      regions: NO_REGIONS,
      valid: true,
      invalidatedBy: undefined,
    };
    cache.insert(block);
    return block;
  }

  /** In the records of a roomy block, which nobody needs any more. The cache does not know of it. */
  translateInto(where: CodeContext, { entry }: Block): BlockCode {
    return this.#code(where, entry, ROOMY);
  }

  /** `room`: instructions at most. */
  #code(where: CodeContext, entry: number, room: number): BlockCode {
    const { cpu } = this;
    const { eip } = where;
    const id = this.cache.nextId();
    const instructions = this.#store.begin(eip, cpu.codeSize);
    this.#records.begin(entry, id);
    const { next, endReason, attention, secondPage } = this.#instructions(where, room, instructions);
    this.#store.flush();
    const hardwareCs = cpu.selector(CS);
    return {
      id,
      cs: this.policy.guestSelector?.(hardwareCs) ?? hardwareCs,
      hardwareCs,
      length: next - eip,
      secondPage,
      instructions,
      records: (this.#records.end - entry) / RECORD_SIZE,
      last: this.#records.last,
      endReason,
      attention,
      attended: 0,
      loaded: undefined,
      idleStores: 0,
      ranBefore: 0,
      passedOver: 0,
    };
  }

  /** Instructions and their records, up to what ends the block; a single one without regard to who looks. */
  #instructions({ eip, physical }: CodeContext, room: number, block: BlockInstructions): Ending {
    const single = room === 1;
    const { base, limit } = this.cpu.segment(CS);
    const { codeSize, u8 } = this.cpu;
    const { scanned } = this.opcodes;
    const host = this.linear.physical.hostOffset(physical);
    const mayBeKnown = codeSize === 4 && this.policy.rewrites;
    let at = eip;
    let secondPage = -1;
    while (block.length < room) {
      const linear = (base + at) >>> 0;
      const isFirst = block.length === 0;
      if ((linear ^ (base + eip)) >>> 12) return this.#goesOn({ next: at, endReason: 'page boundary', secondPage }, single);
      if (!single && this.breakpoints.size > 0 && this.breakpoints.has(linear))
        return this.#before({ next: at, endReason: 'breakpoint', attention: { kind: 'breakpoint' }, secondPage }, isFirst);

      const isInPage = host >= 0 && PAGE - (linear & (PAGE - 1)) >= MAX_INSTRUCTION_LENGTH && limit - at >= MAX_INSTRUCTION_LENGTH;
      const template = mayBeKnown && isInPage ? this.#templates.find(host + at - eip) : -1;
      if (template >= 0) {
        const length = this.#templates.lengthOf(template);
        this.#store.add(block, u8, host + at - eip, length);
        this.#records.addKnown(at, this.#templates, template, host + at - eip);
        at = (at + length) >>> 0;
        secondPage = -1;
        continue;
      }
      const inPage = isInPage && this.opcodes.scan(u8, host + at - eip, host + at - eip + MAX_INSTRUCTION_LENGTH, codeSize) === 'instruction';
      const found = inPage ? IN_PAGE : this.#scanAt(at);
      if (found.crosses && !isFirst) return this.#goesOn({ next: at, endReason: 'page boundary', secondPage }, single);
      secondPage = found.secondPage;
      if (found.attention) return this.#before({ next: at, endReason: 'fault', attention: found.attention, secondPage }, isFirst);

      const next = (at + scanned.length) >>> 0;
      this.#store.add(block, inPage ? u8 : this.#bytes, inPage ? host + at - eip : 0, scanned.length);
      if (!inPage) this.#store.flush(); // the buffer takes the next one
      const attention = this.#attentionTo(scanned, linear, single);
      if (attention) {
        this.#records.attend(at);
        return { next, endReason: endReasonOf(scanned), attention, secondPage };
      }
      this.#records.add(at, scanned);
      if (mayBeKnown && inPage) this.#templates.learn(host + at - eip, scanned, this.#records.last);
      at = next;
      if (scanned.spec.flow !== 'next') return { next, endReason: endReasonOf(scanned), secondPage };
      if (found.crosses) return this.#goesOn({ next, endReason: 'page boundary', secondPage }, single);
    }
    return this.#goesOn({ next: at, endReason: single ? 'single step' : 'length', secondPage }, single);
  }

  /** Why the run loop must look before an instruction. */
  #attentionTo(instruction: Instruction, linear: number, single: boolean): Attention | undefined {
    const exits = this.policy.treat(instruction, linear) === 'exit';
    if (!exits && (single || !this.policy.watches(instruction))) return undefined;
    return { kind: exits ? 'policy' : 'watch', instruction: this.opcodes.scanned.copy() };
  }

  /** Nothing transferred control. */
  #goesOn(ending: Ending, single: boolean): Ending {
    if (single) this.#records.stop(ending.next);
    else this.#records.fallThrough(ending.next);
    return ending;
  }

  /** What has to be attended to belongs to the block that starts at it. */
  #before(ending: Ending, isFirst: boolean): Ending {
    if (!isFirst) return this.#goesOn({ ...ending, attention: undefined }, false);
    this.#records.attend(ending.next);
    return ending;
  }

  /** Have an instruction of a block be another one, as long as the old one. */
  rewrite({ entry, code: { id, instructions } }: Block, { n, after }: Rewrite): void {
    instructions.replace(n, after);
    this.#records.write(entry + n * RECORD_SIZE, (instructions.eip + instructions.offsetOf(n)) >>> 0, after, n + 1, id);
  }
}
