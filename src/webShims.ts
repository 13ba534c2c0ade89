/** What the debug adapter's package takes from Node, for a browser; of its logger nothing is ever called there. */

type Listener = (...args: unknown[]) => void;

export class EventEmitter {
  readonly #listeners = new Map<string, Set<Listener>>();

  on(event: string, listener: Listener): this {
    const listeners = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, listeners.add(listener));
    return this;
  }

  emit(event: string, ...args: unknown[]): boolean {
    const listeners = this.#listeners.get(event);
    for (const listener of listeners ?? []) listener(...args);
    return listeners !== undefined;
  }
}

export const URL = globalThis.URL;
