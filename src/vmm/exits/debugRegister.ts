/** Debug-register accesses, reason 29: the exit outranks the fault at CPL > 0. SDM Vol. 3, table 27-4. */
import { CR4_DE } from '../../x86/flags';
import { CPU } from '../../x86/cpuState';
import type { ExitFormat, GuestInstruction, InstructionExits } from './family';
import { REGISTERS } from './operands';

export interface DebugRegisterExit {
  readonly reason: 'DR_ACCESS';
  readonly register: number;
  readonly from: boolean;
  readonly gpr: number;
}

const access = (from: boolean): InstructionExits<DebugRegisterExit> => ({
  mayExit: (_, vmcs) => vmcs.has('movDrExiting'),
  exitOf({ instruction: { reg, rm }, context: { cpu } }: GuestInstruction) {
    const undefinedOpcode = (reg === 4 || reg === 5) && cpu.get(CPU.CR4) & CR4_DE;
    return undefinedOpcode ? undefined : { reason: 'DR_ACCESS', register: reg, from, gpr: rm };
  },
});

export const fromDebug = access(true);
export const toDebug = access(false);

export const debugRegisterFormat: ExitFormat<DebugRegisterExit> = {
  qualification: ({ register, from, gpr }) => register | (from ? 1 << 4 : 0) | (gpr << 8),
  decode: ({ register, from, gpr }) => [
    ['Debug register', `DR${register}`],
    ['Direction', from ? 'from DR' : 'to DR'],
    ['General register', REGISTERS[gpr]],
  ],
  sentence: ({ register, from, gpr }) => `MOV ${from ? `${REGISTERS[gpr]}, DR${register}` : `DR${register}, ${REGISTERS[gpr]}`}: MOV-DR exiting is on.`,
  handling: ({ register, from }) => (from ? `gave the guest its DR${register}` : `wrote the guest’s DR${register}`),
};
