/** What the VMM did, summed up: by reason, and along the guest's instructions. */
import type { TechniqueId } from './techniques';
import type { VmmEventKind } from './vmmEvent';

/** Events of one kind and reason. */
export interface ReasonSummary {
  readonly kind: VmmEventKind;
  readonly reason: string;
  readonly count: number;
  /** Modelled cycles, all together. */
  readonly cycles: number;
  /** The instruction that caused all of them; empty when there were several, or none. */
  readonly mnemonic: string;
  /** Of all of them, where they have the same. */
  readonly vector?: number;
  readonly port?: number;
}

/** A stretch of the guest's instructions. */
export interface TimelineBucket {
  /** Retired instructions before its first one. */
  readonly from: number;
  readonly counts: Readonly<Partial<Record<VmmEventKind, number>>>;
  readonly cycles: number;
}

export interface ExitSummary {
  readonly technique: TechniqueId;
  /** Guest instructions and modelled cycles since power-on. */
  readonly retired: number;
  readonly cycles: number;
  /** Since power-on, recorded or not. */
  readonly counts: Readonly<Partial<Record<VmmEventKind, number>>>;
  /** Events that are still there to be looked at, and those that are not: the oldest go. */
  readonly recorded: number;
  readonly dropped: number;
  /** Of what was recorded, the most frequent first. */
  readonly reasons: readonly ReasonSummary[];
  /** Instructions from `from` to `to`, in equal stretches; the events of `kinds` in each. */
  readonly from: number;
  readonly to: number;
  readonly buckets: readonly TimelineBucket[];
}
