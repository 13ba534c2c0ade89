/** Names of the outermost level of all units: functions, variables, types, and the constants of enumerations. Read in steps: there may be millions. */
import { ByteReader } from '../byteReader';
import { FORM, TAG } from './constants';
import type { Unit } from './unit';
import { type ScannedDie, scanUnit } from './unitScanner';

/** Numbers, in the order they come. */
class Column {
  #values = new Uint32Array(1024);
  length = 0;

  push(value: number): void {
    if (this.length === this.#values.length) {
      const more = new Uint32Array(2 * this.length);
      more.set(this.#values);
      this.#values = more;
    }
    this.#values[this.length++] = value;
  }

  get values(): Uint32Array {
    return this.#values.subarray(0, this.length);
  }
}

const TYPES: ReadonlySet<number> = new Set([TAG.structureType, TAG.unionType, TAG.classType, TAG.enumerationType, TAG.typedef, TAG.baseType]);

export class NameIndex {
  readonly #ids = new Map<string, number>();
  /** Numbers of names by where they stand in .debug_str, plus 1. */
  #byOffset = new Uint32Array();
  readonly #names = new Column();
  readonly #dies = new Column();
  /** Definition of a type by name and tag: the first one that there is. */
  readonly #types = new Map<number, number>();
  readonly #declared = new Map<number, number>();
  /** Offset of the enumeration by the name of its constant. */
  readonly #enumerators = new Map<number, number>();
  #starts: Uint32Array | undefined;
  #sorted: Uint32Array | undefined;
  readonly #steps: Generator<void>;

  /** `nameOf`: of an entry in whatever unit. */
  constructor(
    readonly units: readonly Unit[],
    readonly nameOf: (offset: number) => string | undefined,
    readonly complain: (problem: unknown) => void,
  ) {
    this.#steps = this.#build();
  }

  /** Read another unit. False when all have been read. */
  step(): boolean {
    return !this.#steps.next().done;
  }

  /** Offsets of the entries of this name, definitions before declarations. Reads what has not been read yet. */
  named(name: string): number[] {
    this.#finish();
    const id = this.#ids.get(name);
    if (id === undefined || !this.#starts || !this.#sorted) return [];
    const entries = [...this.#sorted.subarray(this.#starts[id], this.#starts[id + 1])];
    for (const known of [this.#types, this.#declared]) {
      for (const tag of TYPES) {
        const offset = known.get(keyOf(id, tag));
        if (offset !== undefined && (known === this.#types || !this.#types.has(keyOf(id, tag)))) entries.push(offset);
      }
    }
    return entries;
  }

  /** Offset of the enumeration that has a constant of this name. */
  enumerationOf(name: string): number | undefined {
    this.#finish();
    const id = this.#ids.get(name);
    return id === undefined ? undefined : this.#enumerators.get(id);
  }

  #finish(): void {
    while (this.step());
  }

  *#build(): Generator<void> {
    if (this.units.length > 0) this.#byOffset = new Uint32Array(this.units[0].sections.str.bytes.length);
    for (const unit of this.units) {
      try {
        this.#scan(unit);
      } catch (problem) {
        this.complain(problem);
      }
      yield;
    }
    this.#group();
    this.#byOffset = new Uint32Array();
  }

  #scan(unit: Unit): void {
    const ids = new Map<number, number>();
    const unnamed: { readonly offset: number; readonly origin: number }[] = [];
    let enumeration = 0;
    scanUnit(unit, (die) => {
      const { tag, offset, origin } = die;
      const id = this.#idOf(unit, die);
      if (die.depth > 1) {
        if (tag === TAG.enumerator && id !== undefined && !this.#enumerators.has(id)) this.#enumerators.set(id, enumeration);
        return false;
      }
      if (isObject(tag)) {
        if (id !== undefined) ids.set(offset, id);
        else if (origin !== 0) unnamed.push({ offset, origin });
      }
      if (id !== undefined) this.#enter(die, id);
      if (tag !== TAG.enumerationType) return false;
      enumeration = offset;
      return true;
    });
    for (const { offset, origin } of unnamed) this.#enterInstance(offset, ids.get(origin) ?? this.#numberOf(this.nameOf(origin)));
  }

  #enter({ tag, offset, declaration, exists }: ScannedDie, id: number): void {
    if (isObject(tag)) {
      if (exists || !declaration) this.#enterInstance(offset, id);
    } else if (TYPES.has(tag)) {
      const known = declaration ? this.#declared : this.#types;
      const key = keyOf(id, tag);
      if (!known.has(key)) known.set(key, offset);
    }
  }

  #enterInstance(offset: number, id: number | undefined): void {
    if (id === undefined) return;
    this.#names.push(id);
    this.#dies.push(offset);
  }

  /** Number of an entry's own name. */
  #idOf(unit: Unit, { tag, nameForm, name, source }: ScannedDie): number | undefined {
    if (nameForm === 0 || !(isObject(tag) || TYPES.has(tag) || tag === TAG.enumerator)) return undefined;
    if (nameForm === FORM.string) return this.#number(new ByteReader(source, name).cstring());
    if (nameForm !== FORM.strp) return this.#numberOf(unit.textOf({ form: nameForm, value: name, at: 0 }));
    const known = this.#byOffset[name];
    if (known > 0) return known - 1;
    const id = this.#number(new ByteReader(unit.sections.str, name).cstring());
    this.#byOffset[name] = id + 1;
    return id;
  }

  #numberOf(text: string | undefined): number | undefined {
    return text === undefined ? undefined : this.#number(text);
  }

  #number(text: string): number {
    const known = this.#ids.get(text);
    if (known !== undefined) return known;
    this.#ids.set(text, this.#ids.size);
    return this.#ids.size - 1;
  }

  /** Entries by name (counting sort). */
  #group(): void {
    const [names, dies] = [this.#names.values, this.#dies.values];
    const starts = new Uint32Array(this.#ids.size + 2);
    for (const id of names) starts[id + 2]++;
    for (let id = 2; id < starts.length; id++) starts[id] += starts[id - 1];
    const sorted = new Uint32Array(dies.length);
    for (let i = 0; i < dies.length; i++) sorted[starts[names[i] + 1]++] = dies[i];
    this.#starts = starts;
    this.#sorted = sorted;
  }
}

/** Something that is somewhere. */
const isObject = (tag: number): boolean => tag === TAG.subprogram || tag === TAG.variable;

const MOST_TAGS = 0x80;

const keyOf = (id: number, tag: number): number => id * MOST_TAGS + tag;
