/**
 * Who runs next when several VMs share a host: proportional share by weight, with caps (the terms of Xen's credit scheduler;
 * the algorithm is stride scheduling, Waldspurger and Weihl 1995). It counts in retired guest instructions, so the
 * order of turns is a function of the guests alone, never of host time.
 */

export interface Share {
  /** Relative: a VM of weight 512 gets twice the turns of one with 256. At least 1. */
  readonly weight: number;
  /** Percent of all instructions that the VM may retire, 1 to 100, even if nobody else wants to run. */
  readonly cap?: number;
}

export const DEFAULT_WEIGHT = 256;

interface Account extends Share {
  /** Instructions retired per unit of weight: the lowest runs next. */
  pass: number;
  used: number;
  /** The scheduler's clock when the VM came. */
  readonly since: number;
}

/** Whose turn it is; or for how many instructions nobody may run, since all that want to are at their caps. */
export type Turn<T> = { readonly kind: 'run'; readonly who: T } | { readonly kind: 'idle'; readonly instructions: number };

export class Scheduler<T> {
  readonly #accounts = new Map<T, Account>();
  /** Instructions retired by all, and those for which all were at their caps. */
  #clock = 0;
  #virtualTime = 0;

  get clock(): number {
    return this.#clock;
  }

  /** A VM that comes late starts level with the others: it has no claim on the past. */
  add(who: T, { weight, cap }: Share): void {
    this.#accounts.set(who, { weight, ...(cap === undefined ? {} : { cap }), pass: this.#virtualTime, used: 0, since: this.#clock });
  }

  remove(who: T): void {
    this.#accounts.delete(who);
  }

  /** Among those that want to run, in a fixed order; undefined when there is none. */
  next(wanting: Iterable<T>): Turn<T> | undefined {
    let first: { who: T; account: Account } | undefined;
    let wait = Number.POSITIVE_INFINITY;
    for (const who of wanting) {
      const account = this.#accounts.get(who);
      if (!account) throw new RangeError('a VM asks for a turn that the scheduler does not know');
      const owed = this.#untilBelowCap(account);
      wait = Math.min(wait, owed);
      if (owed <= 0 && (!first || account.pass < first.account.pass)) first = { who, account };
    }
    if (first) {
      this.#virtualTime = Math.max(this.#virtualTime, first.account.pass);
      return { kind: 'run', who: first.who };
    }
    return wait === Number.POSITIVE_INFINITY ? undefined : { kind: 'idle', instructions: wait };
  }

  /** `who` retired so many instructions; one that did nothing still had its turn. */
  charge(who: T, instructions: number): void {
    this.#clock += instructions;
    const account = this.#accounts.get(who);
    if (!account) return;
    account.used += instructions;
    // One that slept meanwhile does not save turns up.
    account.pass = Math.max(account.pass, this.#virtualTime) + Math.max(1, instructions) / account.weight;
  }

  idle(instructions: number): void {
    this.#clock += instructions;
  }

  #untilBelowCap({ cap, used, since }: Account): number {
    return cap === undefined ? 0 : Math.ceil((used * 100) / cap - (this.#clock - since));
  }
}
