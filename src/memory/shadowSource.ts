/** What a shadow table of 1024 entries, 4 MiB of linear space, is derived from: one page table of 32-bit paging, two of PAE paging, large pages, or nothing at all while the guest's paging is off. */
import { hex } from '../base/bits';
import type { GuestMemory } from './guestMemory';
import { PAGE } from './layout';
import { PTE_A, PTE_D, PTE_P, PTE_PS, type PagingMode, frameOf, readEntry } from './pageWalker';

/** A page table of the guest, and which shadow entries it gives. */
export interface TableSource {
  readonly page: number;
  readonly first: number;
  readonly entrySize: 4 | 8;
}

/** A page directory of the guest, and which 4-MiB regions it gives. */
export interface DirectorySource {
  readonly page: number;
  readonly firstRegion: number;
  readonly entrySize: 4 | 8;
}

export interface RegionSource {
  /** Two regions of the same key have the same shadow. */
  readonly key: string;
  readonly tables: readonly TableSource[];
  readonly large: boolean;
}

const REGION_ENTRIES = 1024;

/** Page directories of an address space; those of PAE paging cover 1 GiB each. */
export function directoriesOf(mode: PagingMode | undefined): DirectorySource[] {
  if (!mode) return [];
  const { pdptes, physicalBits } = mode;
  if (!pdptes) return [{ page: (mode.cr3 & ~(PAGE - 1)) >>> 0, firstRegion: 0, entrySize: 4 }];
  const found: DirectorySource[] = [];
  for (let n = 0; n < 4; n++) if (pdptes[2 * n] & PTE_P) found.push({ page: frameOf(pdptes[2 * n], pdptes[2 * n + 1], physicalBits), firstRegion: 256 * n, entrySize: 8 });
  return found;
}

/** A name of the address space: the same for the same directories. */
export const addressSpaceKey = (mode: PagingMode | undefined): string =>
  mode
    ? directoriesOf(mode)
        .map(({ page, firstRegion }) => `${hex(page)}@${firstRegion}`)
        .join()
    : 'no paging';

export function regionSource(memory: GuestMemory, mode: PagingMode | undefined, region: number): RegionSource {
  if (!mode) return { key: `no paging ${region}`, tables: [], large: false };
  const directory = directoriesOf(mode).find(({ firstRegion, entrySize }) => region >= firstRegion && region < firstRegion + (entrySize === 4 ? 1024 : 256));
  if (!directory) return { key: `nothing ${region}`, tables: [], large: false };
  const { page, firstRegion, entrySize } = directory;
  const halves = entrySize === 4 ? [page + 4 * region] : [page + 16 * (region - firstRegion), page + 16 * (region - firstRegion) + 8];
  const names: string[] = [];
  const tables: TableSource[] = [];
  let large = false;
  halves.forEach((at, n) => {
    const pde = readEntry(memory, at, entrySize);
    const isLarge = (pde.low & PTE_PS) !== 0 && (mode.pdptes !== undefined || mode.pageSizeExtension);
    names.push(pde.low & PTE_P ? `${hex(pde.high)}:${hex((pde.low & ~(PTE_A | (isLarge ? PTE_D : 0))) >>> 0)}` : '-');
    large ||= isLarge;
    if (pde.low & PTE_P && !isLarge) tables.push({ page: frameOf(pde.low, pde.high, mode.physicalBits), first: (n * REGION_ENTRIES) / 2, entrySize });
  });
  return { key: names.join(' '), tables, large };
}
