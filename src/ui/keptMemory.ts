/** VMs that were left behind end with the window, and VS Code lets nobody object: the names are noted, to say so the next time. Knows no `vscode`. */

/** Of `vscode.Memento`. */
export interface Notes {
  get<T>(key: string, otherwise: T): T;
  update(key: string, value: unknown): PromiseLike<void>;
}

const KEY = 'ringside.keptVms';

export class KeptMemory {
  /** Those of the window before. */
  readonly lost: readonly string[];

  constructor(private readonly notes: Notes) {
    this.lost = notes.get<readonly string[]>(KEY, []);
    if (this.lost.length > 0) this.note([]);
  }

  note(names: readonly string[]): void {
    void this.notes.update(KEY, names.length > 0 ? names : undefined);
  }
}
