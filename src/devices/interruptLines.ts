/**
 * The board's interrupt lines: each goes to an input of the 8259A pair and to a pin of the I/O APIC (MultiProcessor
 * Specification 1.4, 3.6.1, symmetric I/O mode).
 */
import type { IrqLine } from './contract';
import { CASCADE_INPUT } from './i8259';
import type { IoApic } from './ioApic';
import type { Pic } from './pic';

/** The 8259A's input 2 is the cascade, so pin 2 is free for the timer; pin 0 has the 8259A's own output. */
export const PIC_OUTPUT_PIN = 0;
export const ioApicPin = (irq: number): number => (irq === 0 ? CASCADE_INPUT : irq);

export class InterruptLines {
  constructor(
    private readonly pic: Pic,
    private readonly ioApic: IoApic,
  ) {}

  line(irq: number): IrqLine {
    const ends = [this.pic.input(irq), this.ioApic.pin(ioApicPin(irq))];
    const each = (act: 'raise' | 'lower') => (): void => {
      for (const end of ends) end[act]();
    };
    return { raise: each('raise'), lower: each('lower') };
  }
}
