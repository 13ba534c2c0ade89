/** All units of a file: entries by offset, and what an entry says together with the entry it is an instance of. */
import type { AttributeValue } from './attribute';
import { AT, FORM, TAG } from './constants';
import { type AddressRange, covers } from './ranges';
import { functionsOf } from './scopes';
import type { DwarfSections } from './sections';
import { type Die, readUnits, type Unit } from './unit';

/** An entry leads to the one it instantiates, that to its declaration; nothing honest goes further. */
const MOST_ORIGINS = 8;

export class DebugInfo {
  readonly units: readonly Unit[];
  readonly #functions = new Map<Unit, readonly Die[]>();
  readonly #enumerators = new Map<string, { readonly enumeration: Die; readonly value: number }>();
  #code: readonly { readonly unit: Unit; readonly ranges: readonly AddressRange[] }[] | undefined;
  #names: ReadonlyMap<string, readonly Die[]> | undefined;

  constructor(
    readonly sections: DwarfSections,
    readonly complain: (problem: unknown) => void,
  ) {
    this.units = sections.info.bytes.length > 0 ? readUnits(sections, complain) : [];
    for (const unit of this.units)
      if (unit.root.attributes.has(AT.dwoName) || unit.root.attributes.has(AT.gnuDwoName))
        complain(`${sections.info.what}: its entries are in .dwo files; compile without -gsplit-dwarf`);
  }

  dieAt(offset: number): Die | undefined {
    return this.units.find((unit) => offset >= unit.offset && offset < unit.end)?.read(offset);
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

  functions(unit: Unit): readonly Die[] {
    const known = this.#functions.get(unit);
    if (known) return known;
    const functions = [...functionsOf(unit)];
    this.#functions.set(unit, functions);
    return functions;
  }

  unitAt(address: number): Unit | undefined {
    this.#code ??= this.units.map((unit) => ({ unit, ranges: this.#codeOf(unit) }));
    return this.#code.find(({ ranges }) => covers(ranges, address))?.unit;
  }

  /** Of a unit that does not say it itself: of its functions. */
  #codeOf(unit: Unit): AddressRange[] {
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
    this.#names ??= this.#indexNames();
    return this.#names.get(name) ?? [];
  }

  /** The enumeration constant of this name, of an enumeration of the outermost level. */
  enumerator(name: string): { readonly enumeration: Die; readonly value: number } | undefined {
    this.#names ??= this.#indexNames();
    return this.#enumerators.get(name);
  }

  #indexNames(): Map<string, Die[]> {
    const names = new Map<string, Die[]>();
    for (const unit of this.units) {
      try {
        for (const die of unit.children(unit.root)) {
          if (die.tag === TAG.enumerationType) this.#indexEnumerators(die);
          const name = this.nameOf(die);
          if (name === undefined) continue;
          const same = names.get(name) ?? [];
          names.set(name, unit.flag(die, AT.declaration) ? [...same, die] : [die, ...same]);
        }
      } catch (problem) {
        this.complain(problem);
      }
    }
    return names;
  }

  #indexEnumerators(enumeration: Die): void {
    const { unit } = enumeration;
    for (const each of unit.children(enumeration)) {
      const name = unit.text(each, AT.name);
      if (name !== undefined) this.#enumerators.set(name, { enumeration, value: unit.constant(each, AT.constValue) ?? 0 });
    }
  }
}
