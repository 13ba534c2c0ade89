/** Paging as the guest has set it up: its mode, which is in the cells that the generated walk depends on, and what a walk of its tables finds. */
import { CPU, type CpuState } from '../x86/cpuState';
import { CR0_PG, CR0_WP, CR4_PAE, CR4_PGE, CR4_PSE } from '../x86/flags';
import { DENY_ALL } from './layout';
import {
  type Access,
  FAULT_U,
  FAULT_W,
  PAGE_FAULTS,
  type PageFault,
  type PagingFunctions,
  type PagingMode,
  type Translation,
  WALKED_PAGE,
  WalkedPage,
  physicalAddress,
  upperMask,
} from './pageWalker';
import { NO_ENTRY, PAGING, PAGING_ON, PAGING_PAE, PAGING_PGE, PAGING_PSE, PAGING_WP } from './pagingCells';

/** What paging the processor has beyond 32-bit paging. */
export interface PagingFeatures {
  readonly physicalBits: number;
  readonly pse36: boolean;
}

export class GuestPaging {
  /** Whatever the silicon's registers show. */
  #mode: { -readonly [K in keyof PagingMode]: PagingMode[K] } | undefined;

  constructor(
    readonly cpu: CpuState,
    readonly features: PagingFeatures,
    readonly functions: Pick<PagingFunctions, 'walk'>,
  ) {
    const upper = upperMask(features.physicalBits);
    cpu.set(PAGING.UPPER_MASK, upper);
    // Bits 20:13 of a 4-MiB page's entry are address bits 39:32, as far as the processor has them.
    cpu.set(PAGING.PSE36_MASK, features.pse36 ? upper << 13 : 0);
  }

  /** Undefined: there is no paging. */
  get mode(): PagingMode | undefined {
    return this.#mode;
  }

  /** A new CR3 leaves the TLB's global pages. */
  get keepsGlobal(): boolean {
    return (this.cpu.get(PAGING.CONTROLS) & PAGING_PGE) !== 0;
  }

  /** CR0 or CR4 has changed. */
  load(): void {
    const { cpu, features } = this;
    const cr0 = cpu.get(CPU.CR0);
    const cr4 = cpu.get(CPU.CR4);
    this.#mode =
      cr0 & CR0_PG
        ? {
            cr3: cpu.get(CPU.CR3),
            writeProtect: (cr0 & CR0_WP) !== 0,
            pageSizeExtension: (cr4 & CR4_PSE) !== 0,
            pdptes: this.#pdptes(cr4),
            physicalBits: features.physicalBits,
            pse36: features.pse36,
          }
        : undefined;
    this.#setControls(this.#mode, (cr4 & CR4_PGE) !== 0);
  }

  /** CR3 alone has. `isKept`: somebody keeps the mode as it was. */
  loadCr3(isKept: boolean): void {
    if (!this.#mode) return;
    if (isKept) this.#mode = { ...this.#mode };
    const cr4 = this.cpu.get(CPU.CR4);
    this.#mode.cr3 = this.cpu.get(CPU.CR3);
    this.#mode.pdptes = this.#pdptes(cr4);
    this.#setControls(this.#mode, (cr4 & CR4_PGE) !== 0);
  }

  #pdptes(cr4: number): Int32Array | undefined {
    return cr4 & CR4_PAE ? this.cpu.i32.slice(CPU.PDPTE >> 2, (CPU.PDPTE >> 2) + 8) : undefined;
  }

  /** What the walk depends on. */
  #setControls(mode: PagingMode | undefined, keepsGlobal: boolean): void {
    const { cpu } = this;
    const paging = mode ? PAGING_ON | (mode.writeProtect ? PAGING_WP : 0) | (mode.pageSizeExtension ? PAGING_PSE : 0) | (mode.pdptes ? PAGING_PAE : 0) : 0;
    cpu.set(PAGING.CONTROLS, paging | (keepsGlobal ? PAGING_PGE : 0));
    cpu.set(PAGING.CR3, mode?.cr3 ?? 0);
    mode?.pdptes?.forEach((word, n) => cpu.set(PAGING.PDPTES + 4 * n, word));
  }

  /** What an access meets. `commit` false leaves A and D bits alone. */
  walk(linear: number, access: Access, commit: boolean, into = new WalkedPage()): Translation | PageFault {
    const walked = this.functions.walk(linear, (access.write ? FAULT_W : 0) | (access.user ? FAULT_U : 0), commit ? 1 : 0);
    if (walked < WALKED_PAGE) return PAGE_FAULTS[walked];
    into.set(walked, DENY_ALL);
    into.physical = this.#found(PAGING.PHYSICAL);
    into.pde = this.#foundEntry(PAGING.PDE);
    into.pte = this.#foundEntry(PAGING.PTE);
    return into;
  }

  /** What the last walk found. */
  #found(cell: number): number {
    const { i32 } = this.cpu;
    return physicalAddress(i32[cell >> 2], i32[(cell + 4) >> 2]);
  }

  #foundEntry(cell: number): number {
    return this.cpu.i32[cell >> 2] === NO_ENTRY ? -1 : this.#found(cell);
  }

  /** Physical addresses of the entries that the tables have for `linear`, from the top. */
  path(linear: number): number[] {
    this.functions.walk(linear, 0, 0);
    return [PAGING.PDE, PAGING.PTE].map((cell) => this.#foundEntry(cell)).filter((at) => at >= 0);
  }

  /** For tests: what an access would meet in another mode. */
  walkIn(mode: PagingMode | undefined, linear: number, access: Access): Translation | PageFault {
    const { keepsGlobal } = this;
    this.#setControls(mode, keepsGlobal);
    const found = this.walk(linear, access, false);
    this.#setControls(this.#mode, keepsGlobal);
    return found;
  }
}
