/** What a technique says about instructions before they are translated; part of every block's key. */
import type { Instruction } from '../x86/decoder';
import type { Block } from './block';

export interface TranslationPolicy {
  /** Changes whenever an answer below may change; small integer. */
  key(): number;
  /** `linear`: where it stands. `execute`: with its meaning on this CPU. `exit`: the run loop takes it. */
  treat(instruction: Instruction, linear: number): 'execute' | 'exit';
  /** Exit before it, so that somebody can decide to stop there. */
  watches(instruction: Instruction): boolean;
  /** Generated code may go on behind a system instruction when nobody waits there: no ATTEND. Else the run loop looks around each time. */
  readonly goesOn: boolean;
  /**
   * Blocks are how the engine runs code, and nobody's subject: one goes on when a store changes an instruction in it. Instructions that are
   * not sensitive and go on to the next one execute, and nobody watches them.
   */
  readonly rewrites: boolean;
  /** CS as the guest has it, where this CPU's is another. */
  guestSelector?(selector: number): number;
  /** When given, blocks are not chained: every near branch comes back to the run loop, which is told here. */
  branched?(): ((block: Block) => void) | undefined;
}
