/** Numbers for variable containers. A container is known by its guest and its key, so its number survives stops and expanded rows stay open. */
export interface Container {
  /** Thread of the guest. */
  readonly threadId: number;
  readonly key: string;
}

export class VariableHandles {
  readonly #containers: Container[] = [];
  readonly #numbers = new Map<string, number>();

  /** Number of the container `key` of a guest; 0 for none, as the protocol wants. */
  of(threadId: number, key: string | undefined): number {
    if (key === undefined) return 0;
    const name = `${threadId} ${key}`;
    const known = this.#numbers.get(name);
    if (known !== undefined) return known;
    const number = this.#containers.push({ threadId, key });
    this.#numbers.set(name, number);
    return number;
  }

  container(reference: number): Container | undefined {
    return this.#containers[reference - 1];
  }
}
