/**
 * Ring deprivileging: the guest kernel in user mode on a CPU from before VT-x. The VMM owns the descriptor tables, EFLAGS.IF
 * and IOPL; the guest's view (the virtual CPU) is put aside while the silicon's runs. Real-mode guest code runs in
 * virtual-8086 mode.
 *
 * The VMM's pages, guest-linear FFC00000h, supervisor-only:
 *   +0000 IDT, 256 gates of DPL 0: INT n from user mode is #GP, which the VMM reflects
 *   +0800 TSS without I/O permission bits: every port access is #GP
 *   +1000 shadow GDT. For the guest's kernel: code and data raised to DPL 3, so that the kernel can use them; code that is
 *         the guest user's is not present, so that going there (IRET, RETF) faults and the VMM learns of it. For guest user
 *         code: privileges as the guest gave them. Gates and TSSs have DPL 0 in both: going through one faults.
 * With ring compression the guest's kernel runs at CPL 1 instead, which paging takes for a supervisor: its root and that of
 * its user code are one, descriptors of DPL 0 are raised to 1, segments end below the VMM's pages, and IRET and RETF reach
 * ring 3 without the VMM.
 * The guest's LDT is not shadowed: its kernel finds an empty one, and every load from it faults to the VMM.
 */
import type { LinearMemory, VmmWindow } from '../memory/linearMemory';
import { PAGE, VMM_PAGES, VMM_PAGE_COUNT } from '../memory/layout';
import { isNull, lookDescriptor, markAccessed } from '../semantics/system/descriptors';
import { GuestFault, type ExecutionContext } from '../semantics/system/context';
import { ATTR_ACCESSED, ATTR_CODE, ATTR_DPL, ATTR_P, ATTR_S, CPU, type CpuState, type SegmentCache } from '../x86/cpuState';
import {
  CR0_EM,
  CR0_ET,
  CR0_MP,
  CR0_NE,
  CR0_PE,
  CR0_PG,
  CR0_TS,
  CR0_WP,
  CR4_OSFXSR,
  CR4_OSXMMEXCPT,
  CR4_PCE,
  CR4_TSD,
  EFLAGS_AC,
  EFLAGS_DF,
  EFLAGS_FIXED,
  EFLAGS_ID,
  EFLAGS_IF,
  EFLAGS_NT,
  EFLAGS_RF,
  EFLAGS_TF,
  EFLAGS_VIF,
  EFLAGS_VIP,
  EFLAGS_VM,
} from '../x86/flags';
import { CS, LDTR, SS, TR } from '../x86/registers';
import { REAL_ATTRIBUTES, V86_ATTRIBUTES } from '../semantics/system/segments';

export const VMM_BASE = 0xffc00000;
const IDT_OFFSET = 0;
const IDT_LIMIT = 256 * 8 - 1;
const TSS_OFFSET = 0x800;
const TSS_LIMIT = 103;
const GDT_OFFSET = 0x1000;
const GDT_BYTES = VMM_PAGE_COUNT * PAGE - GDT_OFFSET;
/** What SLDT and STR show: the VMM's own selectors. */
export const VMM_TSS_SELECTOR = GDT_BYTES - 8;
export const VMM_LDT_SELECTOR = GDT_BYTES - 16;

/** Flags that user mode changes for itself; the others are the VMM's to keep. */
const USER_FLAGS = EFLAGS_TF | EFLAGS_DF | EFLAGS_NT | EFLAGS_RF | EFLAGS_AC | EFLAGS_ID;
/** Flags that user mode sees and cannot change: without CR4.VME and PVI they do nothing. */
const SHOWN_FLAGS = EFLAGS_VIF | EFLAGS_VIP;
/** CR0 as the VMM runs the machine, but for GUEST_CR0: what SMSW shows. */
const HOST_CR0 = CR0_PE | CR0_ET | CR0_NE | CR0_WP | CR0_PG;
/** Whose state the x87 and XMM registers hold is the guest's business: it asked for #NM or #UD. */
const GUEST_CR0 = CR0_MP | CR0_EM | CR0_TS;
/** What user mode may and may not do by CR4 is the guest's choice. */
const GUEST_CR4 = CR4_TSD | CR4_PCE | CR4_OSFXSR | CR4_OSXMMEXCPT;

/** Cells that mean the same in both worlds. */
const CARRIED = [CPU.RESULT, CPU.AUX, CPU.INHIBIT, CPU.HALTED, CPU.PENDING_DEBUG] as const;

const NULL_SEGMENT: SegmentCache = { selector: 0, base: 0, limit: 0, attributes: 0 };

/** Where a shadow GDT comes from: the guest's register, and the paging that says where the table is. */
interface ShadowSource {
  readonly base: number;
  readonly limit: number;
  readonly paging: number;
}

/** The part of the guest's GDT in one page. */
interface GdtPiece {
  /** Of its first byte in the table. */
  readonly offset: number;
  readonly physical: number;
  readonly length: number;
  readonly page: number;
}

export class DeprivilegedWorld {
  /** The silicon's registers are in the CPU, and the guest's in #virtual. */
  #inGuest = false;
  readonly #virtual: Int32Array;
  readonly #entered: SegmentCache[] = [];
  readonly #lastHardware: Int32Array;
  /** Of the CPU: what user mode may change. */
  readonly #general: Int32Array;
  readonly #floating: Int32Array;
  #source: ShadowSource = { base: -1, limit: -1, paging: -1 };
  readonly #kernelGdt = new Int32Array(GDT_BYTES / 4);
  readonly #userGdt = new Int32Array(GDT_BYTES / 4);
  /** The one in the VMM's pages. */
  #installed: Int32Array | undefined;
  /** Where the guest's GDT is, page by page. */
  readonly #pieces: GdtPiece[] = [];
  /** Shadow descriptors that the silicon marked accessed, by offset; the guest's own are marked on the way out. */
  readonly #accessed: number[] = [];
  readonly #window: VmmWindow = {
    linear: VMM_BASE,
    host: VMM_PAGES,
    length: VMM_PAGE_COUNT * PAGE,
    written: (offset) => void this.#accessed.push((offset - GDT_OFFSET) & ~7),
  };
  /** CR2 of the silicon: the guest's own changes only when the fault turns out to be the guest's. */
  faultAddress = 0;
  /** What runs is only tried out and taken back: nobody else may notice. */
  rehearsing = false;
  /** The guest stored into the traced pages of its GDT; `used`: it hit the table. */
  tableWritten: (address: number, length: number, used: boolean) => void = () => {};

  constructor(
    readonly cpu: CpuState,
    readonly memory: LinearMemory,
    readonly context: ExecutionContext,
    /** Guest's kernel at CPL 1. */
    readonly compressed = false,
  ) {
    this.#virtual = cpu.saveRegisters();
    this.#lastHardware = cpu.saveRegisters();
    this.#general = cpu.i32.subarray(CPU.GPR >> 2, CPU.EFLAGS >> 2);
    this.#floating = cpu.i32.subarray(CPU.X87 >> 2, (CPU.MXCSR >> 2) + 1);
    for (let vector = 0; vector < 256; vector++) this.#writeVmm(IDT_OFFSET + 8 * vector, [0x0008_0000, 0x0000_8e00]);
    memory.physical.onTracedWrite = (address, length) => this.#gdtWritten(address, length);
  }

  get inGuest(): boolean {
    return this.#inGuest;
  }

  /** Translated code of the guest's kernel runs: on the virtual CPU's state, with the VMM's pages fenced off. */
  inCache = false;

  enterCache(): void {
    this.inCache = true;
    this.memory.window = this.#window;
  }

  leaveCache(): void {
    this.inCache = false;
    this.memory.window = undefined;
    this.faultAddress = this.cpu.get(CPU.CR2) >>> 0;
  }

  /** The guest executes, not the VMM on its behalf. */
  get guestRuns(): boolean {
    return (this.inGuest || this.inCache) && !this.rehearsing;
  }

  /** The CPU does not hold the guest's state to keep. */
  get aside(): boolean {
    return this.inGuest || this.rehearsing;
  }

  #writeVmm(offset: number, words: readonly number[]): void {
    words.forEach((word, i) => this.memory.physical.view.setUint32(VMM_PAGES + offset + 4 * i, word, true));
  }

  /**
   * Can the silicon represent the guest's segments? Those of real mode with other bases, limits or attributes than
   * virtual-8086 mode has ("unreal" mode, null segments left over from protected mode) do not exist there.
   */
  canRunDirectly(): boolean {
    const { cpu } = this;
    if (!cpu.realSegments) return true;
    const usual = cpu.v86 ? V86_ATTRIBUTES : REAL_ATTRIBUTES;
    for (let s = 0; s < 6; s++) {
      const { selector, base, limit, attributes } = cpu.segment(s);
      if (base !== selector << 4 || limit !== 0xffff || attributes !== usual) return false;
    }
    return true;
  }

  /** World switch to the guest: the virtual CPU is put aside, the deprivileged state takes its place. */
  enterGuest(): void {
    const { cpu } = this;
    const kernel = cpu.cpl < 3;
    this.#installGdt(kernel);
    cpu.saveRegisters(this.#virtual);
    this.#inGuest = true;
    const v86 = cpu.realSegments;
    for (let s = 0; s < 6; s++) {
      const virtual = cpu.segment(s);
      this.#entered[s] = v86 ? { selector: virtual.selector, base: virtual.base, limit: 0xffff, attributes: V86_ATTRIBUTES } : this.#deprivilege(s, virtual, kernel);
      cpu.setSegment(s, this.#entered[s]);
    }
    const ldt = cpu.segment(LDTR);
    if (isNull(ldt.selector)) cpu.setSegment(LDTR, NULL_SEGMENT);
    else cpu.setSegment(LDTR, { ...(kernel ? NULL_SEGMENT : ldt), selector: VMM_LDT_SELECTOR });
    cpu.setSegment(TR, { selector: VMM_TSS_SELECTOR, base: VMM_BASE + TSS_OFFSET, limit: TSS_LIMIT, attributes: 0x8b });
    this.#writeVmm(TSS_OFFSET + 100, [(TSS_LIMIT + 1) << 16]);
    cpu.set(CPU.EFLAGS, (cpu.get(CPU.EFLAGS) & (USER_FLAGS | SHOWN_FLAGS)) | EFLAGS_IF | EFLAGS_FIXED | (v86 ? EFLAGS_VM : 0));
    cpu.set(CPU.CPL, this.#ring(kernel && !v86));
    cpu.set(CPU.CR0, HOST_CR0 | (cpu.cr0 & GUEST_CR0));
    cpu.set(CPU.CR4, cpu.get(CPU.CR4) & GUEST_CR4);
    cpu.set(CPU.IDTR_BASE, VMM_BASE + IDT_OFFSET);
    cpu.set(CPU.IDTR_LIMIT, IDT_LIMIT);
    cpu.set(CPU.GDTR_BASE, VMM_BASE + GDT_OFFSET);
    cpu.set(CPU.GDTR_LIMIT, Math.min(this.#source.limit, GDT_BYTES - 1));
    this.memory.window = this.#window;
  }

  /** World switch back: what user mode may change is carried over, the rest is as the guest left it. */
  leaveGuest(): void {
    const { cpu } = this;
    const virtual = this.#virtual;
    if (!this.#inGuest) return;
    this.#inGuest = false;
    if (!this.rehearsing) cpu.saveRegisters(this.#lastHardware);
    this.faultAddress = cpu.get(CPU.CR2) >>> 0;
    const loaded: { readonly s: number; readonly cache: SegmentCache }[] = [];
    for (let s = 0; s < 6; s++) if (!sameCache(cpu.segment(s), this.#entered[s])) loaded.push({ s, cache: cpu.segment(s) });
    const userFlags = cpu.get(CPU.EFLAGS) & USER_FLAGS;
    virtual.set(this.#general);
    virtual.set(this.#floating, (CPU.X87 - CPU.GPR) >> 2);
    const carried = CARRIED.map((cell) => cpu.get(cell));
    cpu.restoreRegisters(virtual);
    CARRIED.forEach((cell, n) => cpu.set(cell, carried[n]));
    cpu.set(CPU.EFLAGS, (cpu.get(CPU.EFLAGS) & ~USER_FLAGS) | userFlags);
    this.memory.window = undefined;
    const outward = this.compressed && !cpu.realSegments && cpu.cpl < 3 && loaded.some(({ s, cache }) => s === CS && (cache.selector & 3) === 3);
    if (outward) cpu.set(CPU.CPL, 3);
    for (const { s, cache } of loaded) cpu.setSegment(s, this.#virtualize(s, cache));
    this.#markAccessed();
    if (outward) this.context.stateChanged('privilege');
  }

  /** CPL of the silicon. */
  #ring(kernel: boolean): number {
    return kernel && this.compressed ? Math.max(1, this.cpu.cpl) : 3;
  }

  /** A selector in CS or SS as the guest has it: its RPL is the virtual CPL. */
  guestSelector(selector: number): number {
    const virtual = this.#virtual;
    return this.#inGuest && !this.cpu.v86 ? (selector & ~3) | virtual[(CPU.CPL - CPU.GPR) >> 2] : selector;
  }

  /** A segment as the silicon has it; CS and SS show the silicon's CPL as RPL. */
  #deprivilege(s: number, { selector, base, limit, attributes }: SegmentCache, kernel: boolean): SegmentCache {
    const compressed = kernel && this.compressed;
    const raised = !(attributes & ATTR_P) ? attributes : compressed ? raise(attributes) : attributes | ATTR_DPL;
    return { selector: s === CS || s === SS ? selector | this.#ring(kernel) : selector, base, limit: compressed ? belowVmm(base, limit) : limit, attributes: raised };
  }

  /** The silicon's registers as they will be when the guest runs on; those of its last run while it cannot run directly. */
  hardwareState(): Int32Array {
    if (!this.aside && !this.inCache && this.canRunDirectly()) {
      const { faultAddress } = this;
      this.enterGuest();
      this.leaveGuest();
      this.faultAddress = faultAddress;
    }
    return this.#lastHardware.slice();
  }

  /** A segment the guest loaded in user mode, as the guest believes it: privilege and descriptor from its own table. */
  #virtualize(s: number, cache: SegmentCache): SegmentCache {
    const { cpu } = this;
    if (cpu.realSegments) return { ...cache, attributes: cpu.v86 ? V86_ATTRIBUTES : REAL_ATTRIBUTES };
    const selector = s === CS || s === SS ? (cache.selector & ~3) | cpu.cpl : cache.selector;
    if (isNull(selector)) return { ...cache, selector };
    const d = this.#quietly(() => lookDescriptor(this.context, selector));
    if (!d?.segment || !d.present) return { ...cache, selector };
    return { selector, base: d.base, limit: d.limit, attributes: d.attributes | ATTR_ACCESSED };
  }

  /** Carry accessed bits over from the shadow GDT. */
  #markAccessed(): void {
    if (this.#accessed.length === 0) return;
    const { context } = this;
    for (const offset of this.#accessed.splice(0)) {
      this.#quietly(() => {
        const d = lookDescriptor(context, offset);
        if (d) markAccessed(context, d);
      });
    }
  }

  /** What the VMM does on its own raises nothing in the guest. */
  #quietly<T>(action: () => T): T | undefined {
    try {
      return action();
    } catch (fault) {
      if (!(fault instanceof GuestFault)) throw fault;
      this.cpu.set(CPU.FAULT, 0);
      return undefined;
    }
  }

  /** The shadow GDT for this world, up to date, in the VMM's pages. */
  #installGdt(kernel: boolean): void {
    const { cpu } = this;
    const [base, limit] = [cpu.get(CPU.GDTR_BASE), cpu.get(CPU.GDTR_LIMIT)];
    const paging = cpu.get(CPU.CR0) & CR0_PG ? cpu.get(CPU.CR3) : -1;
    if (base !== this.#source.base || limit !== this.#source.limit || paging !== this.#source.paging) this.#shadowGdt({ base, limit, paging });
    const gdt = kernel ? this.#kernelGdt : this.#userGdt;
    if (this.#installed !== gdt) this.memory.physical.u8.set(new Uint8Array(gdt.buffer), VMM_PAGES + GDT_OFFSET);
    this.#installed = gdt;
  }

  /** Find the guest's GDT in memory, copy it with privileges changed, and trace its pages. */
  #shadowGdt(source: ShadowSource): void {
    const { physical } = this.memory;
    for (const { page } of this.#pieces) physical.markTraced(page, false);
    this.#pieces.length = 0;
    this.#source = source;
    this.#installed = undefined;
    this.#kernelGdt.fill(0);
    this.#userGdt.fill(0);
    const bytes = Math.min(source.limit + 1, GDT_BYTES - 16);
    for (let offset = 0; offset < bytes; ) {
      const linear = (source.base + offset) >>> 0;
      const length = Math.min(bytes - offset, PAGE - (linear & (PAGE - 1)));
      const found = this.memory.translate(linear, { write: false, user: false }, false);
      if (found.kind === 'page') this.#trace({ offset, length, physical: found.physical, page: found.physical & ~(PAGE - 1) });
      offset += length;
    }
    this.#shadowDescriptors(0, bytes);
    for (const gdt of [this.#kernelGdt, this.#userGdt]) gdt.set([TSS_LIMIT, 0x0000_8900], VMM_TSS_SELECTOR >> 2);
  }

  #trace(piece: GdtPiece): void {
    this.#pieces.push(piece);
    this.memory.tracePage(piece.page);
  }

  /** The guest stored into a traced page: shadow again what it hit. */
  #gdtWritten(address: number, length: number): void {
    let used = false;
    for (const piece of this.#pieces) {
      const from = Math.max(address, piece.physical) - piece.physical;
      const to = Math.min(address + length, piece.physical + piece.length) - piece.physical;
      if (from >= to) continue;
      used = true;
      this.#shadowDescriptors(piece.offset + from, piece.offset + to);
    }
    this.tableWritten(address, length, used);
  }

  #shadowDescriptors(from: number, to: number): void {
    for (let at = from & ~7; at < to; at += 8) {
      const low = this.#gdtWord(at);
      const high = this.#gdtWord(at + 4);
      // What is not there, or lies across pages, is left out: a load from it faults, and the VMM looks for itself.
      const there = low !== undefined && high !== undefined;
      this.#setShadow(this.#kernelGdt, at, there ? (this.compressed ? compress(low, high) : [low, forKernel(high)]) : [0, 0]);
      this.#setShadow(this.#userGdt, at, there ? [low, forUser(high)] : [0, 0]);
    }
  }

  #setShadow(gdt: Int32Array, at: number, words: readonly number[]): void {
    gdt.set(words, at >> 2);
    if (this.#installed === gdt) this.#writeVmm(GDT_OFFSET + at, words);
  }

  #gdtWord(offset: number): number | undefined {
    const piece = this.#pieces.find((p) => offset >= p.offset && offset + 4 <= p.offset + p.length);
    return piece && this.memory.physical.read(piece.physical + offset - piece.offset, 4);
  }
}

const HIGH_PRESENT = ATTR_P << 8;
const HIGH_SEGMENT = ATTR_S << 8;
const HIGH_CODE = ATTR_CODE << 8;
const HIGH_DPL = ATTR_DPL << 8;
const HIGH_GRANULARITY = 1 << 23;

/** High doubleword of a shadow descriptor while the guest's kernel runs. */
function forKernel(high: number): number {
  if (!(high & HIGH_SEGMENT)) return high & ~HIGH_DPL;
  if (high & HIGH_CODE && (high & HIGH_DPL) === HIGH_DPL) return high & ~HIGH_PRESENT;
  return high | HIGH_DPL;
}

/** While guest user code runs: neither a gate nor a TSS may lead the silicon out of user mode. */
const forUser = (high: number): number => (high & HIGH_SEGMENT ? high : high & ~HIGH_DPL);

/** DPL 0 becomes 1. */
const raise = (attributes: number): number => (attributes & ATTR_DPL ? attributes : attributes | (ATTR_DPL & -ATTR_DPL));

/** U/S does not keep CPL 1 out of the VMM's pages, so that segments must end below them. */
const belowVmm = (base: number, limit: number): number => (base < VMM_BASE && base + limit >= VMM_BASE ? VMM_BASE - 1 - base : limit);

/** The same for a descriptor; a limit in pages, for only such a one reaches that far. */
function compress(low: number, high: number): [low: number, high: number] {
  if (!(high & HIGH_SEGMENT)) return [low, high & ~HIGH_DPL];
  const raised = (raise(high >>> 8) << 8) | (high & 0xff);
  const base = ((low >>> 16) | ((high & 0xff) << 16) | (high & 0xff000000)) >>> 0;
  const pages = (low & 0xffff) | (high & 0xf0000);
  const limit = (pages << 12) | 0xfff;
  const kept = belowVmm(base, limit >>> 0) >>> 12;
  if (!(high & HIGH_GRANULARITY) || kept === pages) return [low, raised];
  return [(low & 0xffff0000) | (kept & 0xffff), (raised & ~0xf0000) | (kept & 0xf0000)];
}

const sameCache = (a: SegmentCache, b: SegmentCache): boolean => a.selector === b.selector && a.base === b.base && a.limit === b.limit && a.attributes === b.attributes;
