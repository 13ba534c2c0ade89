/**
 * What a walk of the guest's page tables is about: 32-bit paging with 4-MiB pages (SDM Vol. 3, 4.3), PAE paging with 2-MiB pages (4.4).
 * The walk itself is generated code (engine/paging/walk), which TypeScript calls too. Physical addresses have up to 36 bits:
 * numbers, not 32-bit integers.
 */
import { DENY_USER_READ } from './layout';
import type { GuestMemory } from './guestMemory';

export const PTE_P = 1 << 0;
export const PTE_RW = 1 << 1;
export const PTE_US = 1 << 2;
export const PTE_A = 1 << 5;
export const PTE_D = 1 << 6;
export const PTE_PS = 1 << 7;
export const PTE_G = 1 << 8;

/** Bits of a page fault's error code (SDM Vol. 3, figure 4-12). */
export const FAULT_P = 1;
export const FAULT_W = 2;
export const FAULT_U = 4;
export const FAULT_RSVD = 8;

/**
 * What a walk returns: an error code, below all of these; or WALKED_PAGE, and with it the deny bits of the page's TLB entry (memory/layout),
 * the G bit of the entry that maps it, its D bit, and the R/W bits of all entries, whatever CR0.WP says.
 */
export const WALKED_GLOBAL = 0x100;
export const WALKED_RW = 0x200;
export const WALKED_PAGE = 0x400;
export const WALKED_DIRTY = 0x800;

/** The generated functions that translate, and keep the software TLB with its windows. */
export interface PagingFunctions {
  /** For an access whose FAULT_W and FAULT_U bits are `cause`; without `commit` no A or D bit is set. What it finds is in cells (PAGING). */
  walk(linear: number, cause: number, commit: number): number;
  /** Give a page its entry. `global`: a new CR3 leaves it. */
  enter(page: number, entry: number, global: number): void;
  /** Without paging: every page of RAM gets its entry. */
  fillAll(): void;
  /** An entry without the right to store, which remembers where stores only have to be seen. */
  noting(entry: number): number;
  flush(): void;
  /** What a load of CR3 invalidates (SDM Vol. 3, 4.10.4.1). */
  flushLocal(): void;
  flushPage(page: number): void;
  /** The entry of a page has changed: windows follow. */
  changed(page: number): void;
}

export interface PageWalker {
  readonly functions: PagingFunctions;
  /** Called when so many pages are filled as the cell NEXT_CHOICE says. */
  chooseWindows: () => void;
}

export interface Translation {
  readonly kind: 'page';
  /** Physical address of the byte asked for. */
  readonly physical: number;
  readonly userAccess: boolean;
  /** R/W bits of all entries, whatever CR0.WP says. */
  readonly readWrite: boolean;
  readonly dirty: boolean;
  /** The G bit of the entry that maps the page. */
  readonly global: boolean;
  /** Deny bits of a TLB entry. */
  readonly denied: number;
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

const GIB_4 = 0x1_0000_0000;

/** By error code. */
export const PAGE_FAULTS: readonly PageFault[] = Array.from({ length: 16 }, (_, errorCode) => ({ kind: 'fault', errorCode }));

/** An address from its halves; an integer to V8 as long as it can be. */
export const physicalAddress = (low: number, upper: number): number => (upper === 0 ? low >>> 0 : upper * GIB_4 + (low >>> 0));

/** Bits 35:32 of an address as far as the processor has them. */
export const upperMask = (physicalBits: number): number => (1 << (physicalBits - 32)) - 1;

/** Physical address in bits 12 and up of an entry. */
export const frameOf = (low: number, high: number, physicalBits: number): number => physicalAddress(low & 0xfffff000, high & upperMask(physicalBits));

export const readEntry = (memory: GuestMemory, at: number, size: 4 | 8): Entry => ({ at, low: memory.read(at, 4), high: size === 8 ? memory.read(at + 4, 4) : 0 });

/** A translation that others overwrite: misses of the TLB are many, and none outlives its access. */
export class WalkedPage implements Translation {
  readonly kind = 'page';
  physical = 0;
  userAccess = true;
  readWrite = true;
  dirty = true;
  global = false;
  denied = 0;
  pde = -1;
  pte = -1;

  /** What `walked` says, which `walk` has returned. */
  set(walked: number, denyBits: number): void {
    this.denied = walked & denyBits;
    this.userAccess = (walked & DENY_USER_READ) === 0;
    this.readWrite = (walked & WALKED_RW) !== 0;
    this.dirty = (walked & WALKED_DIRTY) !== 0;
    this.global = (walked & WALKED_GLOBAL) !== 0;
  }
}
