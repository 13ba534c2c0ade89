/** Numbers for variable containers. A container is known by its key, so its number survives stops and expanded rows stay open. */
export class VariableHandles {
  readonly #keys: string[] = [];
  readonly #numbers = new Map<string, number>();

  /** Number of the container `key`; 0 for none, as the protocol wants. */
  of(key: string | undefined): number {
    if (key === undefined) return 0;
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    const number = this.#keys.push(key);
    this.#numbers.set(key, number);
    return number;
  }

  key(reference: number): string | undefined {
    return this.#keys[reference - 1];
  }
}
