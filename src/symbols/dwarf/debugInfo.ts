/** All units of a file: entries by offset, and what an entry says together with the entry it is an instance of. */
import type { AttributeValue } from './attribute';
import { AT, FORM, TAG } from './constants';
import { CodeIndex } from './codeIndex';
import { NameIndex } from './nameIndex';
import { type AddressRange, covers } from './ranges';
import type { DwarfSections } from './sections';
import { type Die, readUnits, type Unit } from './unit';
import { inlinedInstancesOf, objectsOf } from './unitScanner';

/** An entry leads to the one it instantiates, that to its declaration; nothing honest goes further. */
const MOST_ORIGINS = 8;

export class DebugInfo {
  readonly units: readonly Unit[];
  readonly #objects = new Map<Unit, { readonly functions: readonly Die[]; readonly variables: readonly Die[] }>();
  /** Read in steps, by somebody who has time, or when a name is asked for. */
  readonly names: NameIndex;
  #code: CodeIndex<Unit> | undefined;

  constructor(
    readonly sections: DwarfSections,
    readonly complain: (problem: unknown) => void,
  ) {
    this.units = readUnits(sections, complain);
    this.names = new NameIndex(this.units, (offset) => this.#nameAt(offset), complain);
    for (const unit of this.units)
      if (unit.root.attributes.has(AT.dwoName) || unit.root.attributes.has(AT.gnuDwoName))
        complain(`${sections.info.what}: its entries are in .dwo files; compile without -gsplit-dwarf`);
  }

  dieAt(offset: number): Die | undefined {
    return this.#unitOf(offset)?.read(offset);
  }

  #unitOf(offset: number): Unit | undefined {
    let [low, high] = [0, this.units.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.units[middle].offset <= offset) low = middle + 1;
      else high = middle;
    }
    const unit = this.units[low - 1];
    return unit && offset < unit.end ? unit : undefined;
  }

  #nameAt(offset: number): string | undefined {
    const die = this.dieAt(offset);
    return die && this.nameOf(die);
  }

  /** The entry that an attribute of `die` refers to. */
  referred(die: Die, name: number): Die | undefined {
    const found = die.attributes.get(name);
    if (found?.form === FORM.refSig8) {
      const unit = this.units.find((u) => u.signature === found.value);
      return unit?.read(unit.typeOffset);
    }
    const offset = die.unit.reference(die, name);
    return offset === undefined ? undefined : this.dieAt(offset);
  }

  /** `die`, what it is an instance of, and what that is the definition of. */
  *origins(die: Die): Generator<Die> {
    let at: Die | undefined = die;
    for (let n = 0; at && n < MOST_ORIGINS; n++) {
      yield at;
      at = this.referred(at, AT.abstractOrigin) ?? this.referred(at, AT.specification);
    }
  }

  /** The entry among `die` and its origins that has this attribute. */
  holder(die: Die, name: number): Die | undefined {
    for (const each of this.origins(die)) if (each.attributes.has(name)) return each;
    return undefined;
  }

  attribute(die: Die, name: number): AttributeValue | undefined {
    return this.holder(die, name)?.attributes.get(name);
  }

  nameOf(die: Die): string | undefined {
    const holder = this.holder(die, AT.name);
    return holder?.unit.text(holder, AT.name);
  }

  typeOf(die: Die): Die | undefined {
    const holder = this.holder(die, AT.type);
    return holder && this.referred(holder, AT.type);
  }

  /** Functions of a unit that have code. */
  functions(unit: Unit): readonly Die[] {
    return this.#objectsOf(unit).functions;
  }

  /** Variables of a unit that are somewhere. */
  variables(unit: Unit): readonly Die[] {
    return this.#objectsOf(unit).variables;
  }

  #objectsOf(unit: Unit): { readonly functions: readonly Die[]; readonly variables: readonly Die[] } {
    const known = this.#objects.get(unit);
    if (known) return known;
    const { functions, variables } = objectsOf(unit);
    const objects = { functions: this.#dies(functions).filter((die) => unit.rangesOf(die).length > 0), variables: this.#dies(variables) };
    this.#objects.set(unit, objects);
    return objects;
  }

  unitAt(address: number): Unit | undefined {
    this.#code ??= new CodeIndex(this.units, (unit) => this.codeOf(unit));
    return this.#code.at(address);
  }

  /** The code of a unit; of one that does not say it itself, of its functions. */
  codeOf(unit: Unit): AddressRange[] {
    try {
      const ranges = unit.rangesOf(unit.root);
      return ranges.length > 0 || unit.root.tag !== TAG.compileUnit ? ranges : this.functions(unit).flatMap((f) => unit.rangesOf(f));
    } catch (problem) {
      this.complain(problem);
      return [];
    }
  }

  functionAt(address: number): Die | undefined {
    const unit = this.unitAt(address);
    return unit && this.functions(unit).find((f) => covers(unit.rangesOf(f), address));
  }

  /** Entries of the outermost level by name: functions, variables, types. Definitions before declarations. */
  named(name: string): readonly Die[] {
    return this.#dies(this.names.named(name));
  }

  /** The enumeration constant of this name, of an enumeration of the outermost level. */
  enumerator(name: string): { readonly enumeration: Die; readonly value: number } | undefined {
    const offset = this.names.enumerationOf(name);
    const enumeration = offset === undefined ? undefined : this.dieAt(offset);
    if (!enumeration) return undefined;
    const { unit } = enumeration;
    const found = [...unit.children(enumeration)].find((each) => unit.text(each, AT.name) === name);
    return found && { enumeration, value: unit.constant(found, AT.constValue) ?? 0 };
  }

  /** Instances of a function of this name that have been inlined. Of a large file only in the units that know the name. */
  inlinedInstances(name: string): readonly Die[] {
    const origins = new Set(this.names.named(name));
    if (origins.size === 0) return [];
    const knowing = this.sections.info.size <= SMALL ? this.units : new Set([...origins].map((offset) => this.#unitOf(offset)));
    const found: Die[] = [];
    for (const unit of knowing) {
      try {
        if (unit) for (const die of this.#dies(inlinedInstancesOf(unit, origins))) found.push(die);
      } catch (problem) {
        this.complain(problem);
      }
    }
    return found;
  }

  #dies(offsets: readonly number[]): Die[] {
    return offsets.map((offset) => this.dieAt(offset)).filter((die) => die !== undefined);
  }
}

/** Bytes of .debug_info that are walked through in no time. */
const SMALL = 8 << 20;
