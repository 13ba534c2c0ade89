/** What happens to shadow page tables and traced pages, as events of the VM. What the VMM itself touches causes no fault. */
import { hexh } from '../base/bits';
import type { Access } from '../memory/pageWalker';
import type { ShadowObserver } from '../memory/shadowPageTables';
import type { ShadowViewName } from '../protocol/vmmEvent';
import type { DeprivilegedWorld } from './deprivileged';
import type { TechniqueHost } from './techniques/technique';

export class ShadowReports implements ShadowObserver {
  constructor(
    readonly host: TechniqueHost,
    readonly world: DeprivilegedWorld,
    /** A traced page or a device was met. */
    readonly touched: () => void,
  ) {}

  hiddenFault(address: number, { write }: Access, view: ShadowViewName, device: boolean): void {
    if (device && !this.world.rehearsing) this.touched();
    if (!this.world.guestRuns) return;
    this.host.reportHere('hiddenFault', 'shadowFault', () => ({
      kind: 'hiddenFault',
      reason: device ? 'device' : 'not in the shadow',
      sentence: device
        ? `#PF at ${hexh(address)}: a device is there, so the shadow page tables never map it; the VMM emulates the access.`
        : `#PF at ${hexh(address)} that only the shadow page tables caused: the guest’s own tables allow the ${write ? 'store' : 'access'}, and the guest never hears of it.`,
      cost: 'shadowFault',
      details: { address, access: write ? 'write' : 'read', view },
    }));
  }

  filled(address: number, { write }: Access, view: ShadowViewName, physical: number): void {
    if (this.world.rehearsing) return;
    this.host.reportHere('shadowFill', undefined, () => ({
      kind: 'shadowFill',
      reason: `${view} root`,
      sentence: `The shadow entry of ${hexh(address)} in the ${view} root was derived from the guest’s tables: guest-physical ${hexh(physical)}${write ? ', writable' : ''}.`,
      details: { address, access: write ? 'write' : 'read', view, physical },
    }));
  }

  tracedWrite(physical: number, length: number, used = true): void {
    if (this.world.rehearsing) return;
    // What the VMM stores for the guest costs no fault.
    const cost = this.world.guestRuns ? 'tracedWrite' : undefined;
    this.touched();
    this.host.reportHere('tracedWrite', cost, () => ({
      kind: 'tracedWrite',
      reason: used ? 'guest table' : 'beside a guest table',
      sentence: used
        ? `The guest wrote ${length} bytes at guest-physical ${hexh(physical)}, in a table that the VMM traces; what was derived from them is dropped or derived again.`
        : `The guest wrote guest-physical ${hexh(physical)}, which shares a page with a table that the VMM traces: it pays for a trace, and nothing changes.`,
      ...(cost ? { cost } : {}),
      details: { physical, length },
    }));
  }
}
