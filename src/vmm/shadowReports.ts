/** What happens to shadow page tables and traced pages, as events of the VM. What the VMM itself touches causes no fault. */
import type { Access } from '../memory/pageWalker';
import type { HiddenFault, ShadowObserver } from '../memory/shadowPageTables';
import type { ShadowViewName } from '../protocol/vmmEvent';
import type { DeprivilegedWorld } from './deprivileged';
import { hiddenFaultDraft, shadowFillDraft, tracedWriteDraft } from './shadowDrafts';
import type { TechniqueHost } from './techniques/technique';

/** A stop is before the store: how long it is and whether it hits a table shows when it happens. */
const UNKNOWN_LENGTH = 1;

export class ShadowReports implements ShadowObserver {
  constructor(
    readonly host: TechniqueHost,
    readonly world: DeprivilegedWorld,
    /** A traced page or a device was met. */
    readonly touched: () => void,
  ) {}

  hiddenFault(fault: HiddenFault, stoppable: boolean): boolean {
    const { linear, access, view, physical, device } = fault;
    const { host, world } = this;
    if (stoppable && world.guestRuns) {
      if (host.stopsHere('hiddenFault', () => hiddenFaultDraft(fault, 'shadowFault'))) return false;
      if (!device && host.stopsHere('shadowFill', () => shadowFillDraft(linear, access, view, physical))) return false;
    }
    if (device && !world.rehearsing) this.touched();
    if (world.guestRuns) host.reportHere('hiddenFault', 'shadowFault', () => hiddenFaultDraft(fault, 'shadowFault'));
    return true;
  }

  tracing(_linear: number, _access: Access, physical: number): boolean {
    return !this.world.guestRuns || !this.host.stopsHere('tracedWrite', () => tracedWriteDraft(physical, UNKNOWN_LENGTH, true, 'tracedWrite'));
  }

  filled(linear: number, access: Access, view: ShadowViewName, physical: number): void {
    if (this.world.rehearsing) return;
    this.host.reportHere('shadowFill', undefined, () => shadowFillDraft(linear, access, view, physical));
  }

  tracedWrite(physical: number, length: number, used = true): void {
    if (this.world.rehearsing) return;
    // What the VMM stores for the guest costs no fault.
    const cost = this.world.guestRuns ? 'tracedWrite' : undefined;
    this.touched();
    this.host.reportHere('tracedWrite', cost, () => tracedWriteDraft(physical, length, used, cost));
  }
}
