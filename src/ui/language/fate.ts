/** What becomes of an instruction under a technique, as far as it shows in the source. Pure. */
import type { TechniqueId } from '../../protocol/techniques';
import { caseOf, factsOf, type InstructionCase } from '../instructionFacts';
import type { SourceInstruction } from './lineReader';

/** `direct`: as on bare metal. `traps`: the VMM steps in. `silent`: runs with another meaning. `exits`: leaves where the VMCS asks for it. */
export type Fate = 'direct' | 'traps' | 'silent' | 'exits';

/** In user mode: those that transfer to or from ring 0 fault there, and so does what is undefined. */
const TRAPS_ANYWAY = new Set(['vmcall', 'sysenter', 'iret', 'softwareInterrupt']);
/** Real mode runs in virtual-8086 mode, where these trap by IOPL (SDM Vol. 3B, 20.2.7). */
const TRAPS_IN_V86 = new Set(['pushf', 'popf']);
/** The VMM gives the guest descriptors of its own that these find at the privilege they expect. */
const DIRECT = new Set(['farCall', 'farJump', 'farReturn']);

/** SS wants RPL and DPL of the CPL, which is not what the guest thinks it is; only CS and SS show the CPL. */
function segment(name: string, operands: string): Fate {
  if (name === 'movToSegment' || name === 'popSegment') return /^\s*ss\b/i.test(operands) ? 'traps' : 'direct';
  return /\b[cs]s\s*$/i.test(operands) ? 'silent' : 'direct';
}

function deprivileged({ kind, name = '' }: InstructionCase, operands: string, bits: number): Fate {
  if (kind === 'privileged' || TRAPS_ANYWAY.has(name) || (bits === 16 && TRAPS_IN_V86.has(name))) return 'traps';
  if (DIRECT.has(name)) return 'direct';
  if (/Segment$/.test(name)) return bits === 16 ? 'direct' : segment(name, operands);
  return 'silent';
}

/** Reasons that the VMCS of Ringside’s hypervisor does not ask for by itself. */
const NOT_ASKED = new Set(['TASK_SWITCH', 'INTERRUPT_WINDOW', 'GDTR_IDTR', 'LDTR_TR']);

/** `operands`: as written; `bits`: code size, 16-bit code is taken for real mode. */
export function fateOf(one: InstructionCase, operands: string, bits: number, technique: TechniqueId): Fate {
  if (one.kind === 'innocuous' || technique === 'bare') return 'direct';
  if (technique === 'hvm') return one.exit && !NOT_ASKED.has(one.exit) && one.name !== 'movFromControl' ? 'exits' : 'direct';
  return technique === 'bt' ? 'traps' : deprivileged(one, operands, bits);
}

/** Undefined for a mnemonic that Ringside does not execute. */
export function instructionFate({ mnemonic, operands, bits }: SourceInstruction, technique: TechniqueId): { one: InstructionCase; fate: Fate } | undefined {
  const facts = factsOf(mnemonic.text.toLowerCase());
  if (!facts) return undefined;
  const one = caseOf(facts, operands);
  return { one, fate: fateOf(one, operands, bits, technique) };
}
