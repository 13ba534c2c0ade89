/** Control-register accesses, reason 28. SDM Vol. 3, 25.1.3 and table 27-3. */
import { hexh } from '../../base/bits';
import { CPU } from '../../x86/cpuState';
import { CR0_PE, CR0_TS } from '../../x86/flags';
import type { Vmcs } from '../vmcs/vmcs';
import type { VmcsFieldName } from '../vmcs/fields';
import type { ExitFormat, InstructionExits } from './family';
import { REGISTERS, peekWord } from './operands';

export type ControlAccess = 'to' | 'from' | 'clts' | 'lmsw';

export interface ControlRegisterExit {
  readonly reason: 'CR_ACCESS';
  /** 0 for CLTS and LMSW. */
  readonly register: number;
  readonly access: ControlAccess;
  /** General register by number, for `to` and `from`. */
  readonly gpr: number;
  readonly value: number;
  /** LMSW from memory. */
  readonly memory: boolean;
}

const ACCESS: readonly ControlAccess[] = ['to', 'from', 'clts', 'lmsw'];
/** PE, MP, EM, TS. */
const STATUS_WORD = 0xf;

/** Does a write change a bit that the mask gives to the host? */
const changesOwned = (vmcs: Vmcs, n: 0 | 4, value: number): boolean => ((value ^ vmcs.read(`cr${n}Shadow`)) & vmcs.read(`cr${n}Mask`)) !== 0;

function isTarget(vmcs: Vmcs, value: number): boolean {
  for (let n = 0; n < Math.min(4, vmcs.read('cr3TargetCount')); n++) if (vmcs.read(`cr3Target${n}` as VmcsFieldName) === value) return true;
  return false;
}

export const toControl: InstructionExits<ControlRegisterExit> = {
  mayExit: ({ reg }, vmcs) => (reg === 0 ? vmcs.read('cr0Mask') !== 0 : reg === 4 ? vmcs.read('cr4Mask') !== 0 : reg === 3 && vmcs.has('cr3LoadExiting')),
  exitOf({ instruction: { reg, rm }, context, vmcs }) {
    const value = context.cpu.reg(rm);
    const exits = reg === 3 ? !isTarget(vmcs, value) : changesOwned(vmcs, reg as 0 | 4, value);
    return exits ? { reason: 'CR_ACCESS', register: reg, access: 'to', gpr: rm, value, memory: false } : undefined;
  },
};

/** Only CR3 can be read with an exit; CR0 and CR4 come from the read shadows where the host owns a bit. */
export const fromControl: InstructionExits<ControlRegisterExit> = {
  mayExit: ({ reg }, vmcs) => reg === 3 && vmcs.has('cr3StoreExiting'),
  exitOf: ({ instruction: { reg, rm }, context }) => ({ reason: 'CR_ACCESS', register: reg, access: 'from', gpr: rm, value: context.cpu.get(CPU.CR3), memory: false }),
};

export const clearTaskSwitched: InstructionExits<ControlRegisterExit> = {
  mayExit: (_, vmcs) => (vmcs.read('cr0Mask') & CR0_TS) !== 0,
  exitOf: ({ vmcs }) => (vmcs.read('cr0Shadow') & CR0_TS ? { reason: 'CR_ACCESS', register: 0, access: 'clts', gpr: 0, value: 0, memory: false } : undefined),
};

/** PE can be set and not cleared: it counts only where the source has it and the shadow has not. */
export const loadMachineStatus: InstructionExits<ControlRegisterExit> = {
  mayExit: (_, vmcs) => (vmcs.read('cr0Mask') & STATUS_WORD) !== 0,
  exitOf({ instruction, context, vmcs }) {
    const value = peekWord(context, instruction);
    if (value === undefined) return undefined;
    const changed = (value ^ vmcs.read('cr0Shadow')) & vmcs.read('cr0Mask') & STATUS_WORD;
    const exits = (changed & ~CR0_PE) !== 0 || (changed & value & CR0_PE) !== 0;
    return exits ? { reason: 'CR_ACCESS', register: 0, access: 'lmsw', gpr: 0, value, memory: instruction.rm < 0 } : undefined;
  },
};

export const controlRegisterFormat: ExitFormat<ControlRegisterExit> = {
  qualification: ({ register, access, gpr, value, memory }) =>
    (register | (ACCESS.indexOf(access) << 4) | (memory ? 1 << 6 : 0) | (gpr << 8) | (access === 'lmsw' ? value << 16 : 0)) >>> 0,
  decode: ({ register, access, gpr, value }) => [
    ['Control register', `CR${register}`],
    ['Access', { to: 'MOV to CR', from: 'MOV from CR', clts: 'CLTS', lmsw: 'LMSW' }[access]],
    ...(access === 'to' || access === 'from' ? ([['General register', REGISTERS[gpr]]] as const) : []),
    ...(access === 'to' || access === 'lmsw' ? ([['Source', hexh(value, access === 'lmsw' ? 4 : 8)]] as const) : []),
  ],
  sentence({ register, access, gpr, value }) {
    if (access === 'from') return `MOV ${REGISTERS[gpr]}, CR${register} asked for what the VMM keeps: CR3-store exiting is on.`;
    if (access === 'clts') return 'CLTS would clear CR0.TS, which the guest/host mask gives to the host.';
    if (access === 'lmsw') return `LMSW ${hexh(value, 4)} would change a bit of CR0 that the guest/host mask gives to the host.`;
    if (register === 3) return `MOV CR3, ${REGISTERS[gpr]} loads ${hexh(value, 8)}, which is none of the CR3-target values.`;
    return `MOV CR${register}, ${REGISTERS[gpr]} writes ${hexh(value, 8)}: it changes bits that the guest/host mask gives to the host.`;
  },
  handling: ({ register, access }) => (access === 'from' ? 'gave the guest its CR3' : `wrote the guest’s CR${register} and its read shadow`),
};
