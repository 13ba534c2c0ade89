/**
 * 8254 programmable interval timer. Counter 0 drives IRQ 0, counter 1 was memory refresh, counter 2 the speaker.
 * Source: Intel 8254 datasheet (231164). Region 0: counters at 0..2, control word at 3.
 */
import { ByteDevice } from './byteDevice';
import type { Clock, DeviceState, IrqLine, Timer } from './contract';
import { PitCounter } from './pitCounter';

export const PIT_HZ = 1_193_182;
const NS = 1_000_000_000;

/** Ticks completed at guest time `ns`; split by seconds so that products stay exact. */
export const ticksAt = (ns: number): number => Math.floor(ns / NS) * PIT_HZ + Math.floor(((ns % NS) * PIT_HZ) / NS);

/** First nanosecond at which `tick` ticks are complete. */
export const timeOfTick = (tick: number): number => Math.floor(tick / PIT_HZ) * NS + Math.ceil(((tick % PIT_HZ) * NS) / PIT_HZ);

const CONTROL = 3;
const READ_BACK = 3;
const READ_BACK_NO_COUNT = 0x20;
const READ_BACK_NO_STATUS = 0x10;

export class Pit extends ByteDevice {
  readonly name = 'pit';
  readonly #counters = [new PitCounter(), new PitCounter(), new PitCounter()];
  readonly #timer: Timer;

  constructor(
    private readonly clock: Clock,
    private readonly irq: IrqLine,
  ) {
    super();
    this.#timer = clock.createTimer('pit', () => this.#rise());
    this.reset();
  }

  get #tick(): number {
    return ticksAt(this.clock.now());
  }

  /** OUT of counter 2, as port 61h shows it. */
  get out2(): boolean {
    return this.#counters[2].out(this.#tick);
  }

  setGate2(gate: boolean): void {
    this.#counters[2].setGate(gate, this.#tick);
  }

  /** Frequency counter `n` is programmed for; 0 when it has no count. */
  frequency(n: 0 | 1 | 2): number {
    const { count } = this.#counters[n];
    return count ? PIT_HZ / count : 0;
  }

  protected readByte(_region: number, offset: number): number {
    return offset === CONTROL ? 0xff : this.#counters[offset].readByte(this.#tick);
  }

  protected writeByte(_region: number, offset: number, value: number): void {
    if (offset === CONTROL) this.#control(value);
    else this.#counters[offset].writeByte(value, this.#tick);
    if (offset === 0 || (offset === CONTROL && value >> 6 === 0)) this.#schedule();
  }

  #control(value: number): void {
    const select = value >> 6;
    const tick = this.#tick;
    if (select === READ_BACK) {
      this.#counters.forEach((counter, i) => {
        if (!(value & (2 << i))) return;
        if (!(value & READ_BACK_NO_COUNT)) counter.latchCount(tick);
        if (!(value & READ_BACK_NO_STATUS)) counter.latchStatus(tick);
      });
      return;
    }
    const access = (value >> 4) & 3;
    if (access === 0) this.#counters[select].latchCount(tick);
    else this.#counters[select].configure((value >> 1) & 7, access, (value & 1) !== 0);
  }

  /** IRQ 0 is OUT of counter 0: edges matter, so the line follows OUT only where the program or a rise can change it. */
  #schedule(): void {
    const tick = this.#tick;
    if (this.#counters[0].out(tick)) this.irq.raise();
    else this.irq.lower();
    const rise = this.#counters[0].nextRise(tick);
    if (rise === undefined) this.#timer.disarm();
    else this.#timer.arm(timeOfTick(rise));
  }

  #rise(): void {
    this.irq.lower();
    this.#schedule();
  }

  reset(): void {
    for (const counter of this.#counters) counter.configure(3, 3, false);
    this.#counters[2].setGate(false, this.#tick);
    this.#schedule();
  }

  save(): DeviceState {
    return { counters: this.#counters.map((c) => c.save()) };
  }

  /** The appointment itself is part of the clock's state. */
  restore(state: DeviceState): void {
    (state.counters as DeviceState[]).forEach((s, i) => {
      this.#counters[i].restore(s);
    });
  }
}
