/** Modelled cycles of one virtual machine: what each kind of event was charged. Guest time does not depend on it. */
import type { TechniqueId } from '../../protocol/techniques';
import { COST_EVENTS, type CostEvent, type CostProfile, DEFAULT_COST_PROFILE, type Figure, figureFor } from './profiles';

/** One line of the ledger. */
export interface CostLine {
  readonly figure: Figure;
  readonly count: number;
  readonly cycles: number;
}

/** What a snapshot keeps: counts in the order of COST_EVENTS. */
export type CostState = readonly number[];

const indexOf = new Map<CostEvent, number>(COST_EVENTS.map((event, i) => [event, i]));

export class CostLedger {
  readonly #figures: readonly Figure[];
  readonly #counts = new Float64Array(COST_EVENTS.length);
  #total = 0;

  constructor(
    technique: TechniqueId,
    readonly profile: CostProfile = DEFAULT_COST_PROFILE,
  ) {
    this.#figures = COST_EVENTS.map((event) => figureFor(profile, technique, event));
  }

  /** Cycles charged so far. */
  get total(): number {
    return this.#total;
  }

  /** Charge `count` occurrences of `event`; returns the cycles charged. */
  charge(event: CostEvent, count = 1): number {
    const index = indexOf.get(event)!;
    this.#counts[index] += count;
    const cycles = this.#figures[index].cycles * count;
    this.#total += cycles;
    return cycles;
  }

  /** Cycles that one `event` costs, without charging it. */
  price(event: CostEvent): number {
    return this.#figures[indexOf.get(event)!].cycles;
  }

  /** The ledger by event, in the order of COST_EVENTS, charged ones only. */
  get byEvent(): readonly CostLine[] {
    return this.#figures.map((figure, i) => ({ figure, count: this.#counts[i], cycles: figure.cycles * this.#counts[i] })).filter((line) => line.count > 0);
  }

  /** How often each was charged. */
  get counts(): Partial<Record<CostEvent, number>> {
    return Object.fromEntries(COST_EVENTS.map((event, i) => [event, this.#counts[i]]));
  }

  save(): CostState {
    return [...this.#counts];
  }

  restore(state: CostState): void {
    this.#counts.set(state);
    this.#total = this.#figures.reduce((total, figure, i) => total + figure.cycles * this.#counts[i], 0);
  }

  reset(): void {
    this.#counts.fill(0);
    this.#total = 0;
  }
}
