/**
 * What VM entry checks: controls and host state (SDM Vol. 3, 26.2), guest state (26.3), the MSR-load area (26.4). The first
 * two fail the instruction (VMfailValid); the others are VM exits with the reasons 33 and 34.
 */
import { hexh } from '../../base/bits';
import { ATTR_CODE, ATTR_DPL, ATTR_P, ATTR_S, ATTR_TYPE } from '../../x86/cpuState';
import { CR0_NE, CR0_PE, CR0_PG, CR4_PAE, EFLAGS_FIXED, EFLAGS_IF, EFLAGS_VM } from '../../x86/flags';
import { CS, TR } from '../../x86/registers';
import { CONTROL_BITS } from './controls';
import { type VmcsFieldName, fieldOf } from './fields';
import { BLOCKING_BY_MOV_SS, BLOCKING_BY_STI, CR4_VMXE } from './guestState';
import type { Vmcs } from './vmcs';

/** VM-instruction errors 7 and 8, exit reasons 33 and 34. */
export type EntryStage = 'controls' | 'host' | 'guest' | 'msrLoading';

export interface EntryFailure {
  readonly stage: EntryStage;
  readonly field: VmcsFieldName;
  /** What is wrong, as a sentence. */
  readonly sentence: string;
  /** Exit qualification. */
  readonly qualification: number;
}

const PAGE = 4096;
const PHYSICAL_LIMIT = 2 ** 36;
const RFLAGS_RESERVED = 0xffc08028;
/** FS.base and GS.base cannot be loaded from the area, nor the x2APIC range (SDM Vol. 3, 26.4). */
const UNLOADABLE = (msr: number): boolean => msr === 0xc0000100 || msr === 0xc0000101 || msr >>> 8 === 8;

type Check = (vmcs: Vmcs, fail: (field: VmcsFieldName, sentence: string, qualification?: number) => void) => void;

const fixedBits: Check = (vmcs, fail) => {
  const { capabilities } = vmcs;
  for (const [name, ones] of Object.entries(capabilities.ones)) {
    const field = name as VmcsFieldName;
    const value = vmcs.read(field);
    const missing = (ones & ~value) >>> 0;
    const extra = (value & ~capabilities.allowedOnes(field)) >>> 0;
    if (missing) fail(field, `bits ${hexh(missing)} must be 1 (IA32_VMX capability)`);
    if (extra) fail(field, `bits ${hexh(extra)} must be 0: this processor does not have them`);
  }
};

const requires: readonly (readonly [name: (typeof CONTROL_BITS)[number]['name'], needs: string])[] = [
  ['virtualNmis', 'nmiExiting'],
  ['nmiWindowExiting', 'virtualNmis'],
  ['savePreemptionTimer', 'activatePreemptionTimer'],
  ['unrestrictedGuest', 'enableEpt'],
  ['enableEpt', 'activateSecondaryControls'],
];

const controls: Check = (vmcs, fail) => {
  fixedBits(vmcs, fail);
  const on = (name: string): boolean => CONTROL_BITS.some((row) => row.name === name && vmcs.read(row.field) & (1 << row.bit));
  for (const [name, needs] of requires) {
    const row = CONTROL_BITS.find((r) => r.name === name);
    if (row && on(name) && !on(needs)) fail(row.field, `${name} needs ${needs}`);
  }
  if (vmcs.read('cr3TargetCount') > 4) fail('cr3TargetCount', 'at most 4 CR3-target values');
  const pages: [boolean, VmcsFieldName][] = [
    [vmcs.has('useIoBitmaps'), 'ioBitmapA'],
    [vmcs.has('useIoBitmaps'), 'ioBitmapB'],
    [vmcs.has('useMsrBitmaps'), 'msrBitmaps'],
  ];
  for (const [used, field] of pages) if (used && (vmcs.read(field) % PAGE !== 0 || vmcs.read(field) >= PHYSICAL_LIMIT)) fail(field, 'not the address of a page');
  if (vmcs.has('enableVpid') && vmcs.read('vpid') === 0) fail('vpid', 'VPID 0 is the host’s');
  if (vmcs.has('enableEpt')) eptPointer(vmcs, fail);
  if (vmcs.read('entryMsrLoadCount') && vmcs.read('entryMsrLoadAddress') % 16) fail('entryMsrLoadAddress', 'not aligned to 16 bytes');
  entryInterruption(vmcs, fail);
};

/** Memory type in 2:0, walk length less one in 5:3, accessed and dirty flags in 6 (SDM Vol. 3, table 24-9). */
const eptPointer: Check = (vmcs, fail) => {
  const pointer = vmcs.read('eptPointer');
  const low = pointer % PAGE;
  if ((low & 7) !== 0 && (low & 7) !== 6) fail('eptPointer', `memory type ${low & 7} is neither uncacheable nor write-back`);
  if (((low >> 3) & 7) !== 3) fail('eptPointer', 'the page-walk length must be 4');
  if (low & 0xf80 || pointer >= PHYSICAL_LIMIT) fail('eptPointer', 'reserved bits are set');
};

/** Vectors of hardware exceptions that push an error code. */
const WITH_ERROR_CODE = [8, 10, 11, 12, 13, 14, 17];

const entryInterruption: Check = (vmcs, fail) => {
  const info = vmcs.read('entryInterruptionInfo');
  if (!(info & 0x80000000)) return;
  const [vector, type] = [info & 0xff, (info >> 8) & 7];
  const bad = (sentence: string): void => fail('entryInterruptionInfo', sentence);
  if (type === 1) bad('interruption type 1 is reserved');
  if (type === 2 && vector !== 2) bad('an NMI has vector 2');
  if (type === 3 && vector > 31) bad(`a hardware exception has no vector ${hexh(vector, 2)}`);
  if (info & 0x800 && !(type === 3 && WITH_ERROR_CODE.includes(vector))) bad('only hardware exceptions that push an error code deliver one');
  if (info & 0x7ffff000) bad('reserved bits are set');
  if (type >= 4 && type <= 6 && (vmcs.read('entryInstructionLength') === 0 || vmcs.read('entryInstructionLength') > 15))
    fail('entryInstructionLength', 'a software event needs an instruction length from 1 to 15');
};

const host: Check = (vmcs, fail) => {
  const cr0 = vmcs.read('hostCr0');
  if ((cr0 & (CR0_PE | CR0_NE | CR0_PG)) !== (CR0_PE | CR0_NE | CR0_PG)) fail('hostCr0', 'PE, NE and PG must be 1 in VMX operation');
  if (!(vmcs.read('hostCr4') & CR4_VMXE)) fail('hostCr4', 'VMXE must be 1 in VMX operation');
  if (vmcs.read('hostCr3') >= PHYSICAL_LIMIT) fail('hostCr3', 'beyond the physical address space');
  for (const field of ['hostEs', 'hostCs', 'hostSs', 'hostDs', 'hostFs', 'hostGs', 'hostTr'] as const) if (vmcs.read(field) & 7) fail(field, 'RPL and TI must be 0');
  for (const field of ['hostCs', 'hostSs', 'hostTr'] as const) if (vmcs.read(field) === 0) fail(field, 'must not be the null selector');
};

const guest: Check = (vmcs, fail) => {
  const cr0 = vmcs.read('guestCr0');
  const flags = vmcs.read('guestEflags');
  const unrestricted = vmcs.has('unrestrictedGuest');
  if (!(cr0 & CR0_NE)) fail('guestCr0', 'NE must be 1 in VMX operation');
  if (!unrestricted && (cr0 & (CR0_PE | CR0_PG)) !== (CR0_PE | CR0_PG)) fail('guestCr0', 'PE and PG must be 1: the guest is not unrestricted');
  if (cr0 & CR0_PG && !(cr0 & CR0_PE)) fail('guestCr0', 'PG without PE');
  if (!(vmcs.read('guestCr4') & CR4_VMXE)) fail('guestCr4', 'VMXE must be 1 in VMX operation');
  if (!(flags & EFLAGS_FIXED) || flags & RFLAGS_RESERVED) fail('guestEflags', 'reserved bits: bit 1 must be 1, bits 3, 5, 15 and above 21 must be 0');
  if (flags & EFLAGS_VM && !(cr0 & CR0_PE)) fail('guestEflags', 'VM without CR0.PE');
  const injected = vmcs.read('entryInterruptionInfo');
  if (injected & 0x80000000 && ((injected >> 8) & 7) === 0 && !(flags & EFLAGS_IF)) fail('guestEflags', 'IF must be 1 to inject an external interrupt');
  interruptibility(vmcs, fail, flags);
  if (vmcs.read('guestActivity') > 3) fail('guestActivity', 'no such activity state');
  if (vmcs.read('vmcsLinkPointer') !== -1) fail('vmcsLinkPointer', 'must be FFFFFFFFFFFFFFFFh without a shadow VMCS', 4);
  segments(vmcs, fail, cr0, flags);
  const pdptes = cr0 & CR0_PG && vmcs.read('guestCr4') & CR4_PAE;
  for (const n of [0, 1, 2, 3]) {
    const field = `guestPdpte${n}` as VmcsFieldName;
    if (pdptes && vmcs.read(field) % 2 && (Math.floor(vmcs.read(field) / 2) % 2048) & 0xf3) fail(field, 'reserved bits are set', 2);
  }
};

const interruptibility = (vmcs: Vmcs, fail: Parameters<Check>[1], flags: number): void => {
  const state = vmcs.read('guestInterruptibility');
  if (state & ~0xb) fail('guestInterruptibility', 'reserved bits are set');
  if (state & BLOCKING_BY_STI && state & BLOCKING_BY_MOV_SS) fail('guestInterruptibility', 'blocked by STI and by MOV SS at once');
  if (state & BLOCKING_BY_STI && !(flags & EFLAGS_IF)) fail('guestInterruptibility', 'blocked by STI with IF clear');
};

const segments = (vmcs: Vmcs, fail: Parameters<Check>[1], cr0: number, flags: number): void => {
  const { cpu } = vmcs.context;
  const tr = cpu.segment(TR);
  if (tr.selector & 4) fail('guestTrSelector', 'the task register is in the GDT');
  const busy = tr.attributes & ATTR_TYPE;
  if (!(tr.attributes & ATTR_P) || tr.attributes & ATTR_S || (busy !== 11 && busy !== 3)) fail('guestTrAccessRights', 'the task register must hold a busy TSS');
  if (!(cr0 & CR0_PE) || flags & EFLAGS_VM) return;
  const cs = cpu.segment(CS);
  const wrong = !(cs.attributes & ATTR_P) || !(cs.attributes & ATTR_S) || !(cs.attributes & ATTR_CODE || (cs.attributes & ATTR_TYPE) === 3);
  if (wrong) fail('guestCsAccessRights', 'CS must hold a present code segment');
  if (cs.attributes & ATTR_CODE && (cs.attributes & ATTR_DPL) >> 5 > 3) fail('guestCsAccessRights', 'DPL beyond 3');
};

/** Entry n of the area, from 1: index and data of an MSR (SDM Vol. 3, table 24-12). */
const msrLoading: Check = (vmcs, fail) => {
  const area = vmcs.read('entryMsrLoadAddress');
  for (let n = 1; n <= Math.min(vmcs.read('entryMsrLoadCount'), PAGE / 16); n++) {
    const at = area + 16 * (n - 1);
    if (!vmcs.memory.holds(at, 16)) return fail('entryMsrLoadAddress', `entry ${n} is not in the VMM’s memory`, n);
    const [msr, reserved] = vmcs.memory.readEntry(at);
    if (reserved) return fail('entryMsrLoadAddress', `entry ${n} has reserved bits set`, n);
    if (UNLOADABLE(msr)) return fail('entryMsrLoadAddress', `entry ${n} names MSR ${hexh(msr)}, which VM entry does not load`, n);
  }
};

const STAGES: readonly (readonly [EntryStage, Check])[] = [
  ['controls', controls],
  ['host', host],
  ['guest', guest],
  ['msrLoading', msrLoading],
];

/** Everything wrong in the first stage that fails; empty when the guest may be entered. */
export function checkEntry(vmcs: Vmcs): EntryFailure[] {
  for (const [stage, check] of STAGES) {
    const failures: EntryFailure[] = [];
    check(vmcs, (field, sentence, qualification = 0) => failures.push({ stage, field, sentence: `${fieldOf(field).title}: ${sentence}.`, qualification }));
    if (failures.length > 0) return failures;
  }
  return [];
}
