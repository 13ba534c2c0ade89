/** Disposables and a typed event source, in the manner of the VS Code API but without depending on it. */

export interface Disposable {
  dispose(): void;
}

export type Listener<T> = (event: T) => void;

/** A list of listeners. `fire` calls them in the order they were added. */
export class Emitter<T> {
  readonly #listeners = new Set<Listener<T>>();
  #watched = false;

  /** True while somebody listens: lets a producer skip building the event. */
  get watched(): boolean {
    return this.#watched;
  }

  on(listener: Listener<T>): Disposable {
    this.#listeners.add(listener);
    this.#watched = true;
    return {
      dispose: () => {
        this.#listeners.delete(listener);
        this.#watched = this.#listeners.size > 0;
      },
    };
  }

  fire(event: T): void {
    for (const listener of this.#listeners) listener(event);
  }
}
