/** Descriptor tables, the task and devices as tables; cells that changed since the last stop are marked. */
import { grouped } from '../../base/address';
import { hexh } from '../../base/bits';
import type { DescriptorTableState, DeviceRows, StateRow, TaskState } from '../../protocol/systemState';
import type { Changes } from '../changes';
import { type Child, h } from '../dom';
import { changedMark } from './registerPanel';
import { counted, t } from '../text';

const head = (...names: string[]) =>
  h(
    'thead',
    {},
    h(
      'tr',
      {},
      names.map((name) => h('th', { scope: 'col' }, name)),
    ),
  );

const changing = (changes: Changes, key: string, value: string, extra = '') => {
  const changed = changes.note(key, value);
  return h('td', { class: `${extra} ${changed ? 'changed' : ''}` }, value, changedMark(changed, changes.before(key)));
};

export interface TableActions {
  /** Leave out what is null. */
  readonly hideNull: boolean;
  readonly openMemory: (linear: number) => void;
}

const isNull = (text: string): boolean => text === 'null' || text === '0000h:0000h';

export function descriptorTable(table: DescriptorTableState, changes: Changes, { hideNull, openMemory }: TableActions) {
  const rows = table.entries
    .map((entry) => ({ entry, cells: changing(changes, `${table.name}.${entry.name}`, entry.text) }))
    .filter(({ entry }) => !hideNull || !isNull(entry.text));
  const left = table.total - table.entries.length;
  return h(
    'details',
    { class: 'block', open: true },
    h('summary', {}, h('h2', {}, table.name), ` ${t('base {0}, limit {1}', hexh(table.base, 8), hexh(table.limit, 4))}, ${counted(table.total, '{0} entry', '{0} entries')}`),
    table.hardware &&
      h(
        'p',
        { class: 'quiet pad hardware' },
        `${t('the silicon uses a table with base {0}, limit {1}', hexh(table.hardware.base, 8), hexh(table.hardware.limit, 4))} (${table.hardware.meaning})`,
      ),
    h(
      'table',
      {},
      head(t('Entry'), t('Descriptor'), t('At')),
      h(
        'tbody',
        {},
        rows.map(({ entry, cells }) =>
          h(
            'tr',
            {},
            h('th', { scope: 'row', class: 'mono' }, entry.name),
            cells,
            h(
              'td',
              {},
              h(
                'button',
                { type: 'button', class: 'link', 'data-key': `at-${table.name}-${entry.name}`, title: t('Show this memory'), onclick: () => openMemory(entry.linear) },
                hexh(entry.linear, 8),
              ),
            ),
          ),
        ),
      ),
    ),
    rows.length === 0 && h('p', { class: 'quiet pad' }, t('All entries are null.')),
    left > 0 && h('p', { class: 'quiet pad' }, t('{0} more are not shown.', grouped(left))),
  );
}

const stateRows = (name: string, rows: readonly StateRow[], changes: Changes): Child =>
  h(
    'tbody',
    {},
    rows.map((row) =>
      h('tr', {}, h('th', { scope: 'row' }, row.name), changing(changes, `${name}.${row.name}`, row.value, 'mono'), h('td', { class: 'quiet' }, row.meaning ?? '')),
    ),
  );

export const taskTable = (task: TaskState, changes: Changes) =>
  h(
    'details',
    { class: 'block', open: true },
    h(
      'summary',
      {},
      h('h2', {}, t('Task state segment')),
      ` TR ${hexh(task.selector, 4)}, ${t('base {0}, limit {1}', hexh(task.base, 8), hexh(task.limit, 4))}, ${t('{0}-bit', task.bits)}`,
    ),
    h('table', {}, head(t('Field'), t('Value'), t('Meaning')), stateRows('task', task.fields, changes)),
  );

export const deviceTable = (device: DeviceRows, changes: Changes) =>
  h('section', { class: 'block device' }, h('h2', {}, device.title), h('table', {}, head(t('Register'), t('Value'), t('Meaning')), stateRows(device.name, device.rows, changes)));
