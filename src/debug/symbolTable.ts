/**
 * Symbols by name and labels by address. A label of an assembly has its offset under ORG as value, and its linear address
 * depends on where it was loaded; symbols of ELF files are linear addresses.
 */
import type { AsmSymbol, Assembly } from '../asm/assembly';
import { hex } from '../base/bits';
import type { GuestSymbol } from '../machine/loader/guest';
import type { SymbolFile } from '../symbols/symbolFile';

export interface DebugSymbol {
  readonly name: string;
  /** What the name means in an expression: an offset under ORG, a constant, or a linear address. */
  readonly value: number;
  readonly kind: 'label' | 'constant';
}

export interface PlacedLabel {
  readonly name: string;
  readonly linear: number;
  /** Bytes; 0 when nobody says. */
  readonly size: number;
  /** A label within a routine. */
  readonly local: boolean;
}

/** Where labels mean something: the bytes of a program. */
interface Extent {
  readonly first: number;
  readonly last: number;
}

export class SymbolTable {
  readonly #byName = new Map<string, DebugSymbol>();
  readonly #linear = new Map<string, number>();
  /** By linear address; of several at one address the best name comes last. */
  readonly #labels: PlacedLabel[];
  readonly #routines: PlacedLabel[];
  readonly #extents: Extent[] = [];
  readonly #files: readonly SymbolFile[];

  constructor(assembly: Assembly | undefined, loadAddress = 0, guestSymbols: readonly GuestSymbol[] = [], files: readonly SymbolFile[] = []) {
    this.#files = files;
    const labels: PlacedLabel[] = [];
    for (const symbol of files.length > 0 ? files.flatMap((file) => file.symbols) : guestSymbols) {
      if (symbol.name.startsWith('.L')) continue;
      const { name, value, kind, size = 0 } = symbol as GuestSymbol & { readonly size?: number };
      if (this.#byName.has(name) && kind === 'other') continue;
      this.#byName.set(name, { name, value, kind: 'label' });
      labels.push({ name, linear: value, size, local: kind !== 'function' && name.includes('.') });
    }
    labels.push(...this.#addAssembly(assembly, loadAddress));
    for (const { name, linear } of labels) this.#linear.set(name, linear);
    // Functions have sizes, bare labels and the linker's marks have none.
    this.#labels = labels.sort((a, b) => a.linear - b.linear || Number(b.local) - Number(a.local) || a.size - b.size);
    this.#routines = this.#labels.filter(({ local }) => !local);
    if (assembly) this.#extents.push({ first: 0, last: loadAddress + assembly.bytes.length - 1 });
    for (const { extent } of files) if (extent) this.#extents.push(extent);
    if (this.#extents.length === 0) this.#extents.push({ first: 0, last: 0xffffffff });
  }

  #addAssembly(assembly: Assembly | undefined, loadAddress: number): PlacedLabel[] {
    if (!assembly) return [];
    for (const symbol of assembly.symbols) this.#byName.set(symbol.name, symbol);
    // Under several ORGs or section starts `value - origin` is not an offset, so the line that holds the label decides.
    const offsets = new Map(assembly.lines.map((e) => [e.address, e.offset]));
    const linearOf = ({ value }: AsmSymbol) => (loadAddress + (offsets.get(value) ?? value - assembly.origin)) >>> 0;
    return assembly.symbols.filter((s) => s.kind === 'label').map((s) => ({ name: s.name, linear: linearOf(s), size: 0, local: s.name.includes('.') }));
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

  /** Linear address of a label, where that is to the code at `near`; undefined for a constant or an unknown name. */
  linearOf(name: string, near?: number): number | undefined {
    const symbol = this.find(name, near);
    const linked = symbol && this.#linear.get(symbol.name);
    const file = linked === undefined || near === undefined ? undefined : this.#files.find((each) => each.holds(linked));
    return file ? file.linear(file.address(linked as number), near) : linked;
  }

  /** The last label at or before what is at `linear`; only routines' own labels when `globalOnly`. Its own address is the linked one. */
  nearest(linear: number, globalOnly = false): PlacedLabel | undefined {
    return this.#nearest(this.#linked(linear), globalOnly);
  }

  #linked(linear: number): number {
    return this.#files.map((file) => file.linked(linear)).find((linked) => linked !== linear) ?? linear;
  }

  #nearest(linear: number, globalOnly: boolean): PlacedLabel | undefined {
    if (!this.#extents.some(({ first, last }) => linear >= first && linear <= last)) return undefined;
    const labels = globalOnly ? this.#routines : this.#labels;
    let low = 0;
    let high = labels.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (labels[middle].linear <= linear) low = middle + 1;
      else high = middle;
    }
    return labels[low - 1];
  }

  /** `label`, `label+1Ch`, or undefined outside the program. */
  describe(linear: number, globalOnly = false): string | undefined {
    const linked = this.#linked(linear);
    const label = this.#nearest(linked, globalOnly);
    if (!label) return undefined;
    return label.linear === linked ? label.name : `${label.name}+${hex(linked - label.linear)}h`;
  }

  /** The label that starts exactly at `linear`. */
  labelAt(linear: number): string | undefined {
    const linked = this.#linked(linear);
    const label = this.#nearest(linked, false);
    return label?.linear === linked ? label.name : undefined;
  }

  /** The label at `linear`, or that of the object that it is in, as `label+1Ch`; undefined for what no symbol covers. */
  describeObject(linear: number): string | undefined {
    const linked = this.#linked(linear);
    const label = this.#nearest(linked, false);
    return label && linked - label.linear < Math.max(1, label.size) ? this.describe(linear) : undefined;
  }
}
