/**
 * The timer of a local APIC: counts down at the bus clock divided by the divide configuration (SDM Vol. 3, 10.5.4).
 * The count is worked out from guest time; an appointment exists only while the expiry would be seen.
 */
import type { Clock, DeviceState, Timer } from './contract';

/** The bus clock, 100 MHz: a tick is what one instruction takes. */
export const BUS_CLOCK_HZ = 100_000_000;
const BUS_TICK_NS = 1_000_000_000 / BUS_CLOCK_HZ;

/** Divide configuration register, bits 3, 1 and 0: 000 divides by 2 … 110 by 128, 111 by 1. */
const divisorOf = (configuration: number): number => {
  const code = (configuration & 3) | ((configuration & 8) >> 1);
  return code === 7 ? 1 : 2 << code;
};

const powerOn = () => ({
  initial: 0,
  configuration: 0,
  periodic: false,
  /** Somebody wants to know of the expiry. */
  armed: false,
  /** The count was `count` at guest time `since`; 0: the timer stands still. */
  count: 0,
  since: 0,
});

export class ApicTimer {
  readonly #appointment: Timer;
  #s = powerOn();

  constructor(
    private readonly clock: Clock,
    expired: () => void,
  ) {
    this.#appointment = clock.createTimer('localApic', () => {
      expired();
      this.#schedule();
    });
  }

  get initial(): number {
    return this.#s.initial;
  }

  /** Writing the initial count starts the timer; 0 stops it. */
  set initial(value: number) {
    this.#s.initial = value;
    this.#start(value);
  }

  get configuration(): number {
    return this.#s.configuration;
  }

  /** The count goes on from where it is, at the new rate. */
  set configuration(value: number) {
    const { current } = this;
    this.#s.configuration = value & 0xb;
    this.#start(current);
  }

  /** Mode and mask of the LVT entry. */
  configure(periodic: boolean, armed: boolean): void {
    if (periodic !== this.#s.periodic) {
      const { current } = this;
      this.#s.periodic = periodic;
      this.#start(current);
    }
    this.#s.armed = armed;
    this.#schedule();
  }

  get #tick(): number {
    return BUS_TICK_NS * divisorOf(this.#s.configuration);
  }

  /** Ticks since `since`. */
  get #elapsed(): number {
    return Math.floor((this.clock.now() - this.#s.since) / this.#tick);
  }

  get current(): number {
    const { count, initial, periodic } = this.#s;
    const past = this.#elapsed - count;
    if (count === 0) return 0;
    if (past < 0) return -past;
    return periodic && initial ? initial - (past % initial) : 0;
  }

  #start(count: number): void {
    this.#s.count = count;
    this.#s.since = this.clock.now();
    this.#schedule();
  }

  #schedule(): void {
    const { count, initial, periodic, armed, since } = this.#s;
    const past = this.#elapsed - count;
    if (!armed || count === 0 || (past >= 0 && !(periodic && initial))) return this.#appointment.disarm();
    const ticks = past < 0 ? count : count + (Math.floor(past / initial) + 1) * initial;
    this.#appointment.arm(since + ticks * this.#tick);
  }

  reset(): void {
    this.#s = powerOn();
    this.#appointment.disarm();
  }

  save(): DeviceState {
    return { ...this.#s };
  }

  restore(state: DeviceState): void {
    this.#s = { ...state } as ReturnType<typeof powerOn>;
  }
}
