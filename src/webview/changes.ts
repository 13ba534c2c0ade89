/** What is not as it was at the stop before. Pure: no DOM. */

/** Values by key, of this stop and of the one before it. */
export class Changes {
  #before: ReadonlyMap<string, string> = new Map();
  #now = new Map<string, string>();
  #stop: number | undefined;

  /** Values that are noted from here on are those of `stop`: another stop makes those of the last one the ones before. */
  begin(stop: number): void {
    if (stop === this.#stop) return;
    if (this.#stop !== undefined) this.#before = this.#now;
    this.#now = new Map(this.#stop === undefined ? [] : this.#now);
    this.#stop = stop;
  }

  /** Is it another value than at the stop before? What was not looked at then, has not changed. */
  note(key: string, value: string | number): boolean {
    const text = String(value);
    this.#now.set(key, text);
    const before = this.#before.get(key);
    return before !== undefined && before !== text;
  }

  before(key: string): string | undefined {
    return this.#before.get(key);
  }

  forget(): void {
    this.#before = new Map();
    this.#now = new Map();
    this.#stop = undefined;
  }
}
