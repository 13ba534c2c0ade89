/** What stands above a label once the source is assembled: its address, how much code or data it holds, and the first bytes. Pure. */
import { hexh } from '../../base/bits';
import type { CheckedLine } from '../../protocol/sourceCheck';
import type { SourceModel } from './sourceModel';
import { counted, t } from '../text';

/** Bytes that a lens has room for. */
const SHOWN = 12;

export interface Lens {
  /** 0-based. */
  readonly line: number;
  readonly title: string;
}

/** Labels that are not local, each with the lines down to the next one. */
export function lenses(model: SourceModel, checked: readonly CheckedLine[]): Lens[] {
  const labels = model.definitions.filter((d) => d.kind === 'label' && !/[.%]/.test(d.name));
  return labels.flatMap((label, i) => {
    const end = labels[i + 1]?.line ?? model.lines.length;
    const own = checked.filter((entry) => entry.line - 1 >= label.line && entry.line - 1 < end);
    if (own.length === 0) return [];
    const [first] = own;
    const shown = own.flatMap((entry) => (entry.bytes === '' ? [] : entry.bytes.split(' '))).slice(0, SHOWN);
    const bytes = own.reduce((sum, entry) => sum + entry.length, 0);
    const instructions = own.filter((entry) => entry.code).length;
    const contents =
      instructions > 0 ? `${counted(instructions, '{0} instruction', '{0} instructions')}, ${counted(bytes, '{0} byte', '{0} bytes')}` : counted(bytes, '{0} byte', '{0} bytes');
    return [{ line: label.line, title: `${hexh(first.address, first.address > 0xffff ? 8 : 4)} · ${contents} · ${shown.join(' ')}${bytes > shown.length ? ' …' : ''}` }];
  });
}

/** Address and bytes of a line, for its hover. */
export function bytesOf(checked: readonly CheckedLine[], line: number): string | undefined {
  const own = checked.filter((entry) => entry.line - 1 === line);
  if (own.length === 0) return undefined;
  const [{ address, bytes, length }] = own;
  const more = own.length > 1 ? ` ${t('and {0} more', own.length - 1)}` : '';
  return `\`${hexh(address, address > 0xffff ? 8 : 4)}\`: \`${bytes}${length > bytes.split(' ').length ? ' …' : ''}\` (${counted(length, '{0} byte', '{0} bytes')})${more}`;
}
