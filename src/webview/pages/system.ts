/** The page of the system state: registers bit by bit, descriptor tables, page walk, interrupt controllers and timers, VMCS. */
import type { PageWalkRow } from '../../protocol/pageWalk';
import type { VmcsResponse } from '../../protocol/requests';
import type { SystemResponse } from '../../protocol/systemState';
import type { TechniqueId } from '../../protocol/techniques';
import { Changes } from '../changes';
import { Connection, latest } from '../connection';
import { type Child, h, replace, status } from '../dom';
import { guestSteps, nestedSteps, shadowSteps, type WalkStep } from '../system/pageSteps';
import { registerTable, segmentTable } from '../system/registerPanel';
import { descriptorTable, deviceTable, taskTable } from '../system/tablePanels';
import { vmcsPanel } from '../system/vmcsPanel';
import { tabList, tabPanel } from '../tabs';
import { t } from '../text';
import { Refusals, textField } from '../textField';
import { whenReleased } from '../whenReleased';

const TABS = [
  { id: 'registers', label: t('Registers') },
  { id: 'tables', label: t('Descriptor tables') },
  { id: 'paging', label: t('Page walk') },
  { id: 'devices', label: t('Interrupts and timers') },
];
const VMCS_TAB = { id: 'vmcs', label: 'VMCS' };
const CR4_PAE = 1 << 5;

interface State {
  readonly tab: string;
  /** An expression: where the page walk begins. */
  readonly address: string;
  readonly hideNull: boolean;
  readonly filter: string;
}

const connection = new Connection<State>({ tab: 'registers', address: 'cs:eip', hideNull: true, filter: '' });
const page = document.getElementById('page') as HTMLElement;
const changes = new Changes();
let system: SystemResponse | undefined;
let vmcs: VmcsResponse | undefined;
let walk: { readonly linear: number; readonly row: PageWalkRow; readonly technique: TechniqueId } | undefined;
let problem = '';
/** Behind which stop what was refused is out of date. */
let typedAt: number | undefined;

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const pull = latest(async () => {
  const { session } = connection;
  if (connection.isOver) return render();
  if (session.stop !== typedAt) refusals.clear();
  typedAt = session.stop;
  try {
    system = await connection.ask('ringside/system', {});
    vmcs = await connection.ask('ringside/vmcs', {}).catch(() => undefined);
    problem = '';
    await walkPages();
    changes.begin(session.stop);
  } catch (error) {
    problem = messageOf(error);
  }
  render();
});

/** Linear address of what the user typed: a number, seg:off, a register, a label. */
async function linearOf(expression: string): Promise<number> {
  const { memoryReference, result } = await connection.ask('evaluate', { expression, context: 'watch' });
  const linear = Number(memoryReference ?? result.split(' ')[0]);
  if (Number.isNaN(linear)) throw new Error(t('{0} has no linear address.', expression));
  return linear;
}

async function walkPages(): Promise<void> {
  try {
    const linear = await linearOf(connection.state.address);
    const { rows, technique } = await connection.ask('ringside/pageWalk', { address: linear });
    walk = { linear, row: rows[0], technique };
  } catch (error) {
    walk = undefined;
    problem = messageOf(error);
  }
}

/** What is refused is said; what was changed comes back by news of the session. */
async function attempt(action: () => Promise<unknown>): Promise<void> {
  try {
    await action();
    await pull();
  } catch (error) {
    problem = messageOf(error);
    render();
  }
}

const setRegister = (name: string, value: string) => connection.ask('setExpression', { expression: name, value });
const setVmcs = (name: string, value: string) => connection.ask('ringside/vmcs', { set: { name, value } });

/** As `attempt`, of what was typed into a field: that is where it is said. */
const entering =
  (set: (name: string, value: string) => Promise<unknown>) =>
  (key: string, name: string, text: string): void =>
    void attempt(async () => {
      refusals.forget(key);
      await set(name, text).catch((error) => refusals.note(key, text, messageOf(error)));
    });

function change(state: Partial<State>): void {
  connection.remember(state);
  render();
}

const steps = (title: string, all: readonly WalkStep[]) =>
  h(
    'section',
    { class: 'walk', 'aria-label': title },
    h('h2', {}, title),
    h(
      'ol',
      {},
      all.map((step) =>
        h(
          'li',
          { class: step.fault ? 'fault' : undefined },
          h('h3', {}, step.title),
          h('p', { class: 'head mono' }, step.value),
          step.lines.map((line) => h('p', {}, line)),
        ),
      ),
    ),
  );

const OWN_TABLES = t('Under this technique the processor walks the guest’s own tables: there are no shadow or nested ones.');
const NO_SHADOW_YET = t('There are no shadow page tables yet: the VMM makes them when the guest runs.');

function pagingPanel({ registers }: SystemResponse): Child {
  const pae = ((registers.find((r) => r.name === 'cr4')?.value ?? 0) & CR4_PAE) !== 0;
  const go = (address: string): void => {
    connection.remember({ address });
    void pull();
  };
  const form = h(
    'div',
    { class: 'toolbar' },
    h('label', { class: 'field' }, `${t('Address')} `, textField(connection.state.address, go, { 'data-key': 'address', placeholder: `0xC0001000, ds:esi, ${t('label')}` })),
    walk && h('button', { type: 'button', onclick: () => connection.send({ open: 'memory', with: { address: `0x${walk?.linear.toString(16)}` } }) }, t('Show memory')),
  );
  if (!walk) return tabPanel('paging', form);
  const { row, linear, technique } = walk;
  const others = [
    ...row.shadow.map((column) => steps(t('Shadow page tables'), shadowSteps(column))),
    ...(row.nested ? [steps(t('Nested page tables (EPT)'), nestedSteps(row.nested))] : []),
  ];
  return tabPanel(
    'paging',
    form,
    h('div', { class: 'walks' }, steps(t('Guest’s page tables'), guestSteps(row, linear, pae)), others),
    others.length === 0 && h('p', { class: 'status' }, technique === 'bare' ? OWN_TABLES : NO_SHADOW_YET),
  );
}

function tablesPanel(shown: SystemResponse): Child {
  const { hideNull } = connection.state;
  const openMemory = (linear: number) => connection.send({ open: 'memory', with: { address: `0x${linear.toString(16)}` } });
  const toggle = h('input', {
    type: 'checkbox',
    'data-key': 'hideNull',
    checked: hideNull,
    onchange: (event: Event) => change({ hideNull: (event.target as HTMLInputElement).checked }),
  });
  return tabPanel(
    'tables',
    h('div', { class: 'toolbar' }, h('label', { class: 'field' }, toggle, ` ${t('Leave out null entries')}`)),
    shown.tables.map((table) => descriptorTable(table, changes, { hideNull, openMemory })),
    shown.task && taskTable(shown.task, changes),
  );
}

function panel(shown: SystemResponse, tab: string): Child {
  const settable = connection.session.state === 'stopped';
  const set = (name: string, value: string) => void attempt(() => setRegister(name, value));
  const refusal = (key: string) => refusals.of(key);
  switch (tab) {
    case 'tables':
      return tablesPanel(shown);
    case 'paging':
      return pagingPanel(shown);
    case 'devices':
      return tabPanel(
        'devices',
        h(
          'div',
          { class: 'devices' },
          shown.devices.map((device) => deviceTable(device, changes)),
        ),
      );
    case 'vmcs': {
      if (!vmcs) return tabPanel('vmcs');
      const filter = h('input', {
        type: 'text',
        'data-key': 'filter',
        value: connection.state.filter,
        placeholder: t('field, encoding, control'),
        oninput: (event: Event) => change({ filter: (event.target as HTMLInputElement).value }),
      });
      return tabPanel(
        'vmcs',
        h('div', { class: 'toolbar' }, h('label', { class: 'field' }, `${t('Filter')} `, filter)),
        vmcsPanel(vmcs, changes, { filter: connection.state.filter, settable, enter: entering(setVmcs), refusal }),
      );
    }
    default:
      return tabPanel('registers', registerTable(shown.registers, changes, { settable, set, enter: entering(setRegister), refusal }), segmentTable(shown.segments, changes));
  }
}

const EMPTY = {
  none: t('No guest is being debugged. Its system registers and tables are shown here.'),
  ended: t('The session has ended.'),
  running: t('The guest runs; its system state is shown when it stops.'),
  stopped: t('Nothing to show yet.'),
} as const;

function draw(): void {
  const { session, state } = connection;
  if (!system) {
    replace(page, h('header', {}, h('h1', {}, t('System'))), status(connection.instead(EMPTY, problem)));
    return;
  }
  const tabs = vmcs ? [...TABS, VMCS_TAB] : TABS;
  const tab = tabs.some(({ id }) => id === state.tab) ? state.tab : 'registers';
  const remark = session.state === 'running' ? t('running: as of the last look') : session.state === 'ended' ? t('session ended') : '';
  replace(
    page,
    h('header', {}, h('h1', {}, t('System')), h('span', { class: 'chip' }, system.mode), remark && h('span', { class: 'chip' }, remark)),
    !connection.isOver && problem && h('p', { class: 'problem', role: 'alert' }, problem),
    tabList(t('System state'), tabs, tab, (id) => change({ tab: id })),
    panel(system, tab),
  );
}

const render = whenReleased(draw);
const refusals = new Refusals(render);

connection.open(
  () => void pull(),
  ({ address }) => {
    if (address === undefined) return;
    connection.remember({ address, tab: 'paging' });
    void pull();
  },
);
render();
