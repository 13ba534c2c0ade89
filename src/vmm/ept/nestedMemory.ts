/** The VMM's side of nested paging: which guest-physical pages are mapped, and what an access to another one is. */
import type { NestedPaging } from '../../memory/linearMemory';
import type { GuestMemory } from '../../memory/guestMemory';
import type { EptAccess, EptExit, EptTarget } from '../exits/eptViolation';
import { EPT_EXECUTE, EPT_LEVELS, EPT_READ, EPT_WRITE, type EptTables } from './eptTables';

const NEEDED: Readonly<Record<EptAccess, number>> = { read: EPT_READ, write: EPT_WRITE, fetch: EPT_EXECUTE };
/** References that a TLB miss of the guest costs: n levels of its own, each through m nested ones, then the final address. */
export const walkReferences = (guestLevels: number): number => guestLevels * EPT_LEVELS + guestLevels + EPT_LEVELS;

export interface NestedHost {
  /** A violation. False: stop before the instruction. */
  violated(exit: EptExit): boolean;
  /** Paging levels of the guest now: 0 without paging. */
  guestLevels(): number;
}

export class NestedMemory implements NestedPaging {
  /** Translations that the TLB did not have, and the memory references they took. */
  misses = 0;
  references = 0;
  #map: number;
  /** Pages that code has run from, under this map. */
  readonly #fetched = new Set<number>();

  constructor(
    readonly tables: EptTables,
    readonly physical: GuestMemory,
    readonly host: NestedHost,
  ) {
    this.#map = physical.mapVersion;
  }

  #target(physical: number): EptTarget {
    if (this.physical.isRam(physical)) return 'ram';
    return this.physical.isBacked(physical) ? 'rom' : 'device';
  }

  /** Make the entry allow the access, or not: a violation, which the VMM handles. False: stop before the instruction. */
  #reach(physical: number, linear: number, access: EptAccess, final: boolean): boolean {
    if (this.physical.mapVersion !== this.#map) {
      this.#map = this.physical.mapVersion;
      this.#fetched.clear();
      this.tables.clear();
    }
    const { permissions, misconfigured } = this.tables.look(physical);
    if (!misconfigured && permissions & NEEDED[access]) {
      this.tables.mark(physical, access === 'write');
      return true;
    }
    const target = this.#target(physical);
    if (!this.host.violated({ reason: misconfigured ? 'EPT_MISCONFIGURATION' : 'EPT_VIOLATION', access, allowed: permissions, linear, physical, final, target })) return false;
    if (target === 'device') return true;
    this.tables.map(physical, target === 'ram' ? EPT_READ | EPT_WRITE | EPT_EXECUTE : EPT_READ | EPT_EXECUTE);
    this.tables.mark(physical, target === 'ram' && access === 'write');
    return true;
  }

  walk(physical: number, linear: number): boolean {
    return this.#reach(physical, linear, 'read', false);
  }

  admit(physical: number, linear: number, write: boolean, filled: boolean): boolean {
    if (filled) {
      this.misses++;
      this.references += walkReferences(this.host.guestLevels());
    }
    return this.#reach(physical, linear, write ? 'write' : 'read', true);
  }

  /** Code at `physical` is about to run. */
  fetch(physical: number, linear: number): boolean {
    const page = Math.floor(physical / 4096);
    if (this.#fetched.has(page) && this.physical.mapVersion === this.#map) return true;
    if (!this.#reach(physical, linear, 'fetch', true)) return false;
    this.#fetched.add(page);
    return true;
  }

  isDirty(physical: number): boolean {
    return this.tables.look(physical).dirty;
  }
}
