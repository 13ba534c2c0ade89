/**
 * Binary translation as the textbook has it: a block is a run of innocuous instructions ended by a branch or a sensitive
 * instruction. The block is cached, its body runs directly in user mode, its last instruction is emulated by the VMM,
 * which then goes on to the next block. Guest user code runs directly, but for the few instructions that would show it the VMM.
 */
import type { Block } from '../../engine/block';
import { isControlTransfer } from '../../engine/translator';
import type { Instruction } from '../../x86/decoder';
import { DeprivilegedTechnique } from './deprivilegedTechnique';
import { type EventDraft, type TechniqueExit, effectOf, exitReason } from './technique';

/** Near transfers mean the same on the silicon's state as on the virtual CPU's: they need no world switch, only the VMM's dispatch. */
export const isNearTransfer = ({ spec }: Instruction): boolean => spec.flow === 'jump' || spec.flow === 'branch' || spec.flow === 'call' || spec.flow === 'return';

export class BinaryTranslation extends DeprivilegedTechnique {
  readonly id = 'bt';
  /** Every block comes back to the VMM: a slice takes longer. */
  readonly slice = 5_000;

  override get translates(): boolean {
    return this.guestKernel;
  }

  protected interceptsInKernel(instruction: Instruction): boolean {
    return !isNearTransfer(instruction) && (instruction.spec.sensitive !== undefined || isControlTransfer(instruction));
  }

  protected override readonly branched = (block: Block): void => {
    const last = block.code.instructions.at(-1);
    if (last) this.host.reportAt(blockEnd(last.instruction), block, last.eip);
  };

  protected intercept(instruction: Instruction): TechniqueExit {
    const exit = this.emulate(instruction, callout(instruction));
    if (exit.kind !== 'stopped') this.host.report(blockEnd(instruction));
    return exit;
  }
}

const blockEnd = (instruction: Instruction): EventDraft => ({
  kind: 'blockEnd',
  instruction,
  reason: instruction.spec.flow,
  sentence: `The block ended in ${instruction.spec.mnemonic.toUpperCase()}; the VMM emulated it and went on to the next one.`,
  cost: 'blockDispatch',
});

export const callout = (instruction: Instruction): EventDraft => ({
  kind: 'callout',
  instruction,
  reason: exitReason(instruction) ?? instruction.spec.sensitive?.kind ?? instruction.spec.flow,
  sentence: `Emulated on the virtual CPU: ${effectOf(instruction)}`,
  cost: 'callout',
});
