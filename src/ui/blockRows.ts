/** The block cache as rows: one per translated block, the most executed first. Pure: no `vscode`. */
import { hexh } from '../base/bits';
import type { BlockRow, BlocksResponse } from '../protocol/requests';
import { baseName, farAddress, grouped } from '../base/address';
import type { ViewContent, ViewRow } from './viewRow';
import { counted, t } from './text';

const extentOf = (block: BlockRow): string => `${counted(block.length, '{0} byte', '{0} bytes')}, ${counted(block.instructions, '{0} instruction', '{0} instructions')}`;

const describe = (block: BlockRow): string => {
  const outcome = block.state === 'invalidated' ? t('thrown away: {0}', block.invalidatedBy ?? t('for an unknown cause')) : counted(block.hits, '{0} hit', '{0} hits');
  const extent = extentOf(block);
  // One whose last instruction always faults, to be emulated, never runs to its end.
  const never = block.state === 'cached' && block.hits === 0;
  return [block.terminator, t('ends: {0}', block.endReason), never ? '' : outcome, block.instructions > 0 ? extent : t('empty')].filter(Boolean).join(' · ');
};

/** The views name a block by the selector that the guest has. */
const siliconSelector = (selector: number): string => t('{0}: its RPL is the ring that the guest’s kernel really runs in, {1}', hexh(selector, 4), selector & 3);

const tooltip = (block: BlockRow): string =>
  [
    `**${t('Block {0}', farAddress(block.cs, block.eip, block.codeSize))}** (${t('linear {0}, {1}-bit code', hexh(block.linear), block.codeSize)})`,
    '',
    '| | |',
    '|:---|:---|',
    `| ${t('Covers')} | ${extentOf(block)} |`,
    ...(block.terminator ? [`| ${t('Last instruction')} | \`${block.terminator}\` |`] : []),
    `| ${t('Ends because of')} | ${block.endReason} |`,
    `| ${t('Executed')} | ${counted(block.hits, '{0} time', '{0} times')} |`,
    `| ${t('State')} | ${block.state === 'cached' ? t('cached') : t('thrown away')}${block.invalidatedBy ? `: ${block.invalidatedBy}` : ''} |`,
    ...(block.hardwareCs === undefined ? [] : [`| ${t('CS of the silicon')} | ${siliconSelector(block.hardwareCs)} |`]),
    ...(block.source ? [`| ${t('Source')} | ${baseName(block.source.path)}:${block.source.line} |`] : []),
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
  const remark = rows.length < total ? counted(total, '{1} of {0} block', '{1} of {0} blocks', grouped(rows.length)) : counted(total, '{0} block', '{0} blocks');
  return { rows, remark: total === 0 ? t('empty') : remark };
}
