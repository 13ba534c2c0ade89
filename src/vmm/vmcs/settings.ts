/**
 * What a launch configuration (or a debugger) may set in a VMCS, by name: fields, control bits, and lists for the bitmaps.
 * Nothing here is checked for consistency: that is VM entry's business.
 */
import { hexh } from '../../base/bits';
import { UserError } from '../../base/userError';
import { EXCEPTIONS } from '../../x86/exceptions';
import { type ControlBit, type ControlName, findControl } from './controls';
import { type VmcsField, type VmcsFieldName, findField } from './fields';
import type { Vmcs } from './vmcs';

export type VmcsSettings = Readonly<Record<string, string>>;

const PORTS = 0x10000;
const LOW_MSRS = 0x2000;
const HIGH_MSRS = 0xc0000000;
/** Guest state that no loader sets. */
const LAUNCHABLE_GUEST_STATE: readonly VmcsFieldName[] = ['vmcsLinkPointer', 'preemptionTimer'];

const refuse = (name: string, message: string): never => {
  throw new UserError('launch.vmcs', `vmcs.${name}: ${message}`);
};

/** Decimal, 0x… or …h; negative where the field has 64 bits. */
export function parseValue(text: string): number | undefined {
  const match = /^(-?)(?:0x([\da-f_]{1,17})|([\da-f]{1,17})h|(\d{1,16}))$/i.exec(text.trim());
  if (!match) return undefined;
  const value = match[4] !== undefined ? Number(match[4]) : Number.parseInt((match[2] ?? match[3]).replaceAll('_', ''), 16);
  return Number.isSafeInteger(value) ? (match[1] ? -value : value) : undefined;
}

const TRUTHS: Readonly<Record<string, boolean>> = { true: true, on: true, '1': true, false: false, off: false, '0': false };

function setControl(vmcs: Vmcs, { name }: ControlBit, text: string): void {
  const on = TRUTHS[text.toLowerCase()];
  if (on === undefined) refuse(name, `expected true or false, not ${text}`);
  else vmcs.setControl(name as ControlName, on);
}

/** `#PF,#GP` for the exception bitmap. */
function exceptionMask(text: string): number | undefined {
  const vectors = text.split(/[\s,]+/).map((word) => EXCEPTIONS.find(({ mnemonic }) => mnemonic === word.toUpperCase())?.vector);
  return vectors.every((vector) => vector !== undefined) ? vectors.reduce<number>((mask, vector) => mask | (1 << vector!), 0) : undefined;
}

const MAXIMUM: Readonly<Record<VmcsField['width'], number>> = { 16: 0xffff, 32: 0xffffffff, 64: Number.MAX_SAFE_INTEGER };

/** Set one field from text. Throws UserError. */
export function setField(vmcs: Vmcs, field: VmcsField, text: string): void {
  if (field.area === 'exit') refuse(field.name, 'the processor writes it, on a VM exit');
  const value = (field.name === 'exceptionBitmap' ? exceptionMask(text) : undefined) ?? parseValue(text);
  if (value === undefined || Math.abs(value) > MAXIMUM[field.width] || (value < 0 && field.width !== 64))
    return refuse(field.name, `expected a number of ${field.width} bits, such as 0x10${field.name === 'exceptionBitmap' ? ', or exceptions such as #PF,#GP' : ''}, not ${text}`);
  vmcs.write(field.name, value);
}

/** `all`, `none`, or numbers and ranges: `0x60-0x64, 0x80`. */
function ranges(name: string, text: string): (readonly [first: number, last: number])[] | 'all' {
  if (/^all$/i.test(text)) return 'all';
  if (/^none$/i.test(text)) return [];
  return text.split(',').map((part) => {
    const [first, last = first] = part.split('-').map(parseValue);
    return first === undefined || last === undefined || first > last
      ? refuse(name, `expected all, none, or numbers and ranges such as 0x60-0x64, not ${part.trim()}`)
      : [first, last];
  });
}

function interceptPorts(vmcs: Vmcs, text: string): void {
  const list = ranges('interceptedPorts', text);
  const hit = (port: number): boolean => list === 'all' || list.some(([first, last]) => port >= first && port <= last);
  for (let port = 0; port < PORTS; port++) vmcs.interceptPort(port, hit(port));
}

function interceptMsrs(vmcs: Vmcs, text: string): void {
  const list = ranges('interceptedMsrs', text);
  const hit = (msr: number): boolean => list === 'all' || list.some(([first, last]) => msr >= first && msr <= last);
  for (const base of [0, HIGH_MSRS]) for (let n = 0; n < LOW_MSRS; n++) vmcs.interceptMsr(base + n, hit(base + n));
}

/** `0x174=8, 0x176=0xC0100000`: the VM-entry MSR-load area and its count. */
function loadMsrs(vmcs: Vmcs, text: string): void {
  const entries = text.split(',').map((part) => part.split('=').map(parseValue));
  entries.forEach(([msr, value], n) => {
    if (msr === undefined || value === undefined || msr > 0xffffffff || n > 255) return refuse('entryMsrLoad', 'expected MSR=VALUE pairs, such as 0x174=8');
    const at = vmcs.read('entryMsrLoadAddress') + 16 * n;
    vmcs.memory.writeEntry(at, msr, 0);
    vmcs.memory.writeEntry(at + 8, value, Math.floor(value / 0x1_0000_0000));
  });
  vmcs.write('entryMsrLoadCount', entries.length);
}

const LISTS: Readonly<Record<string, (vmcs: Vmcs, text: string) => void>> = { interceptedPorts: interceptPorts, interceptedMsrs: interceptMsrs, entryMsrLoad: loadMsrs };

/** Set a field, a control bit or a list. Throws UserError. */
export function setNamed(vmcs: Vmcs, name: string, text: string): void {
  const list = Object.hasOwn(LISTS, name) ? LISTS[name] : undefined;
  const control = findControl(name);
  const field = findField(name);
  if (list) list(vmcs, text);
  else if (control) setControl(vmcs, control, text);
  else if (field) setField(vmcs, field, text);
  else
    refuse(name, `no field or control of that name; fields are such as exceptionBitmap or ${hexh(0x4004, 4)}, controls such as hltExiting, lists ${Object.keys(LISTS).join(', ')}`);
}

/** What a launch configuration sets. */
export function applySettings(vmcs: Vmcs, settings: VmcsSettings): void {
  for (const [name, text] of Object.entries(settings)) {
    const field = findField(name);
    if (field?.area === 'guest' && !LAUNCHABLE_GUEST_STATE.includes(field.name)) refuse(field.name, 'the loader sets the guest’s state; change it in the debugger');
    setNamed(vmcs, name, text);
  }
}
