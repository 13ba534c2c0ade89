/** The block cache as rows: one per translated block, the most executed first. Pure: no `vscode`. */
import { hexh } from '../base/bits';
import type { BlockRow, BlocksResponse } from '../protocol/requests';
import { baseName, farAddress, grouped, plural } from '../base/address';
import type { ViewContent, ViewRow } from './viewRow';

const describe = (block: BlockRow): string => {
  const outcome = block.state === 'invalidated' ? `thrown away: ${block.invalidatedBy ?? 'unknown cause'}` : plural(block.hits, 'hit');
  const extent = `${plural(block.length, 'byte')}, ${plural(block.instructions, 'instruction')}`;
  return [block.terminator, `ends: ${block.endReason}`, outcome, block.instructions > 0 ? extent : 'empty'].filter(Boolean).join(' · ');
};

const tooltip = (block: BlockRow): string =>
  [
    `**Block at ${farAddress(block.cs, block.eip, block.codeSize)}** (linear ${hexh(block.linear)}, ${block.codeSize}-bit code)`,
    '',
    '| | |',
    '|:---|:---|',
    `| Covers | ${plural(block.length, 'byte')}, ${plural(block.instructions, 'instruction')} |`,
    ...(block.terminator ? [`| Last instruction | \`${block.terminator}\` |`] : []),
    `| Ends because of | ${block.endReason} |`,
    `| Executed | ${plural(block.hits, 'time')} |`,
    `| State | ${block.state}${block.invalidatedBy ? `: ${block.invalidatedBy}` : ''} |`,
    ...(block.source ? [`| Source | ${baseName(block.source.path)}:${block.source.line} |`] : []),
  ].join('\n');

/** What ended the block, as an icon: the VMM takes over, control leaves, or the cache had its reasons. */
function icon(block: BlockRow): Pick<ViewRow, 'icon' | 'color'> {
  if (block.state === 'invalidated') return { icon: 'circle-slash', color: 'disabledForeground' };
  if (block.endReason.includes('sensitive')) return { icon: 'shield', color: 'charts.orange' };
  if (block.endReason === 'breakpoint') return { icon: 'debug-breakpoint', color: 'debugIcon.breakpointForeground' };
  return /branch|jump|call|return|transfer|interrupt/.test(block.endReason) ? { icon: 'arrow-right', color: 'charts.blue' } : { icon: 'dash' };
}

export function blockRows(response: BlocksResponse): ViewContent {
  const { blocks, total } = response;
  const order = (a: BlockRow, b: BlockRow) => Number(a.state === 'invalidated') - Number(b.state === 'invalidated') || b.hits - a.hits || a.linear - b.linear;
  const rows = [...blocks].sort(order).map(
    (block): ViewRow => ({
      id: `block-${block.id}`,
      label: farAddress(block.cs, block.eip, block.codeSize),
      description: describe(block),
      tooltip: tooltip(block),
      ...icon(block),
      source: block.source,
      block: block.id,
    }),
  );
  const shown = rows.length < total ? `${grouped(rows.length)} of ` : '';
  return { rows, remark: total === 0 ? 'empty' : `${shown}${plural(total, 'block')}` };
}
