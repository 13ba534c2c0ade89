/**
 * The PC's pair of 8259A programmable interrupt controllers, the slave cascaded on input 2 of the master.
 * Source: Intel 8259A datasheet (231468); ELCR: 82371 (PIIX) datasheet.
 * Regions: 0 = master's two ports, 1 = slave's, 2 = edge/level control registers.
 */
import { ByteDevice } from './byteDevice';
import type { DeviceState, IrqLine } from './contract';
import { CASCADE_INPUT, I8259 } from './i8259';

/** ELCR bits that stay edge-triggered: the timer, the keyboard, the cascade; the RTC and the coprocessor. */
const ELCR_MASK = [0xf8, 0xde];

export class Pic extends ByteDevice {
  readonly name = 'pic';
  /** Told of every change of the INTR output. */
  intr: ((level: boolean) => void) | undefined;
  readonly #master = new I8259(true);
  readonly #slave = new I8259(false);
  #pending = false;

  constructor() {
    super();
    this.reset();
  }

  /** Level of the INTR output. */
  get pending(): boolean {
    return this.#pending;
  }

  /** Input `irq`, the slave's from 8 on. */
  input(irq: number): IrqLine {
    if (!Number.isInteger(irq) || irq < 0 || irq > 15 || irq === CASCADE_INPUT) throw new RangeError(`no 8259A input ${irq}`);
    const chip = irq < 8 ? this.#master : this.#slave;
    const set = (level: boolean) => {
      chip.setLine(irq & 7, level);
      this.#update();
    };
    return { raise: () => set(true), lower: () => set(false) };
  }

  /** The INTA cycle: moves the winning request into service and returns its vector. */
  acknowledge(): number {
    let vector = this.#acknowledgeChip(this.#master);
    if (vector === undefined) {
      vector = this.#acknowledgeChip(this.#slave);
      vector ??= this.#slave.base | 7;
    }
    this.#update();
    return vector;
  }

  /** Registers for views: request, service and mask of both chips, bit = IRQ number. */
  get registers(): { irr: number; isr: number; imr: number } {
    const word = (key: 'irr' | 'isr' | 'imr') => this.#master[key] | (this.#slave[key] << 8);
    return { irr: word('irr'), isr: word('isr'), imr: word('imr') };
  }

  protected readByte(region: number, offset: number): number {
    if (region === 2) return (offset ? this.#slave : this.#master).elcr;
    const chip = region ? this.#slave : this.#master;
    if (!chip.poll) return chip.read(offset);
    const value = chip.read(offset);
    this.#update();
    return value;
  }

  /** But for the answer to a poll command, which is an acknowledge. */
  isSteady(region: number): boolean {
    return region === 2 || !(region ? this.#slave : this.#master).poll;
  }

  protected writeByte(region: number, offset: number, value: number): void {
    if (region === 2) (offset ? this.#slave : this.#master).setElcr(value & ELCR_MASK[offset]);
    else (region ? this.#slave : this.#master).write(offset, value);
    this.#update();
  }

  reset(): void {
    this.#master.reset();
    this.#slave.reset();
    this.#update();
  }

  save(): DeviceState {
    return { master: this.#master.save(), slave: this.#slave.save() };
  }

  restore(state: DeviceState): void {
    Object.assign(this.#master, state.master);
    Object.assign(this.#slave, state.slave);
    this.#pending = this.#master.winner() >= 0;
  }

  /** Vector of the chip's winner; undefined when the master selects the slave. No request left: the default IR7. */
  #acknowledgeChip(chip: I8259): number | undefined {
    const input = chip.winner();
    if (input < 0) return chip.base | 7;
    chip.enterService(input);
    return chip.cascades(input) ? undefined : chip.base | input;
  }

  /** The slave's INT output is the master's input 2; the master's is the CPU's INTR. */
  #update(): void {
    this.#master.setLine(CASCADE_INPUT, false);
    if (this.#slave.winner() >= 0) this.#master.setLine(CASCADE_INPUT, true);
    else this.#master.irr &= ~(1 << CASCADE_INPUT);
    const pending = this.#master.winner() >= 0;
    const changed = pending !== this.#pending;
    this.#pending = pending;
    if (changed) this.intr?.(pending);
  }
}
