/** Definitions: single-line macros (%define) by name and parameter count, multi-line ones (%macro) likewise. */
import type { SourceLine, Token } from '../token';

export interface Parameter {
  readonly name: string;
  /** `=x`: evaluated to a number on each call. */
  readonly evaluated: boolean;
  /** `x+`: takes the remaining arguments, commas and all. */
  readonly greedy: boolean;
}

export interface SingleMacro {
  readonly name: string;
  readonly caseSensitive: boolean;
  /** Undefined for a macro that takes no parentheses. */
  readonly parameters: readonly Parameter[] | undefined;
  readonly body: readonly Token[];
  /** Replaces `body` where the value depends on the place: __LINE__. */
  readonly compute?: (at: Token) => readonly Token[];
}

export interface MultiMacro {
  readonly name: string;
  readonly caseSensitive: boolean;
  readonly minimum: number;
  readonly maximum: number;
  readonly greedy: boolean;
  readonly recursive: boolean;
  readonly defaults: readonly (readonly Token[])[];
  readonly body: readonly SourceLine[];
}

interface Named {
  readonly name: string;
  readonly caseSensitive: boolean;
}

class NameTable<T extends Named> {
  private readonly byName = new Map<string, T[]>();

  /** Those that `name` may mean. */
  named(name: string): readonly T[] {
    const found = this.byName.get(name.toLowerCase());
    return found ? found.filter((entry) => !entry.caseSensitive || entry.name === name) : [];
  }

  /** Add `entry`, in place of those of its name that `replaces` says it replaces. */
  set(entry: T, replaces: (other: T) => boolean): void {
    const key = entry.name.toLowerCase();
    const before = this.byName.get(key);
    const others = before?.filter((other) => !(mayMean(other, entry) && replaces(other))) ?? [];
    this.byName.set(key, [entry, ...others]);
  }

  remove(name: string, which: (entry: T) => boolean = () => true): void {
    const key = name.toLowerCase();
    const kept = (this.byName.get(key) ?? []).filter((entry) => (entry.caseSensitive && entry.name !== name) || !which(entry));
    this.byName.set(key, kept);
  }

  clear(): void {
    this.byName.clear();
  }
}

const mayMean = (one: Named, other: Named): boolean => one.name === other.name || !one.caseSensitive || !other.caseSensitive;

export class SingleMacros extends NameTable<SingleMacro> {
  /** %defalias: names that stand for another name, whatever that means at the time. */
  private readonly aliases = new Map<string, string>();

  define(macro: SingleMacro): void {
    const name = this.resolve(macro.name);
    this.set(name === macro.name ? macro : { ...macro, name }, (other) => other.parameters?.length === macro.parameters?.length);
  }

  override named(name: string): readonly SingleMacro[] {
    return super.named(this.resolve(name));
  }

  override remove(name: string): void {
    super.remove(this.resolve(name));
  }

  alias(name: string, target: string): void {
    super.remove(name);
    if (this.resolve(target) !== name) this.aliases.set(name, target);
  }

  removeAlias(name: string): void {
    this.aliases.delete(name);
  }

  isAlias(name: string): boolean {
    return this.aliases.has(name);
  }

  private resolve(name: string): string {
    let resolved = name;
    for (let next = this.aliases.get(name); next !== undefined; next = this.aliases.get(next)) resolved = next;
    return resolved;
  }
}

export class MultiMacros extends NameTable<MultiMacro> {
  define(macro: MultiMacro): void {
    this.set(macro, (other) => other.minimum === macro.minimum && other.maximum === macro.maximum && other.greedy === macro.greedy);
  }
}

/** What %push opens. */
export interface Context {
  name: string;
  readonly id: number;
  readonly macros: SingleMacros;
}
