/** What the VMM did, as rows: the counts by kind, then the events, newest first. Pure: no `vscode`. */
import { hexh } from '../base/bits';
import type { ExitRow, ExitsResponse } from '../protocol/requests';
import { EVENT_KINDS } from '../protocol/eventKinds';
import { VMM_EVENT_KINDS, type VmmEventKind } from '../protocol/vmmEvent';
import { baseName, farAddress, grouped, plural } from '../base/address';
import type { ViewContent, ViewRow } from './viewRow';

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
