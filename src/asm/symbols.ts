/** Labels and constants over the passes: a name keeps the value of the last pass until this pass defines it again. */
import type { Place } from './token';
import type { Value } from './value';

export interface SymbolEntry {
  readonly name: string;
  readonly value: Value;
  readonly kind: 'label' | 'constant';
  readonly path: string;
  readonly place: Place;
  readonly pass: number;
}

export class SymbolTable {
  private readonly entries = new Map<string, SymbolEntry>();
  private pass = 0;
  /** Has any value changed in this pass? Then jumps may change size in the next. */
  changed = false;

  beginPass(): void {
    this.pass++;
    this.changed = false;
  }

  /** False when the name has been defined in this pass with another value. */
  define(name: string, value: Value, kind: SymbolEntry['kind'], path: string, place: Place): boolean {
    const before = this.entries.get(name);
    const same = before !== undefined && !before.value.undetermined && sameValue(before.value, value);
    if (before?.pass === this.pass) return same && kind === 'constant';
    if (!same) this.changed = true;
    this.entries.set(name, { name, value, kind, path, place, pass: this.pass });
    return true;
  }

  get(name: string): SymbolEntry | undefined {
    return this.entries.get(name);
  }

  /** Has this pass come by its definition? */
  isCurrent(entry: SymbolEntry): boolean {
    return entry.pass === this.pass;
  }

  isFirstPass(): boolean {
    return this.pass === 1;
  }

  /** Those this pass defined, in order of definition. */
  *current(): Iterable<SymbolEntry> {
    for (const entry of this.entries.values()) if (entry.pass === this.pass) yield entry;
  }
}

function sameValue(left: Value, right: Value): boolean {
  if (left.number !== right.number || left.undetermined !== right.undetermined || left.terms.size !== right.terms.size) return false;
  if (left.terms === right.terms) return true;
  return [...left.terms].every(([unknown, count]) => right.terms.get(unknown) === count);
}
