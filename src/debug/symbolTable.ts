/** Symbols by name and labels by address. A label's value is its offset under ORG; its linear address depends on where it was loaded. */
import type { AsmSymbol, Assembly } from '../asm/assembly';
import { hex } from '../base/bits';
import type { GuestSymbol } from '../machine/loader/guest';

export interface DebugSymbol {
  readonly name: string;
  /** What the name means in an expression: an offset under ORG, a constant, or a linear address. */
  readonly value: number;
  readonly kind: 'label' | 'constant';
}

export interface PlacedLabel {
  readonly name: string;
  readonly linear: number;
}

const isLocal = (name: string): boolean => name.includes('.');

export class SymbolTable {
  readonly #byName = new Map<string, DebugSymbol>();
  readonly #labels: PlacedLabel[];
  readonly #end: number;

  constructor(assembly: Assembly | undefined, loadAddress = 0, guestSymbols: readonly GuestSymbol[] = []) {
    for (const symbol of assembly?.symbols ?? []) this.#byName.set(symbol.name, symbol);
    // Under several ORGs or section starts `value - origin` is not an offset, so the line that holds the label decides.
    const offsets = new Map((assembly?.lines ?? []).map((e) => [e.address, e.offset]));
    const linearOf = ({ value }: AsmSymbol) => (loadAddress + (offsets.get(value) ?? value - (assembly?.origin ?? 0))) >>> 0;
    const labels = (assembly?.symbols ?? []).filter((s) => s.kind === 'label').map((s): PlacedLabel => ({ name: s.name, linear: linearOf(s) }));
    for (const { name, value } of guestSymbols) {
      this.#byName.set(name, { name, value, kind: 'label' });
      labels.push({ name, linear: value });
    }
    this.#labels = labels.sort((a, b) => a.linear - b.linear);
    this.#end = assembly ? loadAddress + assembly.bytes.length : Number.POSITIVE_INFINITY;
  }

  get symbols(): DebugSymbol[] {
    return [...this.#byName.values()];
  }

  /** `name`, or for `.name` the local label of the routine that `linear` is in. */
  find(name: string, linear?: number): DebugSymbol | undefined {
    if (!name.startsWith('.') || linear === undefined) return this.#byName.get(name);
    const parent = this.nearest(linear, true);
    return parent && this.#byName.get(parent.name + name);
  }

  /** Linear address of a label; undefined for a constant or an unknown name. */
  linearOf(name: string, near?: number): number | undefined {
    const symbol = this.find(name, near);
    return symbol && this.#labels.find((l) => l.name === symbol.name)?.linear;
  }

  /** The last label at or before `linear`; only routines' own labels when `globalOnly`. */
  nearest(linear: number, globalOnly = false): PlacedLabel | undefined {
    if (linear >= this.#end) return undefined;
    let found: PlacedLabel | undefined;
    for (const label of this.#labels) {
      if (label.linear > linear) break;
      if (!globalOnly || !isLocal(label.name)) found = label;
    }
    return found;
  }

  /** `label`, `label+1Ch`, or undefined outside the program. */
  describe(linear: number, globalOnly = false): string | undefined {
    const label = this.nearest(linear, globalOnly);
    if (!label) return undefined;
    return label.linear === linear ? label.name : `${label.name}+${hex(linear - label.linear)}h`;
  }

  /** Labels that start exactly at `linear`. */
  labelAt(linear: number): string | undefined {
    return this.#labels.find((l) => l.linear === linear)?.name;
  }
}
