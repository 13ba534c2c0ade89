/** Cells that the generated page walk shares with TypeScript, 32 bits each: what it depends on, and what the last walk found. */
import { PAGING_CELLS } from './layout';

const AT = PAGING_CELLS;

export const PAGING = {
  /** The guest's paging controls: `PAGING_…` bits. */
  CONTROLS: AT,
  CR3: AT + 4,
  /** Bits 35:32 of an address as far as the processor has them; bits of a 4-MiB page's entry that are these. */
  UPPER_MASK: AT + 8,
  PSE36_MASK: AT + 12,
  /** All ones, or without bit 20 while the A20 gate is closed. */
  A20_MASK: AT + 16,
  /** Bytes. */
  RAM_SIZE: AT + 20,
  /** Nonzero: somebody other than the guest's tables has a say in translation (`UNUSUAL_…`), and generated code leaves misses to TypeScript. */
  UNUSUAL: AT + 24,
  /** How many pages the lists of filled ones name, and with how many it is time to choose access windows. */
  GLOBAL_COUNT: AT + 28,
  LOCAL_COUNT: AT + 32,
  NEXT_CHOICE: AT + 36,
  /** Access windows that follow the TLB, in `LIVE_WINDOWS`. */
  WINDOW_COUNT: AT + 40,
  /** Added to the mode of entries of the jump cache: what was entered before the TLB lost an entry of a code page is looked at again. */
  JUMP_EPOCH: AT + 44,
  /** Where the store that `storePlace` has let through also goes: the field of a record that holds what it patches, or NOWHERE. */
  PATCHED: AT + 0x30,
  NOWHERE: AT + 0x34,
  /** Nonzero: all RAM has its entries, because there is no paging (fillAll); and how often the next miss may bring that about again. */
  ALL_FILLED: AT + 0x38,
  FILLS_LEFT: AT + 0x3c,
  /** What the last walk found: the address of the byte, and of the entries that it read (`NO_ENTRY`), low and high halves. */
  PHYSICAL: AT + 0x40,
  PHYSICAL_UPPER: AT + 0x44,
  PDE: AT + 0x48,
  PDE_UPPER: AT + 0x4c,
  PTE: AT + 0x50,
  PTE_UPPER: AT + 0x54,
  /** With PAE paging, the four page-directory-pointer-table entries as they were loaded, 8 bytes each. */
  PDPTES: AT + 0x60,
} as const;

/** Windows that are kept up to date, of all kinds together, and the words of each: its first page, deny bit, delta, and cell (memory/accessWindows). */
export const LIVE_WINDOWS = AT + 0x100;
export const LIVE_WINDOW_STRIDE = 16;

/** How far JUMP_EPOCH moves at a time: above the numbers of modes. */
export const EPOCH = 4096;

export const NO_ENTRY = -1;

/** Of CONTROLS: CR0.PG, CR0.WP, CR4.PSE, CR4.PAE, CR4.PGE. */
export const PAGING_ON = 1;
export const PAGING_WP = 2;
export const PAGING_PSE = 4;
export const PAGING_PAE = 8;
export const PAGING_PGE = 16;

/** Of UNUSUAL: shadow or nested tables, pages of the VMM, data breakpoints, a journal of stores. */
export const UNUSUAL_SHADOW = 1;
export const UNUSUAL_NESTED = 2;
export const UNUSUAL_WINDOW = 4;
export const UNUSUAL_WATCHED = 8;
export const UNUSUAL_JOURNAL = 16;
