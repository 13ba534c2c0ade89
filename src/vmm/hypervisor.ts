/**
 * Several VMs on one host: turns by the scheduler, each bounded, until every guest has ended. A VM shares nothing with
 * another but what connects them on purpose (messages, network frames), so its trace is the same alone and in company.
 */
import type { DebuggableVm, StopReason } from './debuggable';
import { Scheduler, type Share } from './scheduler';

/** Instructions a turn: short enough to answer a message soon, long enough to make turns cheap. */
export const QUANTUM = 50_000;
/**
 * A turn ends before its quantum when so few instructions retire in so much host time: of a guest that waits for a masked
 * timer, or resets itself for ever. Any other turn is as long as its quantum, however busy the host is, so that what guests
 * send each other arrives at the same instructions every time.
 */
const CRAWL = { milliseconds: 200, instructions: 1000 } as const;

export interface HypervisorGuest {
  readonly name: string;
  readonly vm: Pick<DebuggableVm, 'run' | 'retired'>;
  readonly share: Share;
  /** Instructions it may retire altogether. */
  readonly limit?: number;
}

/** How a guest ended; `failed` is a defect of the VMM, which ends that VM only. */
export type GuestEnding = StopReason | { readonly kind: 'failed'; readonly error: unknown };

/** Only another VM or the user can wake it. */
const awaitsOthers = (stop: GuestEnding): boolean => stop.kind === 'halted' && stop.interruptsEnabled;

export class Hypervisor<G extends HypervisorGuest> {
  readonly #scheduler = new Scheduler<G>();
  readonly #endings = new Map<G, GuestEnding>();
  /** Halted with interrupts on; asked again, since a message may have come. */
  readonly #waiting = new Map<G, GuestEnding>();

  constructor(readonly guests: readonly G[]) {
    for (const guest of guests) this.#scheduler.add(guest, guest.share);
  }

  endingOf(guest: G): GuestEnding | undefined {
    return this.#endings.get(guest);
  }

  get #live(): G[] {
    return this.guests.filter((guest) => !this.#endings.has(guest));
  }

  /** Take turns for about `milliseconds` of host time; true when every guest has ended. */
  run(milliseconds: number): boolean {
    const deadline = performance.now() + milliseconds;
    do {
      const live = this.#live;
      if (live.length > 0 && live.every((guest) => this.#waiting.has(guest))) for (const guest of live) this.#end(guest, this.#waiting.get(guest)!);
      const turn = this.#scheduler.next(this.#live);
      if (!turn) return true;
      if (turn.kind === 'idle') this.#scheduler.idle(turn.instructions);
      else this.#turn(turn.who);
    } while (performance.now() < deadline);
    return this.#live.length === 0;
  }

  /** The user wants this guest to end. */
  stop(guest: G): void {
    if (!this.#endings.has(guest)) this.#end(guest, { kind: 'pause' });
  }

  #turn(guest: G): void {
    const before = guest.vm.retired;
    const left = (guest.limit ?? Number.POSITIVE_INFINITY) - before;
    const stop = this.#runGuest(guest, Math.min(QUANTUM, left));
    const retired = guest.vm.retired - before;
    // One whose time was up before its instructions were (it resets itself for ever, say) has had a whole turn.
    this.#scheduler.charge(guest, stop.kind === 'budget' ? QUANTUM : retired);
    if (retired > 0) this.#waiting.clear(); // whoever ran may have sent something
    if (awaitsOthers(stop)) this.#waiting.set(guest, stop);
    else if (stop.kind !== 'budget' || retired >= left) this.#end(guest, stop);
  }

  #runGuest(guest: G, instructions: number): GuestEnding {
    const end = guest.vm.retired + instructions;
    try {
      for (;;) {
        const before = guest.vm.retired;
        const stop = guest.vm.run(end - before, CRAWL.milliseconds);
        if (stop.kind !== 'budget' || guest.vm.retired >= end || guest.vm.retired - before < CRAWL.instructions) return stop;
      }
    } catch (error) {
      return { kind: 'failed', error };
    }
  }

  #end(guest: G, ending: GuestEnding): void {
    this.#endings.set(guest, ending);
    this.#waiting.delete(guest);
    this.#scheduler.remove(guest);
  }
}
