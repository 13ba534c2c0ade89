/** VM exits: a basic reason, and a shape of its own for each qualification. SDM Vol. 3, 27.2.1 and appendix C. */
import { EXIT_REASONS, type ExitReasonName } from '../../x86/sensitivity';
import type { ControlRegisterExit } from './controlRegister';
import type { DebugRegisterExit } from './debugRegister';
import type { DescriptorTableExit } from './descriptorTable';
import type { EntryFailureExit } from './entryFailure';
import type { EptExit } from './eptViolation';
import type { ExceptionExit, ExternalInterruptExit } from './exception';
import type { IoExit } from './ioInstruction';
import type { MsrExit } from './msr';
import type { PlainExit } from './plainInstruction';
import type { TaskSwitchExit } from './taskSwitch';
import type { TimingExit } from './timing';

export type VmExit =
  | ControlRegisterExit
  | DebugRegisterExit
  | DescriptorTableExit
  | EntryFailureExit
  | EptExit
  | ExceptionExit
  | ExternalInterruptExit
  | IoExit
  | MsrExit
  | PlainExit
  | TaskSwitchExit
  | TimingExit;

export const exitNumber = (exit: { readonly reason: ExitReasonName }): number => EXIT_REASONS[exit.reason];
