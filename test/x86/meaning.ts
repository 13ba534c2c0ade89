/** What an instruction means, however it was encoded or written. */
import type { Instruction } from '../../src/x86/decoder';
import { operandValues } from './randomInstructions';

/** What nasm has no words for. */
export const UNWRITABLE: readonly (readonly [reason: string, applies: (i: Instruction) => boolean])[] = [
  ['the call to the BIOS services', (i) => i.spec.mnemonic === 'firmware'],
  ['movzx and movsx of a word to a word', (i) => (i.spec.lift === 'movzx' || i.spec.lift === 'movsx') && i.spec.operands[1] === 'Ew' && i.operandSize === 2],
  ['bswap of a word, whose result is undefined', (i) => i.spec.lift === 'bswap' && i.operandSize === 2],
  ['fstp that raises nothing: nasm has one fstp', (i) => i.spec.lift === 'fstpUnchecked'],
  ['a size prefix before wait: nasm puts it behind', (i) => i.spec.lift === 'wait' && i.length > 1],
  ['short branches that reach by the length of useless prefixes', (i) => i.spec.operands[0] === 'Jb' && i.length + i.immediate > 0x7f],
];

/** Operands of operand size, and those through which it matters without being seen. */
const SIZED = /^(J.|Ap|Ms|Mp|[C-GS]S|.v|eAX|Iz|Ibs)$/;

/** The parts of an instruction that its encoding may not change. */
export function meaning(instruction: Instruction, eip: number): string {
  const { spec, lock, repeat } = instruction;
  const operands = operandValues(instruction, eip);
  const commutes = spec.mnemonic === 'xchg' || spec.mnemonic === 'test';
  if (spec.mnemonic === 'xchg' && operands[0] === operands[1] && operands[0].endsWith(' 0') && operands[0] !== 'r8 0') return `nop ${instruction.operandSize}`;
  if (spec.mnemonic === 'nop' && operands.length === 0) return `nop ${instruction.operandSize}`;
  const sizeMatters = spec.operands.length === 0 || spec.operands.some((o) => SIZED.test(o));
  return [
    lock ? 'lock' : '',
    spec.rep && repeat ? repeat : '',
    spec.lift,
    spec.mnemonic,
    sizeMatters ? instruction.operandSize : '',
    ...(commutes ? operands.sort() : operands),
  ].join(' | ');
}
