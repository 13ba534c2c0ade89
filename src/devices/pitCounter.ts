/**
 * One counter of an 8254. It stores when its count was loaded and computes everything else from the current tick,
 * so a guest that never looks costs nothing. Source: Intel 8254 datasheet (231164).
 *
 *   mode 0  OUT low until N ticks after loading           mode 3  square wave: high ceil(N/2), low floor(N/2)
 *   mode 1  low for N ticks after a rising gate           mode 4  low for one tick, N ticks after loading
 *   mode 2  low for the last tick of every N              mode 5  as 4, started by a rising gate
 */
import type { DeviceState } from './contract';

type Latch = 'none' | 'count';

const powerOn = () => ({
  mode: 3,
  bcd: false,
  /** 1 = low byte, 2 = high byte, 3 = low then high. */
  access: 3,
  /** Ticks in a full count; 0 until one is written. */
  count: 0,
  /** Tick at which the present cycle's count was in the counting element. */
  loadedAt: 0,
  /** Count that waits for the end of a cycle (modes 2 and 3), which comes at tick `nextAt`, or for a rising gate (modes 1 and 5). */
  next: 0,
  nextAt: 0,
  /** Ticks counted when a low gate froze the count (modes 0, 2, 3 and 4), else -1. */
  frozen: -1,
  /** Modes 1 and 5 wait for a rising gate. */
  triggered: false,
  gate: true,
  writeLow: -1,
  readHigh: false,
  latch: 'none' as Latch,
  latched: 0,
  status: -1,
});

export class PitCounter {
  #s = powerOn();

  /** Control word for this counter; `access` is not 0. */
  configure(mode: number, access: number, bcd: boolean): void {
    this.#s.mode = mode > 5 ? mode - 4 : mode;
    this.#s.access = access;
    this.#s.bcd = bcd;
    this.#s.count = this.#s.next = 0;
    this.#s.frozen = -1;
    this.#s.triggered = false;
    this.#s.writeLow = -1;
    this.#s.readHigh = false;
    this.#s.latch = 'none';
    this.#s.status = -1;
  }

  get periodic(): boolean {
    return this.#s.mode === 2 || this.#s.mode === 3;
  }

  /** Ticks per period as programmed, for views; 0 before a count is written. */
  get count(): number {
    return this.#s.next || this.#s.count;
  }

  writeByte(value: number, tick: number): void {
    if (this.#s.access === 3 && this.#s.writeLow < 0) {
      this.#s.writeLow = value;
      // Mode 0: the first of two bytes stops the counting.
      if (this.#s.mode === 0) this.#s.count = 0;
      return;
    }
    const raw = this.#s.access === 1 ? value : this.#s.access === 2 ? value << 8 : this.#s.writeLow | (value << 8);
    this.#s.writeLow = -1;
    this.#load(this.#decode(raw), tick);
  }

  /** Modes 1 and 5 start at a rising gate. */
  get #gateStarts(): boolean {
    return this.#s.mode === 1 || this.#s.mode === 5;
  }

  #load(count: number, tick: number): void {
    this.#settle(tick);
    if (this.#gateStarts) {
      this.#s.next = count;
      return;
    }
    if (this.periodic && this.#s.count && this.#s.gate) {
      // Taken over at the end of the period (mode 2) or half period (mode 3).
      const elapsed = tick - this.#s.loadedAt;
      const phase = elapsed % this.#s.count;
      const high = (this.#s.count + 1) >> 1;
      this.#s.next = count;
      if (this.#s.mode === 2 || phase >= high) this.#s.nextAt = tick - phase + this.#s.count;
      else this.#s.nextAt = tick - phase + high;
      return;
    }
    this.#s.count = count;
    this.#s.loadedAt = tick + 1;
    this.#s.frozen = this.#s.gate ? -1 : 0;
  }

  /** Let a count that was waiting for the end of its cycle take over. */
  #settle(tick: number): void {
    if (!this.#s.next || !this.periodic || this.#s.frozen >= 0 || tick < this.#s.nextAt) return;
    // Taken over in the middle of a square wave: the low half comes next.
    const middle = this.#s.mode === 3 && (this.#s.nextAt - this.#s.loadedAt) % this.#s.count !== 0;
    this.#s.loadedAt = this.#s.nextAt - (middle ? (this.#s.next + 1) >> 1 : 0);
    this.#s.count = this.#s.next;
    this.#s.next = 0;
  }

  setGate(gate: boolean, tick: number): void {
    if (gate === this.#s.gate) return;
    this.#settle(tick);
    this.#s.gate = gate;
    if (!gate) {
      if (!this.#gateStarts) this.#s.frozen = Math.max(0, tick - this.#s.loadedAt);
      return;
    }
    if (this.periodic || this.#gateStarts) {
      if (this.#s.next) this.#s.count = this.#s.next;
      this.#s.next = 0;
      this.#s.loadedAt = tick + 1;
      this.#s.triggered = this.#gateStarts && this.#s.count > 0;
    } else this.#s.loadedAt = tick - Math.max(0, this.#s.frozen);
    this.#s.frozen = -1;
  }

  /** Ticks since the count was loaded; negative on the clock that loads it. */
  #elapsed(tick: number): number {
    return this.#s.frozen >= 0 ? this.#s.frozen : tick - this.#s.loadedAt;
  }

  /** Level of OUT. */
  out(tick: number): boolean {
    this.#settle(tick);
    const elapsed = this.#elapsed(tick);
    const n = this.#s.count;
    switch (this.#s.mode) {
      case 0:
        return n > 0 && elapsed >= n;
      case 1:
        return !this.#s.triggered || n === 0 || elapsed < 0 || elapsed >= n;
      case 2:
        return n === 0 || !this.#s.gate || elapsed < 0 || elapsed % n !== n - 1;
      case 3:
        return n === 0 || !this.#s.gate || elapsed < 0 || elapsed % n < (n + 1) >> 1;
      default:
        return n === 0 || (this.#s.mode === 5 && !this.#s.triggered) || elapsed !== n;
    }
  }

  /** The first tick after `tick` at which OUT rises, if nothing is written until then. */
  nextRise(tick: number): number | undefined {
    this.#settle(tick);
    if (!this.#s.count || this.#s.frozen >= 0) return undefined;
    const once = (at: number) => (at > tick ? at : undefined);
    switch (this.#s.mode) {
      case 0:
        return once(this.#s.loadedAt + this.#s.count);
      case 1:
        return this.#s.triggered ? once(this.#s.loadedAt + this.#s.count) : undefined;
      case 4:
        return once(this.#s.loadedAt + this.#s.count + 1);
      case 5:
        return this.#s.triggered ? once(this.#s.loadedAt + this.#s.count + 1) : undefined;
    }
    const passed = Math.max(0, Math.floor((tick - this.#s.loadedAt) / this.#s.count));
    const rise = this.#s.loadedAt + (passed + 1) * this.#s.count;
    if (!this.#s.next || this.#s.nextAt >= rise) return rise;
    return this.#s.nextAt + (this.#s.next >> 1); // the new count's low half
  }

  /** The counting element as the guest reads it. */
  #value(tick: number): number {
    this.#settle(tick);
    if (!this.#s.count) return 0;
    const elapsed = Math.max(0, this.#elapsed(tick));
    const n = this.#s.count;
    let value: number;
    if (this.#s.mode === 2) value = n - (elapsed % n);
    else if (this.#s.mode === 3) {
      // Counts down by two; an odd count is loaded one less.
      const high = (n + 1) >> 1;
      const phase = elapsed % n;
      value = (n & ~1) - 2 * (phase < high ? phase : phase - high);
    } else value = n - elapsed;
    return this.#encode(value);
  }

  readByte(tick: number): number {
    if (this.#s.status >= 0) {
      const status = this.#s.status;
      this.#s.status = -1;
      return status;
    }
    const value = this.#s.latch === 'count' ? this.#s.latched : this.#value(tick);
    const high = this.#s.access === 2 || (this.#s.access === 3 && this.#s.readHigh);
    if (this.#s.access === 3) this.#s.readHigh = !this.#s.readHigh;
    if (this.#s.access !== 3 || high) this.#s.latch = 'none';
    return high ? value >> 8 : value & 0xff;
  }

  /** Counter latch command: a second one before the first is read is ignored. */
  latchCount(tick: number): void {
    if (this.#s.latch === 'count') return;
    this.#s.latched = this.#value(tick);
    this.#s.latch = 'count';
  }

  latchStatus(tick: number): void {
    if (this.#s.status >= 0) return;
    const out = this.out(tick) ? 0x80 : 0;
    const nullCount = this.#s.count === 0 || this.#s.next !== 0 || tick < this.#s.loadedAt ? 0x40 : 0;
    this.#s.status = out | nullCount | (this.#s.access << 4) | (this.#s.mode << 1) | (this.#s.bcd ? 1 : 0);
  }

  #decode(raw: number): number {
    if (!this.#s.bcd) return raw || 0x10000;
    const digits = [12, 8, 4, 0].reduce((sum, shift) => sum * 10 + ((raw >> shift) & 15), 0);
    return digits || 10000;
  }

  #encode(value: number): number {
    if (!this.#s.bcd) return value & 0xffff;
    const decimal = ((value % 10000) + 10000) % 10000;
    return [1000, 100, 10, 1].reduce((word, unit) => (word << 4) | (Math.floor(decimal / unit) % 10), 0);
  }

  save(): DeviceState {
    return { ...this.#s };
  }

  restore(state: DeviceState): void {
    this.#s = { ...(state as ReturnType<typeof powerOn>) };
  }
}
