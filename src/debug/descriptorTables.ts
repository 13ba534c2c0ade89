/** The guest's descriptor tables, entry by entry, as the manual names what is in them (SDM Vol. 3, 3.4.5, 3.5 and 6.11). */
import { hexh } from '../base/bits';
import {
  parseDescriptor,
  TYPE_CALL_GATE_16,
  TYPE_CALL_GATE_32,
  TYPE_INTERRUPT_GATE_16,
  TYPE_INTERRUPT_GATE_32,
  TYPE_LDT,
  TYPE_TASK_GATE,
  TYPE_TRAP_GATE_16,
  TYPE_TRAP_GATE_32,
  TYPE_TSS_16,
  TYPE_TSS_16_BUSY,
  TYPE_TSS_32,
  TYPE_TSS_32_BUSY,
} from '../semantics/system/descriptors'; // prettier-ignore
import type { DebuggableVm } from '../vmm/debuggable';
import { ATTR_DB } from '../x86/cpuState';
import { vectorName } from '../x86/exceptions';
import { readNumber, register, selectorsAreParagraphs } from './codeView';

export const DESCRIPTOR_TABLES = ['gdtr', 'idtr', 'ldtr'] as const;
export type DescriptorTable = (typeof DESCRIPTOR_TABLES)[number];

export interface DescriptorEntry {
  /** `08h` for a segment, `0Eh #PF` for a gate. */
  readonly name: string;
  readonly text: string;
  /** Guest-linear address of the entry. */
  readonly linear: number;
}

const SYSTEM_NAMES: Readonly<Record<number, string>> = {
  [TYPE_TSS_16]: '16-bit TSS',
  [TYPE_LDT]: 'LDT',
  [TYPE_TSS_16_BUSY]: '16-bit TSS, busy',
  [TYPE_CALL_GATE_16]: '16-bit call gate',
  [TYPE_TASK_GATE]: 'task gate',
  [TYPE_INTERRUPT_GATE_16]: '16-bit interrupt gate',
  [TYPE_TRAP_GATE_16]: '16-bit trap gate',
  [TYPE_TSS_32]: '32-bit TSS',
  [TYPE_TSS_32_BUSY]: '32-bit TSS, busy',
  [TYPE_CALL_GATE_32]: '32-bit call gate',
  [TYPE_INTERRUPT_GATE_32]: '32-bit interrupt gate',
  [TYPE_TRAP_GATE_32]: '32-bit trap gate',
};
const GATES: readonly number[] = [TYPE_CALL_GATE_16, TYPE_TASK_GATE, TYPE_INTERRUPT_GATE_16, TYPE_TRAP_GATE_16, TYPE_CALL_GATE_32, TYPE_INTERRUPT_GATE_32, TYPE_TRAP_GATE_32];

interface Extent {
  readonly base: number;
  readonly limit: number;
  readonly bytes: 4 | 8;
}

function extentOf(vm: DebuggableVm, table: DescriptorTable): Extent {
  if (table === 'ldtr') {
    const { base, limit, selector } = vm.segment('ldtr');
    return { base, limit: selector & 0xfffc ? limit : -1, bytes: 8 };
  }
  return { base: register(vm, `${table}.base`), limit: register(vm, `${table}.limit`), bytes: table === 'idtr' && selectorsAreParagraphs(vm) ? 4 : 8 };
}

/** Entries that the limit allows. A table has at most 8192, the IDT 256. */
export function entryCount(vm: DebuggableVm, table: DescriptorTable): number {
  const { limit, bytes } = extentOf(vm, table);
  return Math.max(0, Math.min(table === 'idtr' ? 256 : 8192, Math.floor((limit + 1) / bytes)));
}

export function entries(vm: DebuggableVm, table: DescriptorTable, start = 0, count = Number.POSITIVE_INFINITY): DescriptorEntry[] {
  const { base, bytes } = extentOf(vm, table);
  const end = Math.min(entryCount(vm, table), start + count);
  return Array.from({ length: Math.max(0, end - start) }, (_, i) => {
    const index = start + i;
    const linear = (base + index * bytes) >>> 0;
    return { name: nameOf(table, index), text: bytes === 4 ? vectorText(vm, linear) : describe(vm, linear), linear };
  });
}

const nameOf = (table: DescriptorTable, index: number): string => {
  if (table !== 'idtr') return hexh(index * 8 + (table === 'ldtr' ? 4 : 0), 4);
  return index < 32 ? `${hexh(index, 2)} ${vectorName(index)}` : hexh(index, 2);
};

/** A real-mode interrupt vector: offset, then segment. */
function vectorText(vm: DebuggableVm, linear: number): string {
  const value = readNumber(vm, linear, 4);
  return value === undefined ? 'not readable' : `${hexh(value >>> 16, 4)}:${hexh(value & 0xffff, 4)}`;
}

function describe(vm: DebuggableVm, linear: number): string {
  const low = readNumber(vm, linear, 4);
  const high = readNumber(vm, (linear + 4) >>> 0, 4);
  if (low === undefined || high === undefined) return 'not readable: no page is mapped there';
  if (low === 0 && high === 0) return 'null';
  const d = parseDescriptor(low, high, linear);
  const rights = `DPL ${d.dpl}${d.present ? '' : ', not present'}`;
  if (!d.segment && GATES.includes(d.type)) {
    const offset = ((high & 0xffff0000) | (low & 0xffff)) >>> 0;
    return `${SYSTEM_NAMES[d.type]} to ${hexh(low >>> 16, 4)}${d.type === TYPE_TASK_GATE ? '' : `:${hexh(offset, 8)}`}, ${rights}`;
  }
  return `${d.segment ? segmentKind(d) : (SYSTEM_NAMES[d.type] ?? `reserved type ${d.type}`)}, base ${hexh(d.base, 8)}, limit ${hexh(d.limit, 8)}, ${rights}`;
}

function segmentKind({ code, conforming, readable, writable, attributes }: ReturnType<typeof parseDescriptor>): string {
  const size = attributes & ATTR_DB ? '32-bit' : '16-bit';
  return code ? `${size} code${readable ? ', readable' : ''}${conforming ? ', conforming' : ''}` : `${size} data${writable ? ', writable' : ''}`;
}

/** The hidden part of a segment register, in the same words. Bits 8 to 23 of the high doubleword of its descriptor. */
export function describeCache(attributes: number): string {
  if (attributes === 0) return 'null: not usable';
  const d = parseDescriptor(0, (attributes << 8) >>> 0, 0);
  const what = d.segment ? segmentKind(d) : (SYSTEM_NAMES[d.type] ?? `reserved type ${d.type}`);
  return `${what}, DPL ${d.dpl}${d.present ? '' : ', not present'}`;
}
