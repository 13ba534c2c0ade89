/** How one linear address is translated: the guest's own tables, the VMM's shadow of them, and nested tables, side by side. */
import type { TechniqueId } from './techniques';
import type { ShadowViewName } from './vmmEvent';

export interface GuestTableEntry {
  readonly level: 'directory' | 'table';
  /** Guest-physical address of the entry, and its low doubleword. */
  readonly at: number;
  readonly value: number;
}

export interface GuestWalkColumn {
  /** Empty while paging is off. */
  readonly entries: readonly GuestTableEntry[];
  /** Guest-physical; undefined when not mapped. */
  readonly physical?: number;
  /** #PF error code of a read as a supervisor, when not mapped. */
  readonly errorCode?: number;
}

export interface ShadowColumn {
  readonly view: ShadowViewName;
  /** `mapped`; `traced`: the guest allows stores and the VMM sees them; `vmm`: a page of the VMM; `hidden`: an access would be a hidden fault; `absent`: a true one. */
  readonly kind: 'mapped' | 'traced' | 'vmm' | 'hidden' | 'absent';
  /** The shadow entry; offset in the VM's memory of the table that holds it, when there is one. */
  readonly entry: number;
  readonly table?: number;
}

export interface NestedColumn {
  /** Host-physical address of the leaf entry, when upper levels are present. */
  readonly at?: number;
  /** R, W, X allowed: bits 0 to 2. */
  readonly permissions: number;
}

export interface PageWalkRow {
  /** Of the page. */
  readonly linear: number;
  readonly guest: GuestWalkColumn;
  /** One for each shadow root of the current address space; none without shadow page tables. */
  readonly shadow: readonly ShadowColumn[];
  readonly nested?: NestedColumn;
}

export interface PageWalkResponse {
  readonly technique: TechniqueId;
  readonly rows: readonly PageWalkRow[];
  /** Guest-physical pages that hold tables which the VMM traces. */
  readonly traced: readonly number[];
}
