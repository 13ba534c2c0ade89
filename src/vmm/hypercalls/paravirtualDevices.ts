/** What a paravirtualized guest has in place of devices: a console, a timer, a disk. */
import type { Clock, DeviceState, Timer } from '../../devices/contract';
import type { EventChannel } from './eventChannel';

const NANOSECONDS_PER_MICROSECOND = 1000;
/** What is typed beyond that is lost. */
const CONSOLE_CAPACITY = 4096;

/** A disk by sectors of 512 bytes. */
export interface ParavirtualDisk {
  readonly sectors: number;
  read(sector: number, count: number): Uint8Array;
  write(sector: number, bytes: Uint8Array): void;
}

/** What was typed and not yet read. */
export class ParavirtualConsole {
  #typed: number[] = [];

  constructor(readonly events: EventChannel) {}

  receive(bytes: Iterable<number>): void {
    for (const byte of bytes) if (this.#typed.length < CONSOLE_CAPACITY) this.#typed.push(byte);
    if (this.#typed.length > 0) this.events.raise('console');
  }

  /** The shared page has been set: what was typed before is news. */
  announce(): void {
    if (this.#typed.length > 0) this.events.raise('console');
  }

  take(most: number): Uint8Array {
    return Uint8Array.from(this.#typed.splice(0, most));
  }

  reset(): void {
    this.#typed = [];
  }

  save(): DeviceState {
    return { typed: [...this.#typed] };
  }

  restore(state: DeviceState): void {
    this.#typed = [...(state.typed as number[])];
  }
}

/** One shot; its appointment is part of the clock's state. */
export class ParavirtualTimer {
  readonly #timer: Timer;

  constructor(
    readonly clock: Clock,
    events: EventChannel,
  ) {
    this.#timer = clock.createTimer('hypercall timer', () => events.raise('timer'));
  }

  set(microseconds: number): void {
    if (microseconds === 0) this.#timer.disarm();
    else this.#timer.arm(this.clock.now() + microseconds * NANOSECONDS_PER_MICROSECOND);
  }

  reset(): void {
    this.#timer.disarm();
  }
}
