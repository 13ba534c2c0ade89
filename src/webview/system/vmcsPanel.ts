/** The VMCS with the SDM's encodings; what may be set is an input. */
import { grouped } from '../../base/address';
import { hexh } from '../../base/bits';
import type { VmcsFieldRow, VmcsResponse } from '../../protocol/requests';
import type { Changes } from '../changes';
import { h } from '../dom';
import { changedMark } from './registerPanel';
import { counted, t } from '../text';
import { type Refusal, refusalText, textField } from '../textField';

const AREAS: readonly (readonly [area: VmcsFieldRow['area'], title: string])[] = [
  ['control', t('Controls')],
  ['guest', t('Guest state')],
  ['host', t('Host state')],
  ['exit', t('VM-exit information')],
];

export interface VmcsActions {
  readonly filter: string;
  readonly settable: boolean;
  /** Typed into the field `key`. */
  readonly enter: (key: string, name: string, text: string) => void;
  readonly refusal: (key: string) => Refusal | undefined;
}

const matches = (field: VmcsFieldRow, filter: string): boolean =>
  filter
    .toLowerCase()
    .split(/\s+/)
    .every((word) => `${field.name} ${field.title} ${hexh(field.encoding, 4)} ${(field.bits ?? []).join(' ')}`.toLowerCase().includes(word));

function row(field: VmcsFieldRow, changes: Changes, { settable, enter, refusal }: VmcsActions) {
  const changed = changes.note(`vmcs.${field.name}`, field.value);
  const key = `vmcs-${field.name}`;
  const edited = settable && field.settable;
  const refused = edited ? refusal(key) : undefined;
  const attributes = { class: 'value mono', 'data-key': key, 'aria-label': field.title };
  const value = edited ? textField(field.value, (text) => enter(key, field.name, text), attributes, refused) : h('code', {}, field.value);
  return h(
    'tr',
    {},
    h('td', { class: 'mono quiet' }, hexh(field.encoding, 4)),
    h('th', { scope: 'row', title: field.name }, field.title),
    h('td', { class: changed ? 'changed' : undefined }, value, changedMark(changed, changes.before(`vmcs.${field.name}`))),
    h(
      'td',
      { class: 'fields' },
      refusalText(refused),
      (field.bits ?? []).map((bit) => h('span', { class: 'bit on' }, bit)),
    ),
  );
}

export function vmcsPanel({ fields, failures, walks }: VmcsResponse, changes: Changes, actions: VmcsActions) {
  const shown = fields.filter((field) => matches(field, actions.filter));
  return [
    failures.length > 0
      ? h(
          'div',
          { class: 'problem', role: 'alert' },
          h('strong', {}, `${t('The next VM entry will fail.')} `),
          h(
            'ul',
            {},
            failures.map((failure) => h('li', {}, failure)),
          ),
        )
      : h(
          'p',
          { class: 'status' },
          t('Consistent: the next VM entry will succeed.'),
          walks ? ` ${t('{0} two-dimensional page walks so far, {1} memory references.', grouped(walks.misses), grouped(walks.references))}` : '',
        ),
    ...AREAS.map(([area, title]) => {
      const rows = shown.filter((field) => field.area === area);
      return (
        rows.length > 0 &&
        h(
          'details',
          { class: 'block', open: true },
          h('summary', {}, h('h2', {}, title), ` ${counted(rows.length, '{0} field', '{0} fields')}`),
          h(
            'table',
            { class: 'vmcs' },
            h(
              'thead',
              {},
              h(
                'tr',
                {},
                [t('Encoding'), t('Field'), t('Value'), t('Set')].map((name) => h('th', { scope: 'col' }, name)),
              ),
            ),
            h(
              'tbody',
              {},
              rows.map((field) => row(field, changes, actions)),
            ),
          ),
        )
      );
    }),
  ];
}
