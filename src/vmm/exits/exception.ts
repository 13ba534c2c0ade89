/** Exceptions by the exception bitmap, reason 0, and external interrupts, reason 1. SDM Vol. 3, 24.6.3, 25.2 and table 24-14. */
import { hexh } from '../../base/bits';
import { BP, DB, EXCEPTIONS, NMI, OF, PF, vectorName } from '../../x86/exceptions';
import type { Instruction } from '../../x86/decoder';
import { EFLAGS_OF } from '../../x86/flags';
import type { Vmcs } from '../vmcs/vmcs';
import type { ExitFormat, InstructionExits } from './family';

/** Bits 10:8 of interruption information. */
export const INTERRUPTION_TYPES = ['external interrupt', 'reserved', 'NMI', 'hardware exception', 'software interrupt', 'INT1', 'software exception', 'other event'] as const;
const EXTERNAL = 0;
const HARDWARE_EXCEPTION = 3;
/** INT1's. */
const PRIVILEGED_SOFTWARE_EXCEPTION = 5;
const SOFTWARE_EXCEPTION = 6;
const VALID = 0x80000000;
const ERROR_CODE_VALID = 1 << 11;

/** Interruption information (SDM Vol. 3, table 24-13): vector, type, whether there is an error code. */
export function interruption(vector: number, external: boolean, errorCode: boolean): number {
  const type = vector === NMI ? 2 : external ? EXTERNAL : vector === BP || vector === OF ? SOFTWARE_EXCEPTION : HARDWARE_EXCEPTION;
  return (vector | (type << 8) | (errorCode ? ERROR_CODE_VALID : 0) | VALID) >>> 0;
}

export const describeInterruption = (info: number): string =>
  info & VALID
    ? `${(info & 0x700) >> 8 === EXTERNAL ? `vector ${hexh(info & 0xff, 2)}` : vectorName(info & 0xff)}, ${INTERRUPTION_TYPES[(info >> 8) & 7]}${info & ERROR_CODE_VALID ? ', with error code' : ''}`
    : 'none';

export interface ExceptionExit {
  readonly reason: 'EXCEPTION_OR_NMI';
  readonly vector: number;
  /** Interruption information. */
  readonly information: number;
  readonly errorCode: number;
  /** Of a page fault the linear address, of a debug exception its causes as in DR6, else 0. */
  readonly operand: number;
  /** The instruction faulted only because the guest's real mode is virtual-8086 mode: the VMM executes it. */
  readonly emulated?: true;
  /** Of a page fault that only the shadow page tables caused: what the VMM does about it, a sentence without its subject. */
  readonly hidden?: string;
}

export interface ExternalInterruptExit {
  readonly reason: 'EXTERNAL_INTERRUPT';
  /** With "acknowledge interrupt on exit": interruption information; else 0. */
  readonly information: number;
}

/** The exception bitmap decides; of page faults also the error code, by mask and match. */
export function exceptionExits(vmcs: Vmcs, vector: number, errorCode: number): boolean {
  if (vector === NMI) return vmcs.has('nmiExiting');
  const inBitmap = (vmcs.read('exceptionBitmap') & (1 << vector)) !== 0;
  if (vector !== PF) return inBitmap;
  const matches = (errorCode & vmcs.read('pfecMask')) >>> 0 === vmcs.read('pfecMatch');
  return matches ? inBitmap : !inBitmap;
}

const vectorOf = ({ spec }: Instruction): number | undefined => SOFTWARE_VECTORS[spec.lift];
const SOFTWARE_VECTORS: Readonly<Record<string, number>> = { int1: DB, int3: BP, into: OF };

/** INT1, INT3 and INTO leave by the exception bitmap; INT n never does. */
export const softwareException: InstructionExits<ExceptionExit> = {
  mayExit(instruction, vmcs) {
    const vector = vectorOf(instruction);
    return vector !== undefined && exceptionExits(vmcs, vector, 0);
  },
  exitOf({ instruction, context }) {
    const vector = vectorOf(instruction)!;
    if (vector === OF && !(context.cpu.eflags & EFLAGS_OF)) return undefined;
    const type = vector === DB ? PRIVILEGED_SOFTWARE_EXCEPTION : SOFTWARE_EXCEPTION;
    return { reason: 'EXCEPTION_OR_NMI', vector, information: (vector | (type << 8) | VALID) >>> 0, errorCode: 0, operand: 0 };
  },
};

export const exceptionFormat: ExitFormat<ExceptionExit> = {
  qualification: ({ operand }) => operand,
  decode: ({ vector, information, errorCode, operand }) => [
    ['Interruption information', `${hexh(information, 8)}: ${describeInterruption(information)}`],
    ...(information & ERROR_CODE_VALID ? ([['Error code', hexh(errorCode, 4)]] as const) : []),
    ...(vector === PF ? ([['Linear address', hexh(operand, 8)]] as const) : []),
    ...(vector === 1 ? ([['Causes (DR6)', hexh(operand, 4)]] as const) : []),
  ],
  sentence: ({ vector, emulated }) =>
    vector === NMI
      ? 'An NMI arrived: NMI exiting is on.'
      : emulated
        ? `${vectorName(vector)}: the guest’s real mode is virtual-8086 mode here, with IOPL 0, and the instruction faults in it.`
        : `The guest raised ${vectorName(vector)}, ${EXCEPTIONS.find((e) => e.vector === vector)?.description ?? 'exception'}: its bit in the exception bitmap is set.`,
  handling: ({ vector, emulated, hidden }) =>
    hidden ?? (emulated ? 'executed the instruction as real mode would' : `found that ${vectorName(vector)} is the guest’s own, and injected it`),
};

export const externalInterruptFormat: ExitFormat<ExternalInterruptExit> = {
  qualification: () => 0,
  decode: ({ information }) => (information ? [['Interruption information', `${hexh(information, 8)}: ${describeInterruption(information)}`]] : []),
  sentence: () => 'An interrupt arrived while the guest ran: it belongs to the host.',
  handling: () => 'found that a virtual device has an interrupt for the guest',
};
