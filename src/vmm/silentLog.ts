/** Where a guest was silently misled: one entry a place, the latest last. Kept always, for whoever asks why it hangs. */
import type { SilentPlace, VmmEventOf } from '../protocol/vmmEvent';

/** Places beyond that push out the one that was longest ago. */
const CAPACITY = 64;

export class SilentLog {
  readonly #places = new Map<number, SilentPlace>();

  note(event: VmmEventOf<'silent'>): void {
    const count = (this.#places.get(event.linear)?.count ?? 0) + 1;
    this.#places.delete(event.linear);
    this.#places.set(event.linear, { event, count });
    if (this.#places.size > CAPACITY) this.#places.delete(this.#places.keys().next().value!);
  }

  get places(): readonly SilentPlace[] {
    return [...this.#places.values()];
  }
}
