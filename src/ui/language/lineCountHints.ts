/** What a run has left at the end of each line: how often the hypervisor stepped in there. Pure. */
import type { LineCounts } from '../../protocol/requests';
import type { VmmEventKind } from '../../protocol/vmmEvent';
import { grouped } from '../../base/address';
import { counted, msg, t } from '../text';

/** Kinds worth a place beside the source, in the order in which they are named. */
const SHOWN: readonly (readonly [kind: VmmEventKind, one: string, many: string])[] = [
  ['silent', msg('{0} silently wrong'), msg('{0} silently wrong')],
  ['trap', msg('{0} trap'), msg('{0} traps')],
  ['vmExit', msg('{0} exit'), msg('{0} exits')],
  ['callout', msg('{0} callout'), msg('{0} callouts')],
  ['inline', msg('{0} inline'), msg('{0} inline')],
  ['hypercall', msg('{0} hypercall'), msg('{0} hypercalls')],
  ['hiddenFault', msg('{0} hidden fault'), msg('{0} hidden faults')],
  ['guestFault', msg('{0} fault'), msg('{0} faults')],
];

export interface Hint {
  /** 0-based. */
  readonly line: number;
  readonly text: string;
  readonly tooltip: string;
}

const TOOLTIPS: Readonly<Partial<Record<VmmEventKind, string>>> = {
  silent: msg('ran in user mode with another meaning than on bare metal'),
  trap: msg('faulted to the VMM, which emulated it'),
  vmExit: msg('left non-root mode'),
  callout: msg('ended its block; the VMM emulated it'),
  inline: msg('was emulated in the translation cache'),
  hypercall: msg('called the hypervisor'),
  hiddenFault: msg('met a page that only the shadow page tables lacked'),
  guestFault: msg('raised an exception in the guest'),
};

export function lineCountHints(lines: readonly LineCounts[], isThis: (path: string) => boolean): Hint[] {
  return lines.flatMap(({ path, line, counts }) => {
    if (!isThis(path)) return [];
    const shown = SHOWN.filter(([kind]) => (counts[kind] ?? 0) > 0);
    if (shown.length === 0) return [];
    const text = shown.map(([kind, one, many]) => counted(counts[kind] ?? 0, one, many)).join(', ');
    const tooltip = shown.map(([kind]) => `${grouped(counts[kind] ?? 0)} × ${t(TOOLTIPS[kind] ?? kind)}`).join('\n\n');
    return [{ line: line - 1, text, tooltip }];
  });
}
