/** The system state of a guest for whoever shows it whole. */
import type { DescriptorTableState, RegisterField, SystemRegister, SystemResponse } from '../protocol/systemState';
import type { DebuggableVm } from '../vmm/debuggable';
import { CR0_BITS, CR0_PE, CR0_PG, EFLAGS_BITS, EFLAGS_VM } from '../x86/flags';
import { CR3_BITS, CR4_BITS, DR6_BITS, DR7_BITS, type RegisterBits } from '../x86/registerBits';
import { SEGMENT_REGISTERS } from '../x86/registers';
import { register } from './codeView';
import type { DebugMachine } from './debugMachine';
import { type DescriptorTable, describeCache, entries, entryCount } from './descriptorTables';
import { hardwareDifference } from './hardwareView';
import { taskState } from './taskState';

/** Of a table that a guest may make as long as 64 KiB, as many entries as somebody will look at. */
const MOST_ENTRIES = 512;

const REGISTERS: readonly (readonly [name: string, title: string, bits: RegisterBits])[] = [
  ['eflags', 'EFLAGS', EFLAGS_BITS],
  ['cr0', 'CR0: modes and caches', CR0_BITS],
  ['cr2', 'CR2: linear address of the last page fault', []],
  ['cr3', 'CR3: page directory', CR3_BITS],
  ['cr4', 'CR4: extensions', CR4_BITS],
  ...[0, 1, 2, 3].map((n): [string, string, RegisterBits] => [`dr${n}`, `DR${n}: breakpoint address`, []]),
  ['dr6', 'DR6: why #DB was raised', DR6_BITS],
  ['dr7', 'DR7: breakpoint conditions', DR7_BITS],
];

function fieldsOf(value: number, bits: RegisterBits): RegisterField[] {
  return bits.map(([name, mask, meaning]) => {
    const low = 31 - Math.clz32(mask & -mask);
    return { name, meaning, low, width: 32 - Math.clz32(mask) - low, value: (value & mask) >>> low };
  });
}

function registersOf(vm: DebuggableVm): SystemRegister[] {
  return REGISTERS.flatMap(([name, title, bits]) => {
    const value = vm.readRegister(name);
    if (value === undefined) return [];
    const differs = hardwareDifference(vm, name);
    return [{ name, title, value, ...(differs && { hardware: differs.value, hardwareMeaning: differs.why }), fields: fieldsOf(value, bits) }];
  });
}

export function modeName(vm: DebuggableVm): string {
  if (!(register(vm, 'cr0') & CR0_PE)) return 'real mode';
  const paging = register(vm, 'cr0') & CR0_PG ? ', paging' : '';
  return register(vm, 'eflags') & EFLAGS_VM ? `virtual-8086 mode${paging}` : `protected mode, ring ${register(vm, 'cpl')}${paging}`;
}

const TABLES: readonly (readonly [table: DescriptorTable, name: DescriptorTableState['name']])[] = [
  ['gdtr', 'GDT'],
  ['idtr', 'IDT'],
  ['ldtr', 'LDT'],
];

function tableOf(vm: DebuggableVm, table: DescriptorTable, name: DescriptorTableState['name']): DescriptorTableState {
  const { base, limit } = table === 'ldtr' ? vm.segment('ldtr') : { base: register(vm, `${table}.base`), limit: register(vm, `${table}.limit`) };
  const differs = table === 'ldtr' ? undefined : hardwareDifference(vm, `${table}.base`);
  const hardware = differs && { base: differs.value, limit: vm.hardwareRegister(`${table}.limit`) ?? 0, meaning: differs.why };
  return { name, base, limit, ...(hardware && { hardware }), total: entryCount(vm, table), entries: entries(vm, table, 0, MOST_ENTRIES) };
}

export function systemState({ vm, devices }: Pick<DebugMachine, 'vm' | 'devices'>): SystemResponse {
  const task = taskState(vm);
  return {
    mode: modeName(vm),
    registers: registersOf(vm),
    segments: [...SEGMENT_REGISTERS, 'ldtr', 'tr'].map((name) => {
      const { selector, base, limit, attributes } = vm.segment(name as Parameters<DebuggableVm['segment']>[0]);
      const differs = hardwareDifference(vm, name);
      return { name, selector, base, limit, text: describeCache(attributes), ...(differs && { hardware: differs.value, hardwareMeaning: differs.why }) };
    }),
    tables: TABLES.map(([table, name]) => tableOf(vm, table, name)).filter(({ total }) => total > 0),
    ...(task ? { task } : {}),
    devices: devices?.() ?? [],
  };
}
