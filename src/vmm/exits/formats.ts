/** The format of every exit, by reason, and the families of instructions that exit, by their name in the sensitivity table. */
import type { Instruction } from '../../x86/decoder';
import type { ExitReasonName, SensitivityName } from '../../x86/sensitivity';
import { clearTaskSwitched, controlRegisterFormat, fromControl, loadMachineStatus, toControl } from './controlRegister';
import { debugRegisterFormat, fromDebug, toDebug } from './debugRegister';
import { descriptorTable, descriptorTableFormat } from './descriptorTable';
import { entryFailureFormat } from './entryFailure';
import { eptFormat } from './eptViolation';
import { exceptionFormat, externalInterruptFormat, softwareException } from './exception';
import type { ExitFormat, InstructionExits } from './family';
import { ioFormat, portAccess } from './ioInstruction';
import { msrAccess, msrFormat } from './msr';
import { plain, plainFormat } from './plainInstruction';
import { taskSwitchFormat } from './taskSwitch';
import { timingFormat } from './timing';
import type { VmExit } from './vmExit';

type Formats = { readonly [R in VmExit['reason']]: ExitFormat<Extract<VmExit, { readonly reason: R }>> };

const FORMATS: Formats = {
  EXCEPTION_OR_NMI: exceptionFormat,
  EXTERNAL_INTERRUPT: externalInterruptFormat,
  TRIPLE_FAULT: timingFormat,
  INTERRUPT_WINDOW: timingFormat,
  NMI_WINDOW: timingFormat,
  TASK_SWITCH: taskSwitchFormat,
  CPUID: plainFormat,
  HLT: plainFormat,
  INVD: plainFormat,
  INVLPG: plainFormat,
  RDPMC: plainFormat,
  RDTSC: plainFormat,
  VMCALL: plainFormat,
  CR_ACCESS: controlRegisterFormat,
  DR_ACCESS: debugRegisterFormat,
  IO_INSTRUCTION: ioFormat,
  RDMSR: msrFormat,
  WRMSR: msrFormat,
  ENTRY_FAILURE_GUEST_STATE: entryFailureFormat,
  ENTRY_FAILURE_MSR_LOADING: entryFailureFormat,
  MONITOR_TRAP_FLAG: timingFormat,
  GDTR_IDTR: descriptorTableFormat,
  LDTR_TR: descriptorTableFormat,
  EPT_VIOLATION: eptFormat,
  EPT_MISCONFIGURATION: eptFormat,
  PREEMPTION_TIMER: timingFormat,
  WBINVD: plainFormat,
};

export const formatOf = <E extends VmExit>(exit: E): ExitFormat<E> => FORMATS[exit.reason] as unknown as ExitFormat<E>;

/** Reasons that this processor has and nothing here can cause: SMM is not modelled. */
export const UNUSED_REASONS: readonly ExitReasonName[] = ['RSM'];

const BY_SENSITIVITY: Readonly<Partial<Record<SensitivityName, InstructionExits<VmExit>>>> = {
  movToControl: toControl,
  movFromControl: fromControl,
  clts: clearTaskSwitched,
  lmsw: loadMachineStatus,
  movFromDebug: fromDebug,
  movToDebug: toDebug,
  sgdt: descriptorTable('SGDT'),
  sidt: descriptorTable('SIDT'),
  lgdt: descriptorTable('LGDT'),
  lidt: descriptorTable('LIDT'),
  sldt: descriptorTable('SLDT'),
  str: descriptorTable('STR'),
  lldt: descriptorTable('LLDT'),
  ltr: descriptorTable('LTR'),
  io: portAccess,
  rdmsr: msrAccess('RDMSR'),
  wrmsr: msrAccess('WRMSR'),
  cpuid: plain('CPUID'),
  hlt: plain('HLT'),
  invd: plain('INVD'),
  wbinvd: plain('WBINVD'),
  invlpg: plain('INVLPG'),
  rdpmc: plain('RDPMC'),
  rdtsc: plain('RDTSC'),
  vmcall: plain('VMCALL'),
  softwareInterrupt: softwareException,
};

/** The exits of the instruction's family; undefined when it has none. */
export const instructionExits = ({ spec }: Instruction): InstructionExits<VmExit> | undefined =>
  spec.lift === 'int1' ? softwareException : BY_SENSITIVITY[spec.sensitivity as SensitivityName];
