/**
 * Guest page tables: 32-bit paging with 4-MiB pages (SDM Vol. 3, 4.3), PAE paging with 2-MiB pages (4.4). A walk reads
 * physical memory and may set A and D bits. Physical addresses have up to 36 bits: numbers, not 32-bit integers.
 */
import type { GuestMemory } from './guestMemory';

export const PTE_P = 1 << 0;
export const PTE_RW = 1 << 1;
export const PTE_US = 1 << 2;
export const PTE_A = 1 << 5;
export const PTE_D = 1 << 6;
export const PTE_PS = 1 << 7;
export const PTE_G = 1 << 8;

export interface Translation {
  readonly kind: 'page';
  /** Physical address of the byte asked for. */
  readonly physical: number;
  readonly userAccess: boolean;
  readonly writable: boolean;
  /** R/W bits of all entries, whatever CR0.WP says. */
  readonly readWrite: boolean;
  readonly dirty: boolean;
  /** The G bit of the entry that maps the page. */
  readonly global: boolean;
  /** Physical address of the page-directory entry, and of the page-table entry; -1 where there is none. */
  readonly pde: number;
  readonly pte: number;
}
export interface PageFault {
  readonly kind: 'fault';
  /** P, W/R, U/S and RSVD bits (SDM Vol. 3, figure 4-12). */
  readonly errorCode: number;
}

export interface Access {
  readonly write: boolean;
  readonly user: boolean;
}

/** A paging-structure entry; 32-bit paging has no high half. */
export interface Entry {
  readonly at: number;
  readonly low: number;
  readonly high: number;
}

/** Paging controls that a walk depends on. */
export interface PagingMode {
  readonly cr3: number;
  readonly writeProtect: boolean;
  readonly pageSizeExtension: boolean;
  /** PAE paging: the four page-directory-pointer-table entries, low and high halves, as they were loaded. */
  readonly pdptes: Int32Array | undefined;
  /** Address bits of this processor, and whether 4-MiB pages reach beyond 4 GiB (PSE-36). */
  readonly physicalBits: number;
  readonly pse36: boolean;
}

const FAULT_P = 1;
const FAULT_W = 2;
const FAULT_U = 4;
const FAULT_RSVD = 8;
const GIB_4 = 0x1_0000_0000;

/** By error code. */
const FAULTS: readonly PageFault[] = Array.from({ length: 16 }, (_, errorCode) => ({ kind: 'fault', errorCode }));

/** Physical address in bits 12 and up of an entry. */
export const frameOf = (low: number, high: number, physicalBits: number): number => {
  const frame = (low & 0xfffff000) >>> 0;
  return high === 0 ? frame : (high & ((1 << (physicalBits - 32)) - 1)) * GIB_4 + frame; // an integer to V8 as long as it can be
};

export const readEntry = (memory: GuestMemory, at: number, size: 4 | 8): Entry => ({ at, low: memory.read(at, 4), high: highHalf(memory, at, size) });

const highHalf = (memory: GuestMemory, at: number, size: 4 | 8): number => (size === 8 ? memory.read(at + 4, 4) : 0);

/** Bits 20:13 of a 4-MiB page's entry are address bits 39:32, as far as the processor has them. */
const pse36Mask = ({ pse36, physicalBits }: PagingMode): number => (pse36 ? ((1 << (physicalBits - 32)) - 1) << 13 : 0);

/** Is a bit set that must be zero? Without PSE and PAE nothing is checked (SDM Vol. 3, 4.7). */
function setsReserved(mode: PagingMode, low: number, high: number, large: boolean): boolean {
  if (mode.pdptes) return (high & ~((1 << (mode.physicalBits - 32)) - 1)) !== 0 || (large && (low & 0x1fe000) !== 0);
  return large && (low & 0x3fe000 & ~pse36Mask(mode)) !== 0;
}

function largePage(mode: PagingMode, low: number, high: number, linear: number): number {
  if (mode.pdptes) return frameOf(low & 0xffe00000, high, mode.physicalBits) + (linear & 0x1fffff);
  const above = (low & pse36Mask(mode)) >>> 13;
  const physical = ((low & 0xffc00000) | (linear & 0x3fffff)) >>> 0;
  return above === 0 ? physical : above * GIB_4 + physical;
}

/** Bytes of an entry. */
const entrySize = ({ pdptes }: PagingMode): 4 | 8 => (pdptes ? 8 : 4);

/** Physical address of the page-directory entry for `linear`; with PAE paging undefined where the PDPTE is not present. */
function directoryEntry(mode: PagingMode, linear: number): number | undefined {
  const { pdptes, physicalBits } = mode;
  if (!pdptes) return ((mode.cr3 & 0xfffff000) >>> 0) + (linear >>> 22) * 4;
  const n = 2 * (linear >>> 30);
  return pdptes[n] & PTE_P ? frameOf(pdptes[n], pdptes[n + 1], physicalBits) + ((linear >>> 21) & 0x1ff) * 8 : undefined;
}

const isLarge = (mode: PagingMode, low: number): boolean => (low & PTE_PS) !== 0 && (mode.pdptes !== undefined || mode.pageSizeExtension);

const tableEntry = (mode: PagingMode, low: number, high: number, linear: number): number =>
  frameOf(low, high, mode.physicalBits) + ((linear >>> 12) & (mode.pdptes ? 0x1ff : 0x3ff)) * entrySize(mode);

/** Physical addresses of the entries that a walk for `linear` reads, in order. */
export function pathOf(memory: GuestMemory, mode: PagingMode, linear: number): number[] {
  const at = directoryEntry(mode, linear);
  if (at === undefined) return [];
  const { low, high } = readEntry(memory, at, entrySize(mode));
  return low & PTE_P && !isLarge(mode, low) ? [at, tableEntry(mode, low, high, linear)] : [at];
}

/** A translation that others overwrite: misses of the TLB are many, and none outlives its access. */
export class WalkedPage implements Translation {
  readonly kind = 'page';
  physical = 0;
  userAccess = true;
  writable = true;
  readWrite = true;
  dirty = true;
  global = false;
  pde = -1;
  pte = -1;

  /** Without paging. */
  unpaged(physical: number): this {
    this.physical = physical;
    this.userAccess = this.writable = this.readWrite = this.dirty = true;
    this.global = false;
    this.pde = this.pte = -1;
    return this;
  }
}

/** Walk for `access`, whose translation goes to `into`; with `commit` false nothing is written (the debugger looks without touching). */
export function walkPage(memory: GuestMemory, mode: PagingMode, linear: number, access: Access, commit: boolean, into = new WalkedPage()): Translation | PageFault {
  const cause = (access.write ? FAULT_W : 0) | (access.user ? FAULT_U : 0);
  const size = entrySize(mode);
  const at = directoryEntry(mode, linear);
  if (at === undefined) return FAULTS[cause];
  const pdeLow = memory.read(at, 4);
  const pdeHigh = highHalf(memory, at, size);
  if (!(pdeLow & PTE_P)) return FAULTS[cause];
  const large = isLarge(mode, pdeLow);
  if (setsReserved(mode, pdeLow, pdeHigh, large)) return FAULTS[cause | FAULT_P | FAULT_RSVD];
  const pteAt = large ? at : tableEntry(mode, pdeLow, pdeHigh, linear);
  const low = large ? pdeLow : memory.read(pteAt, 4);
  const high = large ? pdeHigh : highHalf(memory, pteAt, size);
  if (!(low & PTE_P)) return FAULTS[cause];
  if (setsReserved(mode, low, high, large)) return FAULTS[cause | FAULT_P | FAULT_RSVD];
  const rights = pdeLow & low;
  const userAccess = (rights & PTE_US) !== 0;
  const writable = (rights & PTE_RW) !== 0;
  const denied = (access.user && !userAccess) || (access.write && !writable && (access.user || mode.writeProtect));
  if (denied) return FAULTS[cause | FAULT_P];
  const wanted = PTE_A | (access.write ? PTE_D : 0);
  if (commit) {
    if (!large && !(pdeLow & PTE_A)) memory.write(at, 4, pdeLow | PTE_A);
    if ((low & wanted) !== wanted) memory.write(pteAt, 4, low | wanted);
  }
  into.physical = large ? largePage(mode, low, high, linear) : frameOf(low, high, mode.physicalBits) + (linear & 0xfff);
  into.userAccess = userAccess;
  into.writable = writable || (!mode.writeProtect && !userAccess);
  into.readWrite = writable;
  into.dirty = ((low | wanted) & PTE_D) !== 0;
  into.global = (low & PTE_G) !== 0;
  into.pde = at;
  into.pte = large ? -1 : pteAt;
  return into;
}
