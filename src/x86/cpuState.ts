/**
 * The architectural state of one CPU, in one buffer that TypeScript and generated code share.
 * Every offset is defined once, here. Status flags are kept lazily in two words (`RESULT`, `AUX`):
 *   ZF  result = 0                     CF  aux bit 31
 *   SF  result bit 31 xor aux bit 0    OF  aux bit 31 xor aux bit 30 (carry out of, and into, the sign bit)
 *   PF  parity of result low byte xor aux bits 8..15      AF  aux bit 3
 * so that any combination of the six can be represented and each is read without knowing what wrote it.
 */
import { CR0_PE, EFLAGS_FIXED, EFLAGS_VM, EFLAGS_AF, EFLAGS_CF, EFLAGS_OF, EFLAGS_PF, EFLAGS_SF, EFLAGS_ZF, STATUS_FLAGS } from './flags';
import { CS, SS } from './registers';

/** Byte offsets in the VM's memory. Segment caches are 64 bytes apart, in the order ES CS SS DS FS GS LDTR TR. */
export const CPU = {
  /** EAX ECX EDX EBX ESP EBP ESI EDI, 4 bytes each. */
  GPR: 0x1000,
  /** Always zero: stands for an absent base or index. */
  ZERO: 0x1020,
  EIP: 0x1024,
  /** All of EFLAGS but the six status flags. */
  EFLAGS: 0x1028,
  RESULT: 0x102c,
  AUX: 0x1030,
  CPL: 0x1034,
  CR0: 0x1038,
  CR2: 0x103c,
  CR3: 0x1040,
  CR4: 0x1044,
  DR0: 0x1048,
  GDTR_BASE: 0x1068,
  GDTR_LIMIT: 0x106c,
  IDTR_BASE: 0x1070,
  IDTR_LIMIT: 0x1074,
  /** Nonzero: no interrupt is taken before the next instruction completes (after STI); `INHIBIT_DEBUG`: no debug exception either (after MOV SS, POP SS). */
  INHIBIT: 0x1078,
  /** Nonzero: halted by HLT. */
  HALTED: 0x107c,
  /** Test registers TR6 and TR7 of the 386. */
  TR6: 0x1080,
  TR7: 0x1084,
  SYSENTER_CS: 0x1088,
  SYSENTER_ESP: 0x108c,
  SYSENTER_EIP: 0x1090,
  APIC_BASE: 0x1094,
  /** Nonzero from the delivery of an NMI to the next IRET. */
  NMI_BLOCKED: 0x10e0,
  /** What WRMSR has added to the time-stamp counter, 64 bits. */
  TSC_OFFSET: 0x10c8,
  /** Cache test registers TR3 to TR5 of the 486. */
  TR3: 0x10d0,
  /** The DEBUGCTL MSR. */
  DEBUG_CONTROL: 0x10dc,
  /** Debug traps that are due before the next instruction: the bits they set in DR6. */
  PENDING_DEBUG: 0x1098,
  /** A fault due before the next instruction, of a task just switched to or for a pending virtual interrupt: vector + 1, or 0; its error code. */
  DUE_FAULT: 0x109c,
  DUE_FAULT_CODE: 0x10a0,
  /** Nonzero while an instruction executes that began with TF set; delivering an interrupt on its behalf clears it. */
  SINGLE_STEP: 0x10a4,
  /** The four page-directory-pointer-table entries of PAE paging, 8 bytes each, as they were last loaded. */
  PDPTE: 0x10a8,
  SEGMENTS: 0x1100,
  /** x87 registers R0..R7 by physical number, 16 bytes apart: 64-bit significand (also MM0..MM7), then sign and exponent in 16 bits. */
  X87: 0x1300,
  /** XMM0..XMM7, 16 bytes each. */
  XMM: 0x1380,
  /** x87 control and status words; which physical registers are empty, as 11 or 00 each (semantics/x87/tags). */
  X87_CONTROL: 0x1400,
  X87_STATUS: 0x1404,
  X87_TAGS: 0x1408,
  /** Last x87 instruction: opcode (11 bits), pointer and selector, operand pointer and selector. */
  X87_OPCODE: 0x140c,
  X87_EIP: 0x1410,
  X87_CS: 0x1414,
  X87_DATA: 0x1418,
  X87_DS: 0x141c,
  MXCSR: 0x1420,
  /** The other model-specific registers, 8 bytes each (semantics/system/modelSpecific). */
  MSRS: 0x1480,
  /** Derived, never saved: */
  STACK_MASK: 0x1780,
  READ_MASK: 0x1784,
  WRITE_MASK: 0x1788,
  MODE: 0x178c,
  /** A pending guest fault: vector + 1, or 0; its error code. */
  FAULT: 0x1790,
  FAULT_CODE: 0x1794,
  /** Engine exit: reason and the record it happened at. */
  EXIT_RECORD: 0x1798,
  BUDGET: 0x179c,
  /** Iterations of repeated string instructions before the engine looks up. */
  FUEL: 0x17a0,
  /** 1 after an exit whose instruction did retire although EIP names it. */
  RETIRED: 0x17a4,
  /** An x87 result on its way to memory: up to ten bytes. */
  X87_STORED: 0x17a8,
  /** Which segments are flat: bit s when loads and stores through segment s reach 4 GiB from 0, unchecked; `FLAT_STACK` when SS is a 32-bit stack. Derived. */
  FLAT: 0x17b4,
  /** A block is hot when this mask leaves nothing of its count of executions: all ones never, 0 always. */
  HOT_MASK: 0x17b8,
  /** The record that ended the last block, after an exit because that is hot or the budget spent. */
  LAST_RECORD: 0x17bc,
  /** Nonzero: the run loop wants to look around behind the current instruction. */
  ATTEND: 0x17c0,
  /** EFLAGS bits that POPFD may change and that not every processor has. Derived. */
  EXTENDED_FLAGS: 0x17c4,
  /** EFLAGS.IF while an interrupt may wait, or 0: nobody has to look around when interrupts come on. */
  INTERRUPT_WAITS: 0x17c8,
  /** Which transfers generated code may complete by itself (`PLAIN_TRANSFERS`, `PLAIN_FAULTS`); 0: helpers do them all. */
  PLAIN: 0x17cc,
  /** Two vectors on their way: what came from memory, what goes there, what a shuffle chooses from. */
  VECTOR: 0x17d0,
  /** MODE of flat 32-bit code under the present paging, for CPL 0 to 2 and for CPL 3; 0: not known yet. */
  FLAT_MODES: 0x17f0,
  /** BUDGET at the last fault that generated code delivered: another one without an instruction between them goes to the run loop. */
  FAULT_BUDGET: 0x17f8,
  /** Generation of the ports that are latched, shifted left by 8; 0: none is (vmm/portLatches). */
  PORT_GENERATION: 0x17fc,
  END: 0x1800,
} as const;

/** SDM Vol. 3, 6.8.3. */
export const INHIBIT_DEBUG = 2;

/** Of FLAT: the stack pointer has 32 bits. */
export const FLAT_STACK = 0x100;

/** Of PLAIN: INT n and IRET; faults and IRETs that set RF too, which nobody watches. */
export const PLAIN_TRANSFERS = 1;
export const PLAIN_FAULTS = 2;

export const SEGMENT_STRIDE = 64;
/** Offsets inside one segment cache. `LOW` and the counts per access size are derived: what the fast path compares. */
export const SEGMENT = { SELECTOR: 0, BASE: 4, LIMIT: 8, ATTRIBUTES: 12, LOW: 16, READ_COUNT: 20, WRITE_COUNT: 36 } as const;

/** Descriptor attributes: bits 8..23 of the high doubleword, shifted down by 8 (SDM Vol. 3, figure 3-8). */
export const ATTR_TYPE = 0x000f;
export const ATTR_ACCESSED = 0x0001;
/** Writable data, or readable code. */
export const ATTR_RW = 0x0002;
/** Expand-down data, or conforming code. */
export const ATTR_DC = 0x0004;
export const ATTR_CODE = 0x0008;
export const ATTR_S = 0x0010;
export const ATTR_DPL = 0x0060;
export const ATTR_P = 0x0080;
export const ATTR_DB = 0x4000;
export const ATTR_G = 0x8000;
/** What decides on loads and stores; who may load the segment is decided once. */
export const ATTR_ACCESS = ATTR_RW | ATTR_DC | ATTR_CODE | ATTR_S | ATTR_P | ATTR_DB;

export interface SegmentCache {
  readonly selector: number;
  readonly base: number;
  readonly limit: number;
  readonly attributes: number;
}

/** log2 of an access size of 1, 2, 4 or 8 bytes, times 4: index into the derived counts. */
export const countOffset = (size: number): number => (size === 1 ? 0 : size === 2 ? 4 : size === 4 ? 8 : 12);

const parity = (value: number): number => {
  let v = value & 0xff;
  v ^= v >> 4;
  v ^= v >> 2;
  v ^= v >> 1;
  return v & 1;
};

export class CpuState {
  readonly i32: Int32Array;
  readonly #architectural: Int32Array;
  readonly u8: Uint8Array;
  /** What segment registers held when they were last loaded or looked at: the cells may have changed since. */
  readonly #segments: SegmentCache[] = Array.from({ length: 8 }, () => ({ selector: 0, base: 0, limit: 0, attributes: 0 }));
  /** Registers and the VECTOR cells (by bytes) as the operands of vector instructions, and a place for a result on its way to one. */
  readonly views: {
    readonly general: readonly DataView[];
    readonly mmx: readonly DataView[];
    readonly xmm: readonly DataView[];
    readonly result: DataView;
    readonly fromMemory: Readonly<Record<number, DataView>>;
  };

  constructor(readonly memory: WebAssembly.Memory) {
    this.i32 = new Int32Array(memory.buffer, 0, 0x10000 / 4);
    this.#architectural = this.i32.subarray(CPU.GPR >> 2, CPU.STACK_MASK >> 2);
    this.u8 = new Uint8Array(memory.buffer);
    const eight = (at: number, stride: number, bytes: number): DataView[] => [0, 1, 2, 3, 4, 5, 6, 7].map((n) => new DataView(memory.buffer, at + stride * n, bytes));
    const fromMemory = Object.fromEntries([4, 8, 16].map((bytes) => [bytes, new DataView(memory.buffer, CPU.VECTOR, bytes)]));
    this.views = { general: eight(CPU.GPR, 4, 4), mmx: eight(CPU.X87, 16, 8), xmm: eight(CPU.XMM, 16, 16), result: new DataView(new ArrayBuffer(16)), fromMemory };
  }

  /** Unsigned 32-bit cell at a CPU offset. */
  get(offset: number): number {
    return this.i32[offset >> 2] >>> 0;
  }

  set(offset: number, value: number): void {
    this.i32[offset >> 2] = value;
  }

  reg(n: number): number {
    return this.i32[(CPU.GPR >> 2) + n] >>> 0;
  }

  setReg(n: number, value: number): void {
    this.i32[(CPU.GPR >> 2) + n] = value;
  }

  /** Write the low `size` bytes of register `n` (16- or 32-bit; 8-bit by encoding, AL..BH). */
  setRegSized(n: number, size: number, value: number): void {
    if (size === 4) this.setReg(n, value);
    else if (size === 2) this.setReg(n, (this.reg(n) & 0xffff0000) | (value & 0xffff));
    else this.u8[CPU.GPR + byteRegisterOffset(n)] = value;
  }

  regSized(n: number, size: number): number {
    return size === 4 ? this.reg(n) : size === 2 ? this.reg(n) & 0xffff : this.u8[CPU.GPR + byteRegisterOffset(n)];
  }

  get eip(): number {
    return this.get(CPU.EIP);
  }
  set eip(value: number) {
    this.set(CPU.EIP, value);
  }
  get cpl(): number {
    return this.get(CPU.CPL);
  }
  get cr0(): number {
    return this.get(CPU.CR0);
  }
  get protectedMode(): boolean {
    return (this.cr0 & CR0_PE) !== 0;
  }
  get v86(): boolean {
    return (this.get(CPU.EFLAGS) & EFLAGS_VM) !== 0;
  }
  /** Segment arithmetic is selector * 16: real mode or virtual-8086 mode. */
  get realSegments(): boolean {
    return !this.protectedMode || this.v86;
  }

  selector(s: number): number {
    return this.get(CPU.SEGMENTS + s * SEGMENT_STRIDE);
  }

  segment(s: number): SegmentCache {
    const { i32 } = this;
    const at = (CPU.SEGMENTS + s * SEGMENT_STRIDE) >> 2;
    const known = this.#segments[s];
    const differs =
      (known.selector ^ i32[at]) |
      (known.base ^ i32[at + (SEGMENT.BASE >> 2)]) |
      (known.limit ^ i32[at + (SEGMENT.LIMIT >> 2)]) |
      (known.attributes ^ i32[at + (SEGMENT.ATTRIBUTES >> 2)]);
    if (differs === 0) return known;
    const cell = (field: number): number => i32[at + (field >> 2)] >>> 0;
    const found = { selector: cell(SEGMENT.SELECTOR), base: cell(SEGMENT.BASE), limit: cell(SEGMENT.LIMIT), attributes: cell(SEGMENT.ATTRIBUTES) };
    this.#segments[s] = found;
    return found;
  }

  /** Is the segment register as it is with the selector 0? */
  isNullSegment(s: number): boolean {
    const at = (CPU.SEGMENTS + s * SEGMENT_STRIDE) >> 2;
    const { i32 } = this;
    return (i32[at] | i32[at + (SEGMENT.BASE >> 2)] | i32[at + (SEGMENT.LIMIT >> 2)] | i32[at + (SEGMENT.ATTRIBUTES >> 2)]) === 0;
  }

  segmentBase(s: number): number {
    return this.get(CPU.SEGMENTS + s * SEGMENT_STRIDE + SEGMENT.BASE);
  }

  limit(s: number): number {
    return this.get(CPU.SEGMENTS + s * SEGMENT_STRIDE + SEGMENT.LIMIT);
  }

  attributes(s: number): number {
    return this.get(CPU.SEGMENTS + s * SEGMENT_STRIDE + SEGMENT.ATTRIBUTES);
  }

  /** May [offset, offset + size) be accessed, as the derived counts have it? False may also mean: look closer. */
  plainlyAllows(s: number, offset: number, size: number, write: boolean): boolean {
    const at = CPU.SEGMENTS + s * SEGMENT_STRIDE;
    return (offset - this.i32[(at + SEGMENT.LOW) >> 2]) >>> 0 < this.get(at + (write ? SEGMENT.WRITE_COUNT : SEGMENT.READ_COUNT) + countOffset(size));
  }

  /** Load a segment cache and derive what the fast path compares: [LOW, LOW + count) are the valid first offsets of an access of each size. */
  setSegment(s: number, loaded: SegmentCache): void {
    const { i32 } = this;
    const { selector, base, limit, attributes } = loaded;
    this.#segments[s] = loaded;
    const at = (CPU.SEGMENTS + s * SEGMENT_STRIDE) >> 2;
    const changed = (i32[at + (SEGMENT.BASE >> 2)] ^ base) | (i32[at + (SEGMENT.LIMIT >> 2)] ^ limit) | ((i32[at + (SEGMENT.ATTRIBUTES >> 2)] ^ attributes) & ATTR_ACCESS);
    i32[at] = selector;
    i32[at + (SEGMENT.BASE >> 2)] = base;
    i32[at + (SEGMENT.LIMIT >> 2)] = limit;
    i32[at + (SEGMENT.ATTRIBUTES >> 2)] = attributes;
    if (s === SS) this.set(CPU.STACK_MASK, attributes & ATTR_DB ? 0xffffffff : 0xffff);
    if (changed !== 0) this.#deriveAccess(s);
  }

  /** What depends on base, limit and the attributes in ATTR_ACCESS. */
  #deriveAccess(s: number): void {
    const at = CPU.SEGMENTS + s * SEGMENT_STRIDE;
    const limit = this.limit(s);
    const attributes = this.attributes(s);
    const code = (attributes & ATTR_CODE) !== 0;
    const present = (attributes & (ATTR_P | ATTR_S)) === (ATTR_P | ATTR_S);
    const readable = present && (!code || (attributes & ATTR_RW) !== 0);
    const writable = present && !code && (attributes & ATTR_RW) !== 0;
    const expandDown = !code && (attributes & ATTR_DC) !== 0;
    const low = expandDown ? limit + 1 : 0;
    const top = expandDown ? (attributes & ATTR_DB ? 0xffffffff : 0xffff) : limit;
    // The last byte of a 4-GiB segment is left to the slow path, so that the count fits 32 bits.
    const bytes = Math.max(0, Math.min(top - low + 1, 0xffffffff));
    this.set(at + SEGMENT.LOW, low);
    for (let n = 0; n < 4; n++) {
      const count = Math.max(0, bytes - ((1 << n) - 1));
      this.set(at + SEGMENT.READ_COUNT + 4 * n, readable ? count : 0);
      this.set(at + SEGMENT.WRITE_COUNT + 4 * n, writable ? count : 0);
    }
    this.#deriveFlat(s);
  }

  /** The last bytes of the address space, which the counts leave to the slow path, are in the software TLB's hands: an access that wraps crosses a page. */
  #deriveFlat(s: number): void {
    const at = CPU.SEGMENTS + s * SEGMENT_STRIDE;
    const flat = this.get(at + SEGMENT.BASE) === 0 && this.get(at + SEGMENT.LOW) === 0 && this.get(at + SEGMENT.WRITE_COUNT) === 0xffffffff;
    let bits = this.get(CPU.FLAT) & ~(1 << s);
    if (flat) bits |= 1 << s;
    if (s === SS) bits = (bits & ~FLAT_STACK) | (this.get(CPU.STACK_MASK) === 0xffffffff ? FLAT_STACK : 0);
    this.set(CPU.FLAT, bits);
  }

  /** Default operand and address size of the code segment, in bytes. */
  get codeSize(): 2 | 4 {
    return this.get(CPU.SEGMENTS + CS * SEGMENT_STRIDE + SEGMENT.ATTRIBUTES) & ATTR_DB ? 4 : 2;
  }

  /** The whole of EFLAGS, status flags included. */
  get eflags(): number {
    return ((this.get(CPU.EFLAGS) & ~STATUS_FLAGS) | this.statusFlags | EFLAGS_FIXED) >>> 0;
  }

  set eflags(value: number) {
    this.set(CPU.EFLAGS, (value & ~STATUS_FLAGS) | EFLAGS_FIXED);
    this.statusFlags = value;
  }

  get statusFlags(): number {
    const result = this.get(CPU.RESULT);
    const aux = this.get(CPU.AUX);
    return (
      (aux >>> 31 ? EFLAGS_CF : 0) |
      (parity(result ^ (aux >>> 8)) ? 0 : EFLAGS_PF) |
      ((aux >>> 3) & 1 ? EFLAGS_AF : 0) |
      (result === 0 ? EFLAGS_ZF : 0) |
      ((result >>> 31) ^ (aux & 1) ? EFLAGS_SF : 0) |
      ((aux >>> 31) ^ ((aux >>> 30) & 1) ? EFLAGS_OF : 0)
    );
  }

  set statusFlags(flags: number) {
    const carry = flags & EFLAGS_CF ? 1 : 0;
    const overflow = flags & EFLAGS_OF ? 1 : 0;
    this.set(CPU.RESULT, flags & EFLAGS_ZF ? 0 : 1);
    // Result 1 has odd parity, 0 even: the parity delta makes up the difference.
    const evenNow = flags & EFLAGS_ZF ? 1 : 0;
    const delta = evenNow ^ (flags & EFLAGS_PF ? 1 : 0);
    this.set(CPU.AUX, (carry << 31) | ((carry ^ overflow) << 30) | (flags & EFLAGS_AF ? 8 : 0) | (delta << 8) | (flags & EFLAGS_SF ? 1 : 0));
  }

  /** Copy of the architectural cells (derived and engine cells excluded), into `into` where somebody copies them again and again. */
  saveRegisters(into: Int32Array = new Int32Array(this.#architectural.length)): Int32Array {
    into.set(this.#architectural);
    return into;
  }

  restoreRegisters(saved: Int32Array): void {
    this.i32.set(saved, CPU.GPR >> 2);
    this.set(CPU.STACK_MASK, this.get(CPU.SEGMENTS + SS * SEGMENT_STRIDE + SEGMENT.ATTRIBUTES) & ATTR_DB ? 0xffffffff : 0xffff);
    for (let s = 0; s < 6; s++) this.#deriveFlat(s);
  }
}

/** Byte offset of an 8-bit register inside the register file: AL CL DL BL, then AH CH DH BH. */
export const byteRegisterOffset = (n: number): number => (n < 4 ? 4 * n : 4 * (n - 4) + 1);
