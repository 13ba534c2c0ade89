/** Guest page tables, two-level with 4-MiB pages (SDM Vol. 3, 4.3). A walk reads physical memory and may set A and D bits. */
import type { GuestMemory } from './guestMemory';

export const PTE_P = 1 << 0;
export const PTE_RW = 1 << 1;
export const PTE_US = 1 << 2;
export const PTE_A = 1 << 5;
export const PTE_D = 1 << 6;
export const PTE_PS = 1 << 7;

export interface Translation {
  readonly kind: 'page';
  /** Physical address of the byte asked for. */
  readonly physical: number;
  readonly userAccess: boolean;
  readonly writable: boolean;
  readonly dirty: boolean;
}
export interface PageFault {
  readonly kind: 'fault';
  /** P, W/R and U/S bits (SDM Vol. 3, figure 4-12). */
  readonly errorCode: number;
}

export interface Access {
  readonly write: boolean;
  readonly user: boolean;
}

/** Paging controls that a walk depends on. */
export interface PagingMode {
  readonly cr3: number;
  readonly writeProtect: boolean;
  readonly pageSizeExtension: boolean;
}

const FAULT_P = 1;
const FAULT_W = 2;
const FAULT_U = 4;

/** Walk for `access`; with `commit` false nothing is written (the debugger looks without touching). */
export function walkPage(memory: GuestMemory, mode: PagingMode, linear: number, access: Access, commit: boolean): Translation | PageFault {
  const cause = (access.write ? FAULT_W : 0) | (access.user ? FAULT_U : 0);
  const directory = ((mode.cr3 & 0xfffff000) | ((linear >>> 20) & 0xffc)) >>> 0;
  const pde = memory.read(directory, 4);
  if (!(pde & PTE_P)) return { kind: 'fault', errorCode: cause };
  const large = (pde & PTE_PS) !== 0 && mode.pageSizeExtension;
  const table = ((pde & 0xfffff000) | ((linear >>> 10) & 0xffc)) >>> 0;
  const pte = large ? pde : memory.read(table, 4);
  if (!(pte & PTE_P)) return { kind: 'fault', errorCode: cause };
  const rights = large ? pde : pde & pte;
  const userAccess = (rights & PTE_US) !== 0;
  const writable = (rights & PTE_RW) !== 0;
  const denied = (access.user && !userAccess) || (access.write && !writable && (access.user || mode.writeProtect));
  if (denied) return { kind: 'fault', errorCode: cause | FAULT_P };
  const wanted = PTE_A | (access.write ? PTE_D : 0);
  if (commit) {
    if (!large && !(pde & PTE_A)) memory.write(directory, 4, pde | PTE_A);
    if ((pte & wanted) !== wanted) memory.write(large ? directory : table, 4, pte | wanted);
  }
  const physical = large ? ((pde & 0xffc00000) | (linear & 0x3fffff)) >>> 0 : ((pte & 0xfffff000) | (linear & 0xfff)) >>> 0;
  return { kind: 'page', physical, userAccess, writable: writable || (!mode.writeProtect && !userAccess), dirty: ((pte | wanted) & PTE_D) !== 0 };
}
