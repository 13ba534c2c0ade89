/** What the VMM did, as rows: the counts by kind, then the events, newest first. Pure: no `vscode`. */
import { hexh } from '../base/bits';
import type { ExitRow, ExitsResponse } from '../protocol/requests';
import { VMM_EVENT_KINDS, type VmmEventKind } from '../protocol/vmmEvent';
import { baseName, farAddress, grouped, plural } from './address';
import type { ViewContent, ViewRow } from './viewRow';

interface KindStyle {
  /** As a count names it: `3 trapped instructions`. */
  readonly name: string;
  readonly icon: string;
  readonly color?: string;
}

export const EVENT_KINDS: Readonly<Record<VmmEventKind, KindStyle>> = {
  sensitive: { name: 'ran directly', icon: 'pass', color: 'charts.green' },
  silent: { name: 'silently wrong', icon: 'warning', color: 'charts.red' },
  trap: { name: 'trapped', icon: 'shield', color: 'charts.orange' },
  callout: { name: 'callouts', icon: 'shield', color: 'charts.orange' },
  inline: { name: 'emulated in line', icon: 'shield', color: 'charts.green' },
  blockTranslated: { name: 'blocks translated', icon: 'add' },
  blockEnd: { name: 'block ends', icon: 'arrow-right', color: 'charts.blue' },
  blockChained: { name: 'blocks chained', icon: 'link' },
  blockInvalidated: { name: 'blocks invalidated', icon: 'circle-slash' },
  adapted: { name: 'retranslated', icon: 'sync' },
  hiddenFault: { name: 'hidden page faults', icon: 'eye-closed', color: 'charts.orange' },
  trueFault: { name: 'true page faults', icon: 'eye', color: 'charts.red' },
  shadowFill: { name: 'shadow entries filled', icon: 'table' },
  tracedWrite: { name: 'traced writes', icon: 'edit', color: 'charts.orange' },
  hypercall: { name: 'hypercalls', icon: 'call-outgoing', color: 'charts.green' },
  vmExit: { name: 'VM exits', icon: 'sign-out', color: 'charts.orange' },
  vmEntry: { name: 'VM entries', icon: 'sign-in', color: 'charts.green' },
  injection: { name: 'injected events', icon: 'zap', color: 'charts.purple' },
  interrupt: { name: 'hardware interrupts', icon: 'zap', color: 'charts.yellow' },
  softwareInterrupt: { name: 'software interrupts', icon: 'symbol-event', color: 'charts.blue' },
  guestFault: { name: 'guest faults', icon: 'error', color: 'charts.red' },
  tripleFault: { name: 'triple faults', icon: 'flame', color: 'charts.red' },
  firmware: { name: 'BIOS services', icon: 'chip', color: 'charts.blue' },
  modeSwitch: { name: 'mode switches', icon: 'arrow-swap', color: 'charts.purple' },
  controlWrite: { name: 'control-register writes', icon: 'settings-gear', color: 'charts.purple' },
  port: { name: 'port I/O', icon: 'plug', color: 'charts.blue' },
  unimplemented: { name: 'not implemented', icon: 'question', color: 'charts.red' },
  deviceError: { name: 'device errors', icon: 'error', color: 'charts.red' },
  unclaimed: { name: 'unclaimed accesses', icon: 'circle-large-outline' },
};

/** Of a VM exit: its number, its qualification taken apart, and the guest state that the VMM changed. */
function exitDetails(exit: ExitRow): string[] {
  if (exit.kind !== 'vmExit') return [];
  return [
    `| Exit reason | ${exit.number} |`,
    `| Qualification | ${hexh(exit.qualification, 8)} |`,
    ...exit.decoded.map(([name, value]) => `| ${name} | ${value} |`),
    ...(exit.idtVectoring ? [`| IDT-vectoring information | ${hexh(exit.idtVectoring, 8)} |`] : []),
    ...(exit.handling ? [`| The VMM | ${exit.handling} |`] : []),
    ...(exit.changes.length > 0 ? [`| Changed | ${exit.changes.join('<br>')} |`] : []),
  ];
}

const row = (exit: ExitRow): ViewRow => {
  const style = EVENT_KINDS[exit.kind];
  const where = farAddress(exit.cs, exit.eip);
  return {
    id: `exit-${exit.sequence}`,
    label: exit.instruction || exit.reason,
    description: [where, exit.instruction ? exit.reason : '', exit.sentence].filter(Boolean).join(' · '),
    tooltip: [
      `**${exit.instruction ? `\`${exit.instruction}\`` : exit.reason}** — ${style.name}`,
      '',
      exit.sentence,
      '',
      '| | |',
      '|:---|:---|',
      `| At | ${where} (linear ${hexh(exit.linear)}) |`,
      `| Reason | ${exit.reason} |`,
      ...exitDetails(exit),
      `| After | ${plural(exit.retired, 'instruction')} |`,
      `| Modelled cost | ${plural(exit.cycles, 'cycle')} |`,
      ...(exit.source ? [`| Source | ${baseName(exit.source.path)}:${exit.source.line} |`] : []),
    ].join('\n'),
    icon: style.icon,
    color: style.color,
    source: exit.source,
  };
};

/** `trapped 3 · port I/O 12`, in the order of the kinds. */
const countsOf = (response: ExitsResponse, kinds: readonly VmmEventKind[]) => kinds.map((kind) => ({ kind, count: response.counts[kind] ?? 0 })).filter((c) => c.count > 0);

function summary(response: ExitsResponse): ViewRow | undefined {
  const counts = countsOf(response, VMM_EVENT_KINDS);
  if (counts.length === 0) return undefined;
  return {
    id: 'counts',
    label: 'Counts',
    description: counts.map(({ kind, count }) => `${EVENT_KINDS[kind].name} ${grouped(count)}`).join(' · '),
    icon: 'graph',
    children: counts.map(({ kind, count }) => ({
      id: `count-${kind}`,
      label: EVENT_KINDS[kind].name,
      description: grouped(count),
      icon: EVENT_KINDS[kind].icon,
      color: EVENT_KINDS[kind].color,
    })),
  };
}

/** `kinds` are those the user wants to see one by one; counts are of all. */
export function exitRows(response: ExitsResponse, kinds: readonly VmmEventKind[] = VMM_EVENT_KINDS): ViewContent {
  const counts = summary(response);
  const rows = response.rows
    .filter((r) => kinds.includes(r.kind))
    .map(row)
    .reverse();
  const counted = countsOf(response, kinds).reduce((sum, { count }) => sum + count, 0);
  const dropped: ViewRow[] = counted > rows.length ? [{ id: 'older', label: `${plural(counted - rows.length, 'older event')} not shown`, icon: 'ellipsis' }] : [];
  return {
    rows: [...(counts ? [counts] : []), ...rows, ...dropped],
    remark: `${plural(response.retired, 'instruction')} · ${plural(response.cycles, 'cycle')}`,
  };
}
