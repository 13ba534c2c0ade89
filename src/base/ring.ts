/** A bounded log: keeps the newest `capacity` entries and the sequence number of each, so a reader sees gaps. */
export class Ring<T> {
  readonly #entries: T[] = [];
  #next = 0;

  constructor(readonly capacity: number) {}

  /** Sequence number the next entry will get; also the number of entries ever pushed. */
  get nextSequence(): number {
    return this.#next;
  }

  /** Sequence number of the oldest entry still kept. */
  get firstSequence(): number {
    return Math.max(0, this.#next - this.#entries.length);
  }

  push(entry: T): number {
    if (this.#entries.length < this.capacity) this.#entries.push(entry);
    else this.#entries[this.#next % this.capacity] = entry;
    return this.#next++;
  }

  /** Entries with sequence number >= `since`, oldest first, at most `count` of the newest. */
  read(since = 0, count = this.capacity): { sequence: number; entry: T }[] {
    const from = Math.max(since, this.firstSequence, this.#next - count);
    const out: { sequence: number; entry: T }[] = [];
    for (let sequence = from; sequence < this.#next; sequence++) out.push({ sequence, entry: this.#entries[sequence % this.capacity] });
    return out;
  }

  clear(): void {
    this.#entries.length = 0;
    this.#next = 0;
  }
}
