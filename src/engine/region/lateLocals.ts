/** Locals that only some regions have: behind the temporaries, with names, declared as they are asked for. */
import { type LocalType, Writer } from '../wasm/functionWriter';
import type { Code } from '../wasm/encoder';

export interface LateLocal {
  readonly type: LocalType;
  readonly name: string;
}

export class LateLocals {
  readonly all: LateLocal[] = [];

  constructor(readonly first: number) {}

  add(type: LocalType, name: string): number {
    return this.first + this.all.push({ type, name }) - 1;
  }
}

/** Writes into a region; what it keeps in locals is forgotten with `begin`. */
export class RegionWriter extends Writer {
  readonly #free = new Map<LocalType, number[]>();
  readonly #taken = new Map<LocalType, number>();

  constructor(
    readonly code: Code,
    readonly locals: LateLocals,
  ) {
    super();
  }

  begin(): void {
    this.#taken.clear();
  }

  protected override allocate(type: LocalType): number {
    const pool = this.#free.get(type) ?? [];
    this.#free.set(type, pool);
    const n = this.#taken.get(type) ?? 0;
    this.#taken.set(type, n + 1);
    if (n === pool.length) pool.push(this.locals.add(type, `x${this.locals.all.length}`));
    return pool[n];
  }
}
