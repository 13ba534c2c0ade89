/** System registers bit by bit; a bit can be turned over while the guest stands still. */
import { hexh } from '../../base/bits';
import type { RegisterField, SegmentState, SystemRegister } from '../../protocol/systemState';
import type { Changes } from '../changes';
import { h, unseen } from '../dom';
import { t } from '../text';
import { type Refusal, refusalText, textField } from '../textField';

export interface RegisterActions {
  /** The guest stands still. */
  readonly settable: boolean;
  readonly set: (name: string, value: string) => void;
  /** To what an expression of the debugger’s gives, typed into the field `key`. */
  readonly enter: (key: string, name: string, text: string) => void;
  readonly refusal: (key: string) => Refusal | undefined;
}

const fieldKey = ({ name }: SystemRegister): string => `value-${name}`;

export const changedMark = (changed: boolean, before: string | undefined) => changed && unseen(` (${before === undefined ? t('changed') : t('changed, was {0}', before)})`);

function field(register: SystemRegister, f: RegisterField, changes: Changes, { settable, set }: RegisterActions) {
  const key = `${register.name}.${f.name}`;
  const changed = changes.note(key, f.value);
  const text = f.width === 1 ? f.name : `${f.name}=${f.width > 8 ? hexh(f.value) : f.value}`;
  const range = f.width === 1 ? t('bit {0}', f.low) : t('bits {0} to {1}', f.low + f.width - 1, f.low);
  const flip = () => set(register.name, hexh((register.value ^ (1 << f.low)) >>> 0));
  const attributes = {
    class: `bit ${f.value ? 'on' : 'off'} ${changed ? 'changed' : ''}`,
    title: `${f.name}: ${f.meaning} (${range})${f.width === 1 && settable ? `. ${t('Click to change it.')}` : ''}`,
  };
  const inside = [text, f.width === 1 && unseen(` ${f.value ? t('is 1') : t('is 0')}`), changedMark(changed, changes.before(key))];
  if (f.width > 1 || !settable) return h('span', attributes, inside);
  return h('button', { type: 'button', 'data-key': `bit-${key}`, 'aria-pressed': f.value ? 'true' : 'false', onclick: flip, ...attributes }, inside);
}

/** `why`: what the adapter says of it. */
const withReason = (text: string, why: string | undefined): string => (why === undefined ? text : `${text} (${why})`);

const hardwareText = ({ hardware, hardwareMeaning, value, fields }: SystemRegister): string => {
  if (hardware === undefined) return '';
  const differing = fields.filter((f) => ((hardware ^ value) >>> f.low) & (2 ** f.width - 1)).map((f) => f.name);
  const held = hexh(hardware, 8);
  return withReason(differing.length > 0 ? t('the silicon holds {0}: differs in {1}', held, differing.join(', ')) : t('the silicon holds {0}', held), hardwareMeaning);
};

function valueInput(register: SystemRegister, { settable, enter, refusal }: RegisterActions) {
  const shown = hexh(register.value, 8);
  if (!settable) return h('code', {}, shown);
  const key = fieldKey(register);
  const attributes = { class: 'value mono', 'data-key': key, 'aria-label': t('Value of {0}', register.name.toUpperCase()) };
  return textField(shown, (text) => enter(key, register.name, text), attributes, refusal(key));
}

export const registerTable = (registers: readonly SystemRegister[], changes: Changes, actions: RegisterActions) =>
  h(
    'table',
    { class: 'registers' },
    h(
      'thead',
      {},
      h(
        'tr',
        {},
        [t('Register'), t('Value'), t('Fields')].map((name) => h('th', { scope: 'col' }, name)),
      ),
    ),
    h(
      'tbody',
      {},
      registers.map((register) => {
        const changed = changes.note(register.name, hexh(register.value, 8));
        const [name, meaning] = register.title.split(': ');
        return h(
          'tr',
          {},
          h('th', { scope: 'row', title: meaning ?? false }, name),
          h('td', { class: changed ? 'changed' : undefined }, valueInput(register, actions), changedMark(changed, changes.before(register.name))),
          h(
            'td',
            { class: 'fields' },
            actions.settable && refusalText(actions.refusal(fieldKey(register))),
            register.fields.length > 0 ? register.fields.map((f) => field(register, f, changes, actions)) : h('span', { class: 'quiet' }, meaning ?? ''),
            register.hardware !== undefined && h('div', { class: 'quiet hardware' }, hardwareText(register)),
          ),
        );
      }),
    ),
  );

const cell = (changes: Changes, key: string, value: string) => {
  const changed = changes.note(key, value);
  return h('td', { class: changed ? 'mono changed' : 'mono' }, value, changedMark(changed, changes.before(key)));
};

export const segmentTable = (segments: readonly SegmentState[], changes: Changes) =>
  h(
    'table',
    { class: 'segments' },
    h(
      'thead',
      {},
      h(
        'tr',
        {},
        [t('Segment'), t('Selector'), t('Base'), t('Limit'), t('Descriptor cache')].map((name) => h('th', { scope: 'col' }, name)),
      ),
    ),
    h(
      'tbody',
      {},
      segments.map((s) =>
        h(
          'tr',
          {},
          h('th', { scope: 'row' }, s.name.toUpperCase()),
          cell(changes, `${s.name}.selector`, hexh(s.selector, 4)),
          cell(changes, `${s.name}.base`, hexh(s.base, 8)),
          cell(changes, `${s.name}.limit`, hexh(s.limit, 8)),
          h('td', {}, s.text, s.hardware !== undefined && h('div', { class: 'quiet hardware' }, withReason(t('the silicon holds {0}', hexh(s.hardware, 4)), s.hardwareMeaning))),
        ),
      ),
    ),
  );
