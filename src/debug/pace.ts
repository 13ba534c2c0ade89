/**
 * How fast guest time may pass for somebody who watches. Guest time itself stays what it always is, a function of retired
 * instructions and of time skipped while halted: pacing only decides when the host goes on.
 */
export type PaceMode = 'full' | 'idle' | 'realTime';

/** What is paced. Times are nanoseconds of guest time. */
export interface PacedVm {
  readonly guestTime?: number;
  /** A halted guest is not woken by a timer that is due later than this. */
  timeLimit?: number;
  /** When the timer is due that a halted guest waits for, and was kept from. */
  readonly waitsUntil?: number | undefined;
}

const NANOSECONDS_PER_INSTRUCTION = 10;
const MILLISECOND = 1e6;
/** A guest that is later than this is not hurried to catch up. */
const LATEST = 50 * MILLISECOND;
/** The longest sleep: input is noticed by then. */
const LONGEST_SLEEP_MS = 10;
/** What may run ahead in one go. */
const QUANTUM = 8 * MILLISECOND;

export class Pace {
  /** Guest time and host time that belong together. */
  #guest = 0;
  #host = 0;

  constructor(
    readonly mode: PaceMode,
    private readonly vm: PacedVm,
    /** Host time in milliseconds. */
    private readonly now: () => number,
  ) {}

  /** A run begins: what the host's clock did meanwhile does not count. */
  start(): void {
    this.#anchor(this.vm.guestTime ?? 0);
  }

  /** A run ends: whoever runs the machine next is not bound. */
  stop(): void {
    this.vm.timeLimit = Number.POSITIVE_INFINITY;
  }

  /** Milliseconds to sleep before the next slice; 0 to go on. Sets the limit for it. */
  wait(): number {
    const { vm, mode } = this;
    if (mode === 'full' || vm.guestTime === undefined) return 0;
    let allowed = this.#allowed();
    const aim = Math.max(vm.guestTime, vm.waitsUntil ?? 0);
    // Instructions may run as fast as they can, unless real time is asked for.
    const ahead = mode === 'idle' && vm.guestTime > allowed;
    if (ahead || allowed > aim + LATEST) {
      this.#anchor(ahead ? vm.guestTime : aim + LATEST);
      allowed = this.#allowed();
    }
    vm.timeLimit = allowed;
    const early = (mode === 'realTime' ? aim : (vm.waitsUntil ?? 0)) - allowed;
    return early > 0 ? Math.min(LONGEST_SLEEP_MS, Math.max(1, early / MILLISECOND)) : 0;
  }

  /** Instructions of the next slice at most. */
  get budget(): number {
    if (this.mode !== 'realTime' || this.vm.guestTime === undefined) return Number.POSITIVE_INFINITY;
    return Math.max(1, Math.ceil((this.#allowed() + QUANTUM - this.vm.guestTime) / NANOSECONDS_PER_INSTRUCTION));
  }

  #anchor(guest: number): void {
    this.#guest = guest;
    this.#host = this.now();
  }

  #allowed(): number {
    return this.#guest + (this.now() - this.#host) * MILLISECOND;
  }
}
