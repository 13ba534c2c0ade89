/** What the VMM did, as rows: the counts by kind, then the events, newest first. Pure: no `vscode`. */
import { hexh } from '../base/bits';
import type { ExitRow, ExitsResponse } from '../protocol/requests';
import { EVENT_KINDS } from '../protocol/eventKinds';
import { VMM_EVENT_KINDS, type VmmEventKind } from '../protocol/vmmEvent';
import { baseName, farAddress, grouped } from '../base/address';
import type { ViewContent, ViewRow } from './viewRow';
import { counted, t } from './text';

/** Of a VM exit: its number, its qualification taken apart, and the guest state that the VMM changed. */
function exitDetails(exit: ExitRow): string[] {
  if (exit.kind !== 'vmExit') return [];
  return [
    `| ${t('Exit reason')} | ${exit.number} |`,
    `| ${t('Qualification')} | ${hexh(exit.qualification, 8)} |`,
    ...exit.decoded.map(([name, value]) => `| ${name} | ${value} |`),
    ...(exit.idtVectoring ? [`| ${t('IDT-vectoring information')} | ${hexh(exit.idtVectoring, 8)} |`] : []),
    ...(exit.handling ? [`| ${t('The VMM')} | ${exit.handling} |`] : []),
    ...(exit.changes.length > 0 ? [`| ${t('Changed')} | ${exit.changes.join('<br>')} |`] : []),
  ];
}

const row = (exit: ExitRow): ViewRow => {
  const style = EVENT_KINDS[exit.kind];
  const where = farAddress(exit.cs, exit.eip, exit.codeSize);
  return {
    id: `exit-${exit.sequence}`,
    label: exit.instruction || exit.reason,
    description: [where, exit.instruction ? exit.reason : '', exit.sentence].filter(Boolean).join(' · '),
    tooltip: [
      `**${exit.instruction ? `\`${exit.instruction}\`` : exit.reason}** — ${t(style.name)}`,
      '',
      exit.sentence,
      '',
      '| | |',
      '|:---|:---|',
      `| ${t('At')} | ${where} (${t('linear {0}', hexh(exit.linear))}) |`,
      `| ${t('Reason')} | ${exit.reason} |`,
      ...exitDetails(exit),
      `| ${t('After')} | ${counted(exit.retired, '{0} instruction', '{0} instructions')} |`,
      `| ${t('Modelled cost')} | ${counted(exit.cycles, '{0} cycle', '{0} cycles')} |`,
      ...(exit.source ? [`| ${t('Source')} | ${baseName(exit.source.path)}:${exit.source.line} |`] : []),
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
    label: t('Counts'),
    description: counts.map(({ kind, count }) => `${t(EVENT_KINDS[kind].name)} ${grouped(count)}`).join(' · '),
    icon: 'graph',
    children: counts.map(({ kind, count }) => ({
      id: `count-${kind}`,
      label: t(EVENT_KINDS[kind].name),
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
  const total = countsOf(response, kinds).reduce((sum, { count }) => sum + count, 0);
  const dropped: ViewRow[] =
    total > rows.length ? [{ id: 'older', label: counted(total - rows.length, '{0} older event not shown', '{0} older events not shown'), icon: 'ellipsis' }] : [];
  return {
    rows: [...(counts ? [counts] : []), ...rows, ...dropped],
    remark: `${counted(response.retired, '{0} instruction', '{0} instructions')} · ${counted(response.cycles, '{0} cycle', '{0} cycles')}`,
  };
}
