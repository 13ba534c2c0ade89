/**
 * The PIIX3's interrupt router: four level-triggered, shared PIRQ inputs, each steered to one IRQ of the interrupt
 * controllers by its route control register. Source: Intel 82371SB (PIIX3) datasheet, PIRQRC[A:D].
 */
import type { DeviceState, IrqLine } from '../contract';
import type { PciFunction } from './pciFunction';

export const PIRQ_ROUTES = 0x60;
const PIRQS = 4;
const ROUTE_DISABLED = 0x80;
/** IRQs a PIRQ may be steered to; the other codes are reserved. */
const STEERABLE = 0b1101_1110_1111_1000;

/** Slots are wired in turn so that single-function cards share evenly: INTA# of slot 1 is PIRQA, of slot 2 PIRQB … */
const pirqOf = (slot: number, pin: number): number => ((slot >> 3) - 1 + (pin - 1)) & (PIRQS - 1);

export class InterruptRouter {
  /** By function: the PIRQ it holds low, or -1. */
  readonly #asserted = new Int8Array(256).fill(-1);
  /** IRQs that are high because of us. */
  #driven = 0;

  constructor(
    private readonly bridge: PciFunction,
    private readonly irq: (irq: number) => IrqLine,
  ) {
    bridge.written = (offset) => {
      if (offset >= PIRQ_ROUTES - 3 && offset < PIRQ_ROUTES + PIRQS) this.#drive();
    };
  }

  line(slot: number, pin: number): IrqLine {
    const set = (pirq: number) => {
      this.#asserted[slot] = pirq;
      this.#drive();
    };
    return { raise: () => set(pirqOf(slot, pin)), lower: () => set(-1) };
  }

  /** The IRQ that `pirq` (0 to 3) is steered to. */
  route(pirq: number): number | undefined {
    const control = this.bridge.read(PIRQ_ROUTES + pirq, 1);
    const irq = control & 15;
    return control & ROUTE_DISABLED || !(STEERABLE & (1 << irq)) ? undefined : irq;
  }

  #wanted(): number {
    let wanted = 0;
    for (const pirq of this.#asserted) {
      const irq = pirq < 0 ? undefined : this.route(pirq);
      if (irq !== undefined) wanted |= 1 << irq;
    }
    return wanted;
  }

  #drive(): void {
    const wanted = this.#wanted();
    const changed = wanted ^ this.#driven;
    this.#driven = wanted;
    for (let irq = 0; irq < 16; irq++) {
      if (!(changed & (1 << irq))) continue;
      if (wanted & (1 << irq)) this.irq(irq).raise();
      else this.irq(irq).lower();
    }
  }

  reset(): void {
    this.#asserted.fill(-1);
    this.#drive();
  }

  save(): DeviceState {
    return { asserted: Array.from(this.#asserted.entries()).flatMap(([slot, pirq]) => (pirq < 0 ? [] : [slot, pirq])) };
  }

  /** The interrupt controllers restore the lines' levels themselves. */
  restore(state: DeviceState): void {
    const pairs = state.asserted as number[];
    this.#asserted.fill(-1);
    for (let i = 0; i < pairs.length; i += 2) this.#asserted[pairs[i]] = pairs[i + 1];
    this.#driven = this.#wanted();
  }
}
