/** Instructions whose exits need no more than their reason, or one address. SDM Vol. 3, 25.1.2 and 25.1.3. */
import { hexh } from '../../base/bits';
import { EAX, ECX } from '../../x86/registers';
import type { ControlName } from '../vmcs/controls';
import type { ExitFormat, InstructionExits } from './family';
import { linearAddress } from './operands';

type PlainReason = 'CPUID' | 'HLT' | 'INVD' | 'WBINVD' | 'INVLPG' | 'RDPMC' | 'RDTSC' | 'VMCALL';

export interface PlainExit {
  readonly reason: PlainReason;
  /** CPUID leaf, linear address, counter or hypercall number. */
  readonly operand: number;
}

interface Plain {
  /** Without one it exits always. */
  readonly control?: ControlName;
  readonly operand?: (guest: Parameters<InstructionExits<PlainExit>['exitOf']>[0]) => number;
  readonly operandName?: string;
  readonly handling: (exit: PlainExit) => string;
}

// biome-ignore format: a table
const PLAIN: Readonly<Record<PlainReason, Plain>> = {
  CPUID:  { operand: ({ context }) => context.cpu.reg(EAX), operandName: 'Leaf (EAX)', handling: ({ operand }) => `answered leaf ${hexh(operand)} for the virtual processor` },
  HLT:    { control: 'hltExiting', handling: () => 'stopped scheduling the guest until an interrupt' },
  INVD:   { handling: () => 'skipped it: the caches are the host’s' },
  WBINVD: { control: 'wbinvdExiting', handling: () => 'skipped it: the caches are the host’s' },
  INVLPG: { control: 'invlpgExiting', operand: ({ context, instruction }) => linearAddress(context, instruction), operandName: 'Linear address', handling: ({ operand }) => `dropped the translation of ${hexh(operand, 8)}` },
  RDPMC:  { control: 'rdpmcExiting', operand: ({ context }) => context.cpu.reg(ECX), operandName: 'Counter (ECX)', handling: ({ operand }) => `read performance counter ${hexh(operand)}` },
  RDTSC:  { control: 'rdtscExiting', handling: () => 'gave the guest its time-stamp counter' },
  VMCALL: { operand: ({ context }) => context.cpu.reg(EAX), operandName: 'Number (EAX)', handling: () => 'looked for a hypercall of this number' },
};

export const plain = (reason: PlainReason): InstructionExits<PlainExit> => {
  const { control, operand } = PLAIN[reason];
  return {
    mayExit: (_, vmcs) => control === undefined || vmcs.has(control),
    exitOf: (guest) => ({ reason, operand: operand?.(guest) ?? 0 }),
  };
};

export const plainFormat: ExitFormat<PlainExit> = {
  qualification: ({ reason, operand }) => (reason === 'INVLPG' ? operand : 0),
  decode: ({ reason, operand }) => (PLAIN[reason].operandName ? [[PLAIN[reason].operandName!, hexh(operand, 8)]] : []),
  sentence: ({ reason }) => (PLAIN[reason].control ? `${reason}: its exiting control is on.` : `${reason} always leaves non-root mode.`),
  handling: (exit) => PLAIN[exit.reason].handling(exit),
};
