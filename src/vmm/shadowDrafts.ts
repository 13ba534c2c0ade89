/** What happens to shadow page tables and traced pages, as drafts of events. */
import { hexh } from '../base/bits';
import type { Access } from '../memory/pageWalker';
import type { HiddenFault } from '../memory/shadowPageTables';
import type { ShadowViewName } from '../protocol/vmmEvent';
import type { CostEvent } from './cost/profiles';
import type { EventDraft } from './techniques/technique';

/** Whose code the entry is for. */
const SHADOW_TABLES: Readonly<Record<ShadowViewName, string>> = { kernel: 'shadow tables for the kernel', user: 'shadow tables for user code', shared: 'shadow tables' };

const nameOf = ({ write }: Access): 'read' | 'write' => (write ? 'write' : 'read');

/** `cost`: what the VMM is charged, where an exit is not charged for it already. */
export const hiddenFaultDraft = ({ linear, access, view, device }: HiddenFault, cost?: CostEvent): EventDraft => ({
  kind: 'hiddenFault',
  reason: device ? 'device memory, never in the shadow tables' : 'not in the shadow tables yet',
  sentence: device
    ? `#PF at ${hexh(linear)}: a device is there, so the shadow page tables never map it; the VMM emulates the access.`
    : `#PF at ${hexh(linear)} that only the shadow page tables caused: the guest’s own tables allow the ${access.write ? 'store' : 'access'}, and the guest never hears of it.`,
  ...(cost ? { cost } : {}),
  details: { address: linear, access: nameOf(access), view },
});

export const shadowFillDraft = (linear: number, access: Access, view: ShadowViewName, physical: number): EventDraft => ({
  kind: 'shadowFill',
  reason: SHADOW_TABLES[view],
  sentence: `The shadow entry of ${hexh(linear)} in the ${view} root was derived from the guest’s tables: guest-physical ${hexh(physical)}${access.write ? ', writable' : ''}.`,
  details: { address: linear, access: nameOf(access), view, physical },
});

/** `used`: the store hit a table, not what shares a page with one. */
export const tracedWriteDraft = (physical: number, length: number, used: boolean, cost?: CostEvent): EventDraft => ({
  kind: 'tracedWrite',
  reason: used ? 'guest table' : 'beside a guest table',
  sentence: used
    ? `The guest wrote ${length} bytes at guest-physical ${hexh(physical)}, in a table that the VMM traces; what was derived from them is dropped or derived again.`
    : `The guest wrote guest-physical ${hexh(physical)}, which shares a page with a table that the VMM traces: it pays for a trace, and nothing changes.`,
  ...(cost ? { cost } : {}),
  details: { physical, length },
});
