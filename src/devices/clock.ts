/**
 * Guest time as devices see it. The run loop derives nanoseconds from retired instructions and calls `advanceTo`
 * between two instructions; nothing here knows the host's clock.
 */
import type { Clock, DeviceState, Timer } from './contract';

class Appointment implements Timer {
  due: number | undefined;

  constructor(
    readonly name: string,
    readonly expired: (now: number) => void,
    private readonly changed: (armed: boolean) => void,
  ) {}

  /** Beyond 104 days, where nanoseconds are not exact any more, time is over: nothing falls due there. */
  arm(at: number): void {
    if (at > Number.MAX_SAFE_INTEGER) return this.disarm();
    if (!Number.isInteger(at)) throw new RangeError(`timer ${this.name}: ${at} is not a guest time`);
    this.due = at;
    this.changed(true);
  }

  disarm(): void {
    this.due = undefined;
    this.changed(false);
  }
}

const UNKNOWN = -1;

export class GuestClock implements Clock {
  /** Called when a timer is armed: the run loop may have to shorten the slice it has under way. */
  rearmed: (() => void) | undefined;
  #now = 0;
  /** In creation order: the tie-break between timers due at one time. */
  readonly #timers: Appointment[] = [];
  /** The timer that is due first, while nothing has changed. */
  #first: Appointment | undefined;
  /** Before this guest time nothing falls due; UNKNOWN when timers have changed. */
  #quietUntil = UNKNOWN;

  now(): number {
    return this.#now;
  }

  createTimer(name: string, expired: (now: number) => void): Timer {
    if (this.#timers.some((t) => t.name === name)) throw new RangeError(`timer ${name} exists already`);
    const timer = new Appointment(name, expired, (armed) => {
      this.#quietUntil = UNKNOWN;
      if (armed) this.rearmed?.();
    });
    this.#timers.push(timer);
    return timer;
  }

  /** Guest time of the earliest appointment. */
  nextDue(): number | undefined {
    return this.#earliest()?.due;
  }

  /** Move to `time`, firing what falls due on the way; during a callback `now` is the time it was due. Never goes back. */
  advanceTo(time: number): void {
    if (!(time < this.#quietUntil)) this.#fire(time);
    if (time > this.#now) this.#now = time;
  }

  #fire(time: number): void {
    for (let timer = this.#earliest(); timer && timer.due! <= time; timer = this.#earliest()) {
      this.#now = Math.max(this.#now, timer.due!);
      timer.due = undefined;
      this.#quietUntil = UNKNOWN;
      timer.expired(this.#now);
    }
  }

  save(): DeviceState {
    const timers: DeviceState = {};
    for (const { name, due } of this.#timers) timers[name] = due ?? null;
    return { now: this.#now, timers };
  }

  restore(state: DeviceState): void {
    this.#now = state.now as number;
    const timers = state.timers as DeviceState;
    for (const timer of this.#timers) timer.due = (timers[timer.name] as number | null | undefined) ?? undefined;
    this.#quietUntil = UNKNOWN;
    this.rearmed?.();
  }

  #earliest(): Appointment | undefined {
    if (this.#quietUntil === UNKNOWN) {
      this.#first = this.#search();
      this.#quietUntil = this.#first?.due ?? Number.POSITIVE_INFINITY;
    }
    return this.#first;
  }

  #search(): Appointment | undefined {
    let earliest: Appointment | undefined;
    for (const timer of this.#timers) if (timer.due !== undefined && (earliest === undefined || timer.due < earliest.due!)) earliest = timer;
    return earliest;
  }
}
