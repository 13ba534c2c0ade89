/** Shadow page tables under VT-x of the first generation: a hidden fault, or a store to a traced page, is a VM exit for a page fault. */
import { PF } from '../x86/exceptions';
import type { Access } from '../memory/pageWalker';
import type { HiddenFault, ShadowObserver } from '../memory/shadowPageTables';
import type { ShadowViewName } from '../protocol/vmmEvent';
import { type ExceptionExit, interruption } from './exits/exception';
import { hiddenFaultDraft, shadowFillDraft, tracedWriteDraft } from './shadowDrafts';
import type { TechniqueHost } from './techniques/technique';

/** Who accesses memory: an instruction of the guest, the processor for an event it delivers, or the VMM, which causes no fault. */
export type Accessor = 'guest' | 'delivery' | 'vmm';

const PF_PRESENT = 1;
const PF_WRITE = 2;
const PF_USER = 4;
/** A stop is before the store: how long it is shows when it happens. */
const UNKNOWN_LENGTH = 1;

const pageFault = (linear: number, errorCode: number, hidden: string): ExceptionExit => ({
  reason: 'EXCEPTION_OR_NMI',
  vector: PF,
  information: interruption(PF, false, true),
  errorCode,
  operand: linear,
  hidden,
});

const errorCodeOf = ({ write, user }: Access): number => (write ? PF_WRITE : 0) | (user ? PF_USER : 0);

export class ShadowExits implements ShadowObserver {
  /** The instruction whose accesses the VMM emulates: one exit for all of them. */
  #emulated = { retired: -1, eip: -1 };

  constructor(
    readonly host: TechniqueHost,
    /** The exit, in the middle of an instruction; `emulates`: the VMM keeps control to the instruction's end. False: stop before it. */
    readonly exit: (exit: ExceptionExit, emulates: boolean) => boolean,
    readonly accessor: () => Accessor,
  ) {}

  hiddenFault(fault: HiddenFault, stoppable: boolean): boolean {
    const { linear, access, view, physical, device } = fault;
    const { host } = this;
    const by = this.accessor();
    if (by === 'vmm') return true;
    if (stoppable && by === 'guest') {
      if (host.stopsHere('hiddenFault', () => hiddenFaultDraft(fault))) return false;
      if (!device && host.stopsHere('shadowFill', () => shadowFillDraft(linear, access, view, physical))) return false;
    }
    if (device) {
      if (!this.#emulate(pageFault(linear, errorCodeOf(access), 'found a device there, and emulated the access'))) return false;
    } else if (!this.exit(pageFault(linear, errorCodeOf(access), 'filled the entry of its shadow page table: the guest’s own tables allow the access'), false)) return false;
    host.reportHere('hiddenFault', undefined, () => hiddenFaultDraft(fault));
    return true;
  }

  tracing(linear: number, access: Access, physical: number, present: boolean): boolean {
    const by = this.accessor();
    if (by === 'vmm') return true;
    if (by === 'guest' && this.host.stopsHere('tracedWrite', () => tracedWriteDraft(physical, UNKNOWN_LENGTH, true))) return false;
    return this.#emulate(pageFault(linear, errorCodeOf(access) | (present ? PF_PRESENT : 0), 'made the store, and dropped what its shadow page tables derived from there'));
  }

  #emulate(exit: ExceptionExit): boolean {
    const { engine } = this.host;
    const here = { retired: engine.retired, eip: engine.currentEip };
    if (this.#emulated.retired === here.retired && this.#emulated.eip === here.eip) return true;
    if (!this.exit(exit, true)) return false;
    this.#emulated = here;
    return true;
  }

  filled(linear: number, access: Access, view: ShadowViewName, physical: number): void {
    this.host.reportHere('shadowFill', undefined, () => shadowFillDraft(linear, access, view, physical));
  }

  tracedWrite(physical: number, length: number): void {
    this.host.reportHere('tracedWrite', undefined, () => tracedWriteDraft(physical, length, true));
  }
}
