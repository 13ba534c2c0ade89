/** Accesses to GDTR, IDTR, LDTR and TR with descriptor-table exiting, reasons 46 and 47. SDM Vol. 3, tables 27-10 and 27-11. */
import { hexh } from '../../base/bits';
import type { ExitFormat, InstructionExits } from './family';
import { effectiveAddress } from './operands';

const TABLE_REGISTERS = ['SGDT', 'SIDT', 'LGDT', 'LIDT'] as const;
const SYSTEM_SEGMENTS = ['SLDT', 'STR', 'LLDT', 'LTR'] as const;
type TableInstruction = (typeof TABLE_REGISTERS | typeof SYSTEM_SEGMENTS)[number];

export interface DescriptorTableExit {
  readonly reason: 'GDTR_IDTR' | 'LDTR_TR';
  readonly access: TableInstruction;
  /** The operand's offset; 0 in a register. */
  readonly displacement: number;
}

export const descriptorTable = (access: TableInstruction): InstructionExits<DescriptorTableExit> => ({
  mayExit: (_, vmcs) => vmcs.has('descriptorTableExiting'),
  exitOf: ({ instruction, context }) => ({
    reason: access.endsWith('GDT') || access.endsWith('IDT') ? 'GDTR_IDTR' : 'LDTR_TR',
    access,
    displacement: instruction.rm < 0 ? effectiveAddress(context, instruction) : 0,
  }),
});

/** Bits 29:28 of the VM-exit instruction information say which of the four it was. */
export const instructionIdentity = ({ reason, access }: DescriptorTableExit): number =>
  ((reason === 'GDTR_IDTR' ? TABLE_REGISTERS : SYSTEM_SEGMENTS) as readonly string[]).indexOf(access);

export const descriptorTableFormat: ExitFormat<DescriptorTableExit> = {
  qualification: ({ displacement }) => displacement,
  decode: (exit) => [
    ['Instruction', `${exit.access} (identity ${instructionIdentity(exit)})`],
    ['Operand offset', hexh(exit.displacement, 8)],
  ],
  sentence: ({ access }) => `${access} touches a descriptor-table register: descriptor-table exiting is on.`,
  handling: ({ access }) => (access.startsWith('S') ? 'stored the guest’s register' : 'loaded the guest’s register'),
};
