/** What a run has left at the end of each line: how often the hypervisor stepped in there. Pure. */
import type { LineCounts } from '../../protocol/requests';
import type { VmmEventKind } from '../../protocol/vmmEvent';
import { grouped, plural } from '../../base/address';

/** Kinds worth a place beside the source, in the order in which they are named. */
const SHOWN: readonly (readonly [VmmEventKind, string])[] = [
  ['silent', 'silently wrong'],
  ['trap', 'trap'],
  ['vmExit', 'exit'],
  ['callout', 'callout'],
  ['inline', 'inline'],
  ['hypercall', 'hypercall'],
  ['hiddenFault', 'hidden fault'],
  ['guestFault', 'fault'],
];

export interface Hint {
  /** 0-based. */
  readonly line: number;
  readonly text: string;
  readonly tooltip: string;
}

const TOOLTIPS: Readonly<Partial<Record<VmmEventKind, string>>> = {
  silent: 'ran in user mode with another meaning than on bare metal',
  trap: 'faulted to the VMM, which emulated it',
  vmExit: 'left non-root mode',
  callout: 'ended its block; the VMM emulated it',
  inline: 'was emulated in the translation cache',
  hypercall: 'called the hypervisor',
  hiddenFault: 'met a page that only the shadow page tables lacked',
  guestFault: 'raised an exception in the guest',
};

const named = (count: number, name: string): string => (name === 'silently wrong' || name === 'inline' ? `${grouped(count)} ${name}` : plural(count, name));

export function lineCountHints(lines: readonly LineCounts[], isThis: (path: string) => boolean): Hint[] {
  return lines.flatMap(({ path, line, counts }) => {
    if (!isThis(path)) return [];
    const shown = SHOWN.filter(([kind]) => (counts[kind] ?? 0) > 0);
    if (shown.length === 0) return [];
    const text = shown.map(([kind, name]) => named(counts[kind] ?? 0, name)).join(', ');
    const tooltip = shown.map(([kind]) => `${grouped(counts[kind] ?? 0)} × ${TOOLTIPS[kind]}`).join('\n\n');
    return [{ line: line - 1, text, tooltip }];
  });
}
