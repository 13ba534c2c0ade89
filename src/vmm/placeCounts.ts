/** How often each kind of event happened at each guest-linear address, while events are recorded: for counts beside source lines. */
import type { VmmEventKind } from '../protocol/vmmEvent';

/** Addresses beyond that are not counted. */
const CAPACITY = 16384;

export type KindCounts = Partial<Record<VmmEventKind, number>>;

export class PlaceCounts {
  readonly #places = new Map<number, KindCounts>();

  note(kind: VmmEventKind, linear: number): void {
    let counts = this.#places.get(linear);
    if (!counts) {
      if (this.#places.size >= CAPACITY) return;
      this.#places.set(linear, (counts = {}));
    }
    counts[kind] = (counts[kind] ?? 0) + 1;
  }

  get all(): ReadonlyMap<number, Readonly<KindCounts>> {
    return this.#places;
  }
}
