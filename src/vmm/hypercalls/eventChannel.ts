/**
 * How events reach a paravirtualized guest: a page that guest and VMM share holds the virtual interrupt flag, so that the
 * guest masks events with a store instead of a trap. The VMM looks at it when something is to be delivered and when the guest
 * has come to it by itself; a guest that clears the mask while something waits must therefore ask (unmask_events).
 */
import type { DeviceState } from '../../devices/contract';
import type { InterruptController } from '../../devices/interruptController';
import type { GuestMemory } from '../../memory/guestMemory';
import { CPU, type CpuState } from '../../x86/cpuState';
import { EFLAGS_IF } from '../../x86/flags';
import { EVENT_BITS, type EventName, SHARED_PAGE } from './table';

const NO_PAGE = -1;

export class EventChannel implements InterruptController {
  /** Guest-physical. */
  #page = NO_PAGE;
  #vector = 0;
  /** An event has not been delivered yet. */
  #waiting = false;
  /** Something waited at the last look. */
  #noted = false;
  /** The flag that the mask in the page stands for. */
  #shownIf = 0;
  #devices: InterruptController | undefined;

  constructor(
    readonly cpu: CpuState,
    readonly memory: GuestMemory,
  ) {}

  /** The PC's controllers go on to work beside it. */
  over(devices: InterruptController): this {
    this.#devices = devices;
    return this;
  }

  get open(): boolean {
    return this.#page !== NO_PAGE;
  }

  /** The shared page starts with events masked as interrupts are. */
  connect(page: number, vector: number): void {
    this.#page = page;
    this.#vector = vector;
    this.#showIf();
    this.#showPending();
  }

  get pending(): boolean {
    return this.#waiting || (this.#devices?.pending ?? false);
  }

  acknowledge(): number {
    const vector = this.#waiting ? this.#vector : (this.#devices?.acknowledge() ?? 0);
    this.#waiting = false;
    this.#showPending();
    return vector;
  }

  get nmiPending(): boolean {
    return this.#devices?.nmiPending ?? false;
  }

  acknowledgeNmi(): void {
    this.#devices?.acknowledgeNmi();
  }

  raise(event: EventName): void {
    if (!this.open) return;
    const at = this.#page + SHARED_PAGE.events.offset;
    this.memory.write(at, 4, this.memory.read(at, 4) | (1 << EVENT_BITS[event].bit));
    this.#waiting = true;
    this.#showPending();
  }

  /** CR2, for a guest that reads it here. */
  pageFaulted(address: number): void {
    if (this.open) this.memory.write(this.#page + SHARED_PAGE.faultAddress.offset, 4, address >>> 0);
  }

  /** The guest has come to the VMM, or something is to be delivered: the flag is what the mask says. */
  readMask(): void {
    if (!this.open) return;
    const flags = this.cpu.get(CPU.EFLAGS);
    // What the VMM has changed since the guest last ran counts, not the mask.
    if ((flags & EFLAGS_IF) !== this.#shownIf) return;
    const masked = this.memory.read8(this.#page + SHARED_PAGE.mask.offset) !== 0;
    this.cpu.set(CPU.EFLAGS, masked ? flags & ~EFLAGS_IF : flags | EFLAGS_IF);
    this.#shownIf = masked ? 0 : EFLAGS_IF;
  }

  /** Before each turn of the run loop: a source that begins to wait makes the VMM look at the mask. */
  note(): void {
    const { pending } = this;
    if (pending && !this.#noted) {
      this.readMask();
      this.#showPending();
    }
    this.#noted = pending;
  }

  /** Before the guest runs: the mask is what became of the flag. */
  enter(): void {
    if (this.open && (this.cpu.get(CPU.EFLAGS) & EFLAGS_IF) !== this.#shownIf) this.#showIf();
  }

  #showIf(): void {
    this.#shownIf = this.cpu.get(CPU.EFLAGS) & EFLAGS_IF;
    this.memory.write8(this.#page + SHARED_PAGE.mask.offset, this.#shownIf ? 0 : 1);
  }

  #showPending(): void {
    if (this.open) this.memory.write8(this.#page + SHARED_PAGE.pending.offset, this.pending ? 1 : 0);
  }

  reset(): void {
    this.#page = NO_PAGE;
    this.#vector = 0;
    this.#waiting = false;
    this.#noted = false;
    this.#shownIf = 0;
  }

  save(): DeviceState {
    return { page: this.#page, vector: this.#vector, waiting: this.#waiting, noted: this.#noted, shownIf: this.#shownIf };
  }

  restore(state: DeviceState): void {
    this.#page = state.page as number;
    this.#vector = state.vector as number;
    this.#waiting = state.waiting as boolean;
    this.#noted = state.noted as boolean;
    this.#shownIf = state.shownIf as number;
  }
}
