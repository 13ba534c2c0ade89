/** What a family of exits knows: when its instructions exit, how the exit is laid out in the VMCS, and how to say it. */
import type { ExecutionContext } from '../../semantics/system/context';
import type { Instruction } from '../../x86/decoder';
import type { Vmcs } from '../vmcs/vmcs';

export type Decoded = readonly (readonly [name: string, value: string])[];

export interface ExitFormat<E> {
  /** The exit qualification, as the SDM lays it out. */
  qualification(exit: E): number;
  /** The same, and the fields beside it, for a reader. */
  decode(exit: E): Decoded;
  /** Why the guest left non-root mode: one sentence. */
  sentence(exit: E): string;
  /** What the VMM does about it: a sentence without its subject. */
  handling(exit: E): string;
}

/** An instruction at CS:EIP in non-root operation. */
export interface GuestInstruction {
  readonly instruction: Instruction;
  readonly context: ExecutionContext;
  readonly vmcs: Vmcs;
}

export interface InstructionExits<E> {
  /** Could it exit under these controls, whatever its operands hold? False: it never leaves the guest. */
  mayExit(instruction: Instruction, vmcs: Vmcs): boolean;
  /** The exit it makes now; undefined when it does not. */
  exitOf(guest: GuestInstruction): E | undefined;
}
