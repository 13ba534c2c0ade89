/** The variable containers: one function a container, by key. A row says what to evaluate to read it again or to set it. */
import { hex } from '../base/bits';
import { hardwareDifference } from '../debug/hardwareView';
import { formatAddress } from '../debug/breakpoints';
import { register, selectorsAreParagraphs } from '../debug/codeView';
import { DESCRIPTOR_TABLES, type DescriptorEntry, type DescriptorTable, entries, entryCount } from '../debug/descriptorTables';
import type { DebugTarget } from '../debug/target';
import type { SourceLocation } from '../protocol/requests';
import type { VmmEvent } from '../protocol/vmmEvent';
import { cVariables, isArrayKey, type RowRange } from './cVariables';
import type { SegmentView } from '../vmm/debuggable';
import { CR0_BITS, CR0_PG, EFLAGS_BITS, EFLAGS_VM } from '../x86/flags';
import { REGISTERS_32, SEGMENT_REGISTERS } from '../x86/registers';

export interface VariableRow {
  readonly name: string;
  readonly value: string;
  readonly type?: string;
  /** Absent for what cannot be named in an expression, and so not be set. */
  readonly evaluateName?: string;
  /** The frame, from 0, that `evaluateName` is about. */
  readonly frame?: number;
  /** It can be named, but not be set. */
  readonly fixed?: true;
  /** Where a variable is declared. */
  readonly declaration?: SourceLocation;
  /** Name of a field of the VMCS, which is set by name. */
  readonly vmcs?: string;
  /** Key of the container it opens. */
  readonly children?: string;
  readonly memoryReference?: string;
  /** Rows in the container it opens that a client asks for by number, in parts. */
  readonly indexed?: number;
  /** Costly: read only when the user asks. The value comes from its container. */
  readonly lazy?: true;
}

export interface Scope {
  readonly key: string;
  readonly name: string;
  readonly presentationHint?: 'registers' | 'locals';
  readonly expensive: boolean;
}

export const scopes = (target: DebugTarget): Scope[] => [
  { key: 'registers', name: 'Registers', presentationHint: 'registers', expensive: false },
  { key: 'flags', name: 'Flags', expensive: false },
  { key: 'segments', name: 'Segments', expensive: false },
  { key: 'system', name: 'System registers', expensive: false },
  ...(target.vm.technique === 'bare' ? [] : [{ key: 'hardware', name: 'Hardware (what the silicon holds)', expensive: false }]),
  ...(target.vm.technique === 'hvm' ? [{ key: 'vmcs', name: 'VMCS', expensive: true }] : []),
];

/** Of the hypervisor's frame, during a visit. */
export const VISIT_SCOPES: readonly Scope[] = [
  { key: 'visit', name: 'What the VMM did', expensive: false },
  { key: 'changes', name: 'What changed', expensive: false },
];

type SegmentName = Parameters<DebugTarget['vm']['segment']>[0];
type Bits = readonly (readonly [name: string, mask: number, meaning: string])[];

/** Segments that general registers usually point into. */
const POINTS_INTO: Readonly<Record<string, SegmentName>> = { ebx: 'ds', esi: 'ds', edi: 'es', esp: 'ss', ebp: 'ss', eip: 'cs' };
const PARTS: Readonly<Record<string, readonly string[]>> = {
  eax: ['ax', 'ah', 'al'],
  ecx: ['cx', 'ch', 'cl'],
  edx: ['dx', 'dh', 'dl'],
  ebx: ['bx', 'bh', 'bl'],
  esp: ['sp'],
  ebp: ['bp'],
  esi: ['si'],
  edi: ['di'],
};
const HARDWARE = ['eflags', 'cpl', 'cs', 'ss', 'ds', 'es', 'fs', 'gs', 'cr0', 'cr2', 'cr3', 'cr4', 'gdtr.base', 'gdtr.limit', 'idtr.base', 'idtr.limit', 'ldtr', 'tr'];
const DIGITS: Readonly<Record<string, number>> = { cpl: 1, 'gdtr.limit': 4, 'idtr.limit': 4, ldtr: 4, tr: 4, cs: 4, ss: 4, ds: 4, es: 4, fs: 4, gs: 4 };

const number = (value: number, digits = 8): string => `0x${hex(value, digits)}`;

/** `PE ET PG`: the names of the bits that are set; fields with a number. */
function bitNames(value: number, bits: Bits): string {
  return bits
    .filter(([, mask]) => value & mask)
    .map(([name, mask]) => (mask & (mask - 1) ? `${name}=${fieldValue(value, mask)}` : name))
    .join(' ');
}

const fieldValue = (value: number, mask: number): number => (value & mask) >>> (31 - Math.clz32(mask & -mask));

const registerRow = (target: DebugTarget, name: string, digits = 8): VariableRow => {
  const value = register(target.vm, name);
  const segment = POINTS_INTO[name];
  return {
    name,
    value: number(value, digits),
    evaluateName: name,
    type: value < 10 ? undefined : String(value),
    ...(PARTS[name] && { children: `parts:${name}` }),
    ...(segment && { memoryReference: formatAddress((target.vm.segment(segment).base + value) >>> 0) }),
  };
};

const flagRows = (value: number, bits: Bits, settable: boolean): VariableRow[] =>
  bits.map(([name, mask, meaning]) => ({ name, value: String(fieldValue(value, mask)), type: meaning, ...(settable && { evaluateName: name.toLowerCase() }) }));

const describeSegment = ({ selector, base, limit }: SegmentView): string => `${number(selector, 4)}  base ${number(base)} limit ${number(limit)}`;

const SEGMENT_TYPES = [
  'read-only',
  'read-only, accessed',
  'read/write',
  'read/write, accessed',
  'expand-down',
  'expand-down, accessed',
  'expand-down, read/write',
  'expand-down, read/write, accessed',
  'execute-only',
  'execute-only, accessed',
  'execute/read',
  'execute/read, accessed',
  'conforming',
  'conforming, accessed',
  'conforming, read',
  'conforming, read, accessed',
];

function segmentRows({ base, limit, attributes }: SegmentView): VariableRow[] {
  const flag = (bit: number, yes: string, no: string) => (attributes & (1 << bit) ? yes : no);
  return [
    { name: 'base', value: number(base), memoryReference: formatAddress(base) },
    { name: 'limit', value: number(limit), type: 'bytes, inclusive' },
    { name: 'type', value: attributes & 0x10 ? SEGMENT_TYPES[attributes & 15] : `system ${attributes & 15}` },
    { name: 'DPL', value: String((attributes >> 5) & 3), type: 'descriptor privilege level' },
    { name: 'present', value: flag(7, 'yes', 'no') },
    { name: 'D/B', value: flag(14, '32-bit', '16-bit'), type: 'default operation size' },
    { name: 'G', value: flag(15, 'pages', 'bytes'), type: 'granularity' },
  ];
}

export function modeName(target: DebugTarget): string {
  const { vm } = target;
  if (selectorsAreParagraphs(vm)) return register(vm, 'eflags') & EFLAGS_VM ? 'virtual-8086' : 'real';
  return `protected, ring ${register(vm, 'cpl')}${register(vm, 'cr0') & CR0_PG ? ', paging' : ''}`;
}

function systemRows(target: DebugTarget): VariableRow[] {
  const { vm } = target;
  const plain = (name: string) => ({ name, value: number(register(vm, name), DIGITS[name] ?? 8), evaluateName: name });
  const table = (name: string): VariableRow => ({
    name,
    value: `base ${number(register(vm, `${name}.base`))} limit ${number(register(vm, `${name}.limit`), 4)}`,
    children: `table:${name}`,
    memoryReference: formatAddress(register(vm, `${name}.base`)),
  });
  const cr0 = register(vm, 'cr0');
  return [
    { name: 'mode', value: modeName(target) },
    { name: 'cpl', value: String(register(vm, 'cpl')), type: 'current privilege level' },
    { ...plain('cr0'), value: `${number(cr0)}  ${bitNames(cr0, CR0_BITS)}`, children: 'bits:cr0' },
    ...['cr2', 'cr3', 'cr4'].filter((name) => vm.readRegister(name) !== undefined).map(plain),
    table('gdtr'),
    table('idtr'),
    ...(['ldtr', 'tr'] as const).map((name) => ({ ...plain(name), value: describeSegment(vm.segment(name)), children: `segment:${name}` })),
    ...['dr0', 'dr1', 'dr2', 'dr3', 'dr6', 'dr7'].filter((name) => vm.readRegister(name) !== undefined).map(plain),
    ...DESCRIPTOR_TABLES.filter((name) => name !== 'ldtr' || vm.segment('ldtr').selector & 0xfffc).map((name) => ({
      name: { gdtr: 'GDT', idtr: 'IDT', ldtr: 'LDT' }[name],
      value: `${entryCount(vm, name)} entries`,
      children: `entries:${name}`,
      indexed: entryCount(vm, name),
    })),
    { name: 'state hash', value: '', type: 'registers, memory and devices', children: 'hash', lazy: true },
    { name: 'retired', value: String(vm.retired), type: 'guest instructions since power-on' },
    { name: 'cycles', value: String(vm.cycles), type: 'modelled' },
  ];
}

/** What the silicon holds, and beside it what the guest believes where that differs. */
function hardwareRows({ vm }: DebugTarget): VariableRow[] {
  return HARDWARE.flatMap((name) => {
    const value = vm.hardwareRegister(name);
    if (value === undefined) return [];
    const digits = DIGITS[name] ?? 8;
    const differs = hardwareDifference(vm, name);
    const text = number(value, digits);
    return [{ name, value: differs ? `${text}  (guest believes ${number(differs.believed, digits)}: ${differs.why})` : text, ...(differs && { type: differs.why }) }];
  });
}

const entryRow = ({ name, text, linear }: DescriptorEntry): VariableRow => ({ name, value: text, memoryReference: formatAddress(linear) });

const eventRow = ({ kind, reason, sentence, cycles }: VmmEvent, i: number): VariableRow => ({
  name: `${i + 1} ${kind}`,
  value: `${reason}: ${sentence}`,
  type: `${cycles} cycles`,
});

/** The rows of this container are asked for by number. */
export const isIndexed = (target: DebugTarget, key: string): boolean => key.startsWith('entries:') || isArrayKey(target, key);

const VMCS_AREAS = { control: 'Controls', guest: 'Guest state', host: 'Host state', exit: 'VM-exit information' } as const;

function vmcsRows({ vm }: DebugTarget, area: string): VariableRow[] {
  const view = vm.vmcs?.();
  if (!view) return [];
  if (area === '') {
    const verdict = view.failures.length === 0 ? 'consistent' : view.failures.join(' ');
    return [{ name: 'VM entry', value: verdict }, ...Object.entries(VMCS_AREAS).map(([key, name]) => ({ name, value: '', children: `vmcs:${key}` }))];
  }
  return view.fields
    .filter((field) => field.area === area)
    .map(({ name, title, value, bits, settable, encoding }) => ({
      name,
      value: bits ? `${value}  ${bits.join(' ')}` : value,
      type: `${title}, encoding ${hex(encoding, 4)}h`,
      ...(settable ? { vmcs: name } : {}),
    }));
}

/** Rows of the container with this key, cut to the range; undefined when there is none. Throws UserError. */
export function variables(target: DebugTarget, key: string, range: RowRange = { start: 0 }): VariableRow[] | undefined {
  const ofProgram = cVariables(target, key, range);
  if (ofProgram) return isArrayKey(target, key) ? ofProgram : cut(ofProgram, range);
  const all = machineVariables(target, key);
  return all && cut(all, range);
}

const cut = (rows: VariableRow[], { start, count }: RowRange): VariableRow[] => rows.slice(start, count === undefined ? undefined : start + count);

function machineVariables(target: DebugTarget, key: string): VariableRow[] | undefined {
  const { vm } = target;
  const [kind, name = ''] = key.split(':');
  const eflags = register(vm, 'eflags');
  switch (kind) {
    case 'registers':
      return [
        ...REGISTERS_32.map((r) => registerRow(target, r)),
        registerRow(target, 'eip'),
        { ...registerRow(target, 'eflags'), value: `${number(eflags)}  ${bitNames(eflags, EFLAGS_BITS)}`, children: 'flags' },
      ];
    case 'parts':
      return (PARTS[name] ?? []).map((part) => registerRow(target, part, part.endsWith('l') || part.endsWith('h') ? 2 : 4));
    case 'flags':
      return flagRows(eflags, EFLAGS_BITS, true);
    case 'segments':
      return SEGMENT_REGISTERS.map((s) => ({ name: s, value: describeSegment(vm.segment(s)), evaluateName: s, children: `segment:${s}` }));
    case 'segment':
      return segmentRows(vm.segment(name as SegmentName));
    case 'system':
      return systemRows(target);
    case 'bits':
      return flagRows(register(vm, name), CR0_BITS, false);
    case 'entries':
      return entries(target.vm, name as DescriptorTable).map(entryRow);
    case 'hash':
      return [{ name: 'state hash', value: vm.stateHash() }];
    case 'table':
      return ['base', 'limit'].map((field) => ({ name: field, value: number(register(vm, `${name}.${field}`), field === 'limit' ? 4 : 8), evaluateName: `${name}.${field}` }));
    case 'visit':
      return (target.visit?.events ?? []).map(eventRow);
    case 'changes':
      return (target.visit?.changes ?? []).map(({ name: changed, before, after }) => ({ name: changed, value: `${number(before)} → ${number(after)}` }));
    case 'vmcs':
      return vmcsRows(target, name);
    case 'hardware':
      return hardwareRows(target);
    default:
      return undefined;
  }
}

/** The container that a register opens when it is evaluated. */
export function childrenOf(registerName: string): string | undefined {
  if ((SEGMENT_REGISTERS as readonly string[]).includes(registerName) || registerName === 'ldtr' || registerName === 'tr') return `segment:${registerName}`;
  if (registerName === 'eflags') return 'flags';
  if (registerName === 'cr0') return 'bits:cr0';
  return PARTS[registerName] && `parts:${registerName}`;
}
