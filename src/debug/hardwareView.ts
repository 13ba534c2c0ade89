/** What the silicon holds where the guest believes something else, and why, in words. */
import type { TechniqueId } from '../protocol/techniques';
import type { DebuggableVm } from '../vmm/debuggable';
import { EFLAGS_VM } from '../x86/flags';

export interface HardwareDifference {
  readonly value: number;
  /** What the guest believes. */
  readonly believed: number;
  readonly why: string;
}

type Why = string | ((hardware: (name: string) => number) => string);

const V86 = 'the guest’s real-mode code runs in virtual-8086 mode';

/** The guest's kernel runs in user mode (or ring 1), on tables of the VMM's. */
const DEPRIVILEGED: Readonly<Record<string, Why>> = {
  cpl: (hardware) => `the guest’s kernel runs in ring ${hardware('cpl')}, so that privileged instructions fault to the VMM`,
  cs: (hardware) => `its RPL is the ring that the guest’s kernel really runs in, ${hardware('cpl')}`,
  ss: (hardware) => `its RPL is the ring that the guest’s kernel really runs in, ${hardware('cpl')}`,
  eflags: (hardware) => (hardware('eflags') & EFLAGS_VM ? `${V86}; IF and IOPL are the VMM’s` : 'IF and IOPL are the VMM’s'),
  cr0: 'the VMM has the processor in protected mode, with paging of its own',
  cr2: 'a page fault that the guest never heard of',
  cr4: 'what the VMM lets the guest have of it',
  'gdtr.base': 'the VMM’s shadow of the guest’s GDT, with other privileges',
  'gdtr.limit': 'the VMM’s shadow of the guest’s GDT, with other privileges',
  'idtr.base': 'the VMM’s own IDT: every exception and interrupt comes to the VMM first',
  'idtr.limit': 'the VMM’s own IDT: every exception and interrupt comes to the VMM first',
  ldtr: 'the VMM’s own',
  tr: 'the VMM’s own TSS',
};

const ASSISTED: Readonly<Record<string, Why>> = {
  eflags: V86,
  cr0: 'bits that VMX operation fixes, or that the VMM keeps',
  cr3: 'the root of the VMM’s shadow page tables',
  cr4: 'bits that VMX operation fixes, or that the VMM keeps',
};

const WHY: Readonly<Record<TechniqueId, Readonly<Record<string, Why>>>> = { bare: {}, trap: DEPRIVILEGED, bt: DEPRIVILEGED, pv: DEPRIVILEGED, hvm: ASSISTED };

/** Undefined when the guest believes what is the case. */
export function hardwareDifference(vm: DebuggableVm, name: string): HardwareDifference | undefined {
  if (vm.technique === 'bare') return undefined;
  const value = vm.hardwareRegister(name);
  const believed = vm.readRegister(name);
  if (value === undefined || believed === undefined || value === believed) return undefined;
  const why = WHY[vm.technique][name] ?? 'the VMM’s';
  return { value, believed, why: typeof why === 'string' ? why : why((other) => vm.hardwareRegister(other) ?? 0) };
}
