/** Several targets in one thread: each gets its slices when the scheduler says, and messages get in between. */
import { Scheduler, type Share } from '../vmm/scheduler';
import type { Yield } from './yieldToEventLoop';

/** Guest time of one instruction, of which an idle host lets as much pass as the scheduler says. */
const NANOSECONDS_PER_INSTRUCTION = 10;

interface Waiting {
  readonly resume: () => void;
  /** Instructions retired so far. */
  readonly retired: number;
}

export class Turns {
  readonly #scheduler = new Scheduler<object>();
  readonly #waiting = new Map<object, Waiting>();
  readonly #charged = new Map<object, number>();
  #serving = false;

  constructor(
    private readonly yieldToEventLoop: Yield,
    private readonly sleep: (milliseconds: number) => Promise<void> = (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  ) {}

  /** What a target waits on before each of its slices; `retired` counts its instructions. */
  for(share: Share, retired: () => number): Yield {
    const who = {};
    this.#scheduler.add(who, share);
    return () =>
      new Promise((resume) => {
        const total = retired();
        this.#scheduler.charge(who, Math.max(0, total - (this.#charged.get(who) ?? total)));
        this.#waiting.set(who, { resume, retired: total });
        void this.#serve();
      });
  }

  /** The slice of whoever is resumed runs before anything else happens; then it waits here again, or has stopped. */
  async #serve(): Promise<void> {
    if (this.#serving) return;
    this.#serving = true;
    while (this.#waiting.size > 0) {
      await this.yieldToEventLoop();
      const turn = this.#scheduler.next(this.#waiting.keys());
      if (turn?.kind === 'idle') {
        this.#scheduler.idle(turn.instructions);
        await this.sleep((turn.instructions * NANOSECONDS_PER_INSTRUCTION) / 1e6);
      } else if (turn) {
        const waiting = this.#waiting.get(turn.who)!;
        this.#waiting.delete(turn.who);
        this.#charged.set(turn.who, waiting.retired);
        waiting.resume();
      }
    }
    this.#serving = false;
  }
}
