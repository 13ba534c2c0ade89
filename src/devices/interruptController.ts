/** What the vCPU sees of an interrupt controller: the INTR pin and the acknowledge cycle. */
import type { IrqLine } from './contract';

export interface InterruptController {
  /** Input wire `irq` (0..15). */
  line(irq: number): IrqLine;
  /** Level of the INTR output. */
  readonly pending: boolean;
  /** The INTA cycle: moves the winning request into service and returns its vector. */
  acknowledge(): number;
  /** Called when INTR rises. */
  intr: (() => void) | undefined;
}
