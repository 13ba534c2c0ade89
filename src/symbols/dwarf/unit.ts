/** Units of .debug_info (DWARF 5, 7.5.1) and their entries, each read when it is asked for. */
import { hexh } from '../../base/bits';
import { once } from '../../base/once';
import { ByteReader, type NamedBytes } from '../byteReader';
import { type Abbreviation, type AbbreviationTable, findAbbreviation, readAbbreviations } from './abbreviations';
import { type AttributeValue, type Encoding, readAttribute } from './attribute';
import { AT, FORM, UT } from './constants';
import { type AddressRange, readRangeList } from './ranges';
import type { DwarfSections, UnitSection } from './sections';

/** A debugging information entry. */
export interface Die {
  readonly unit: Unit;
  /** In .debug_info. */
  readonly offset: number;
  readonly tag: number;
  readonly hasChildren: boolean;
  readonly attributes: ReadonlyMap<number, AttributeValue>;
  /** Offset behind its attributes: of its first child, or of what follows. */
  readonly next: number;
}

const DEEPEST = 500;

export class Unit implements Encoding {
  readonly #abbreviations: () => AbbreviationTable;
  readonly #cache = new Map<number, Die>();
  readonly #whole: () => NamedBytes;
  #kept = false;
  readonly root: Die;

  constructor(
    readonly sections: DwarfSections,
    readonly offset: number,
    readonly end: number,
    readonly version: number,
    readonly addressSize: number,
    readonly offsetSize: number,
    /** In .debug_abbrev. */
    readonly abbreviationsAt: number,
    head: NamedBytes,
    first: number,
    /** Of a type unit: the signature by which others refer to its type, and where that is. */
    readonly signature?: bigint,
    readonly typeOffset = 0,
  ) {
    this.#whole = once(() => part(sections.info, offset, end - offset));
    this.#abbreviations = once(() => readAbbreviations(sections.abbrev, abbreviationsAt));
    this.root = this.#readRoot(head, first);
    this.#cache.set(first, this.root);
  }

  /** Of the unit's first bytes if they suffice: there may be thousands of units, of which few are looked at. */
  #readRoot(head: NamedBytes, first: number): Die {
    const find = (code: number) => findAbbreviation(this.sections.abbrev, this.abbreviationsAt, code);
    const read = (bytes: NamedBytes) => this.#parse(new ByteReader(bytes, first), find) ?? new ByteReader(bytes, first).fail('a unit without an entry');
    if (head.bytes.length >= this.end - this.offset) return read(head);
    try {
      return read(head);
    } catch {
      return read(this.bytes);
    }
  }

  /** The unit as it is in .debug_info. */
  get bytes(): NamedBytes {
    this.#kept = true;
    return this.#whole();
  }

  /** The same for somebody who has done with them soon. */
  passingBytes(): NamedBytes {
    return this.#kept ? this.bytes : part(this.sections.info, this.offset, this.end - this.offset);
  }

  /** The entry at `offset`; undefined for the null entry that ends a list of siblings. */
  read(offset: number): Die | undefined {
    const known = this.#cache.get(offset);
    if (known) return known;
    const die = this.#parse(new ByteReader(this.bytes, offset, this.end), (code) => this.#abbreviations().get(code));
    if (die) this.#cache.set(offset, die);
    return die;
  }

  #parse(reader: ByteReader, abbreviationOf: (code: number) => Abbreviation | undefined): Die | undefined {
    const offset = reader.at;
    const code = reader.uleb();
    if (code === 0) return undefined;
    const { tag, children, attributes } = abbreviationOf(code) ?? reader.fail(`abbreviation ${code} is not in the table of its unit`, offset);
    const values = new Map<number, AttributeValue>();
    for (const { name, form, constant } of attributes) values.set(name, readAttribute(reader, form, constant, this));
    return { unit: this, offset, tag, hasChildren: children, attributes: values, next: reader.at };
  }

  *children(parent: Die): Generator<Die> {
    if (!parent.hasChildren) return;
    for (let at = parent.next; at < this.end; ) {
      const die = this.read(at);
      if (!die) return;
      yield die;
      at = this.behind(die);
    }
  }

  /** Offset of what follows `die` and all that is in it. */
  behind(die: Die, depth = 0): number {
    if (!die.hasChildren) return die.next;
    const sibling = this.reference(die, AT.sibling);
    if (sibling !== undefined && sibling > die.offset && sibling <= this.end) return sibling;
    if (depth > DEEPEST) this.fail(die, `entries nested more than ${DEEPEST} deep`);
    let at = die.next;
    while (at < this.end) {
      const child = this.read(at);
      if (!child) return at + 1;
      at = this.behind(child, depth + 1);
    }
    return at;
  }

  fail(die: Die, message: string): never {
    return new ByteReader(this.bytes, die.offset).fail(message);
  }

  /** A constant of whatever width; signed if its form says so. */
  constant(die: Die, name: number): number | undefined {
    const value = die.attributes.get(name)?.value;
    return typeof value === 'number' ? value : typeof value === 'bigint' ? Number(value) : undefined;
  }

  flag(die: Die, name: number): boolean {
    return Boolean(die.attributes.get(name)?.value);
  }

  /** Offset in .debug_info of the entry that is referred to. */
  reference(die: Die, name: number): number | undefined {
    const found = die.attributes.get(name);
    if (!found || typeof found.value === 'string' || found.value instanceof Uint8Array || found.form === FORM.refSig8) return undefined;
    return Number(found.value) + (found.form === FORM.refAddr ? 0 : this.offset);
  }

  text(die: Die, name: number): string | undefined {
    const found = die.attributes.get(name);
    return found && this.textOf(found);
  }

  textOf({ form, value }: AttributeValue): string | undefined {
    const { str, lineStr } = this.sections;
    if (typeof value === 'string') return value;
    if (form === FORM.strp) return new ByteReader(str, Number(value)).cstring();
    if (form === FORM.lineStrp) return new ByteReader(lineStr, Number(value)).cstring();
    if (form !== FORM.strx && (form < FORM.strx1 || form > FORM.strx4)) return undefined;
    // Without a base: behind the header of the section's first contribution (7.26).
    const base = this.constant(this.root, AT.strOffsetsBase) ?? 2 * this.offsetSize;
    return new ByteReader(str, new ByteReader(this.sections.strOffsets, base + Number(value) * this.offsetSize).unsigned(this.offsetSize)).cstring();
  }

  /** Entry `index` of the unit's table of addresses. */
  indexedAddress(index: number): number {
    const base = this.constant(this.root, AT.addrBase) ?? 8;
    return new ByteReader(this.sections.addr, base + index * this.addressSize).unsigned(this.addressSize);
  }

  address(die: Die, name: number): number | undefined {
    const found = die.attributes.get(name);
    if (found?.form === FORM.addr) return Number(found.value);
    if (found && (found.form === FORM.addrx || (found.form >= FORM.addrx1 && found.form <= FORM.addrx4))) return this.indexedAddress(Number(found.value));
    return undefined;
  }

  get lowPc(): number {
    return this.address(this.root, AT.lowPc) ?? 0;
  }

  /** The code of an entry. */
  rangesOf(die: Die): AddressRange[] {
    const list = die.attributes.get(AT.ranges);
    if (list) return readRangeList(this, list);
    const low = this.address(die, AT.lowPc);
    if (low === undefined) return [];
    const high = this.address(die, AT.highPc) ?? low + (this.constant(die, AT.highPc) ?? 1);
    return high > low ? [{ low, high }] : [];
  }
}

const KNOWN_VERSIONS = [2, 3, 4, 5];

/** Most units' root entries lie within so many bytes from their start. */
const HEAD_SIZE = 512;

const part = ({ what, read }: UnitSection, base: number, length: number): NamedBytes => ({ what, bytes: read(base, length), base });

/** All units that can be read. What is wrong with others is told to `complain`. */
export function readUnits(sections: DwarfSections, complain: (problem: unknown) => void): Unit[] {
  const units: Unit[] = [];
  const { info } = sections;
  try {
    for (let at = 0; at < info.size; ) {
      const head = part(info, at, Math.min(HEAD_SIZE, info.size - at));
      const { offsetSize, length, from } = readUnitLength(new ByteReader(head));
      const end = from + length;
      if (end > info.size) new ByteReader(head).fail(`${length} bytes are wanted, ${info.size - from} are there`, from);
      try {
        units.push(readUnit(sections, at, end, head, from, offsetSize));
      } catch (problem) {
        complain(problem);
      }
      at = end;
    }
  } catch (problem) {
    complain(problem); // without its length nobody knows where the next one begins
  }
  return units;
}

/** The initial length (7.4), and where what it counts begins. */
function readUnitLength(reader: ByteReader): { offsetSize: 4 | 8; length: number; from: number } {
  const first = reader.u32();
  if (first >= 0xfffffff0 && first !== 0xffffffff) reader.fail(`reserved length ${hexh(first)}`, reader.at - 4);
  const offsetSize = first === 0xffffffff ? 8 : 4;
  const length = offsetSize === 8 ? Number(reader.u64()) : first;
  return { offsetSize, length, from: reader.at };
}

/** The initial length, and a reader of what it spans. */
export function readLength(reader: ByteReader): { offsetSize: 4 | 8; body: ByteReader; end: number } {
  const { offsetSize, length } = readUnitLength(reader);
  const body = reader.part(length);
  return { offsetSize, body, end: body.end };
}

function readUnit(sections: DwarfSections, offset: number, end: number, head: NamedBytes, from: number, offsetSize: 4 | 8): Unit {
  const body = new ByteReader(head, from, Math.min(end, offset + head.bytes.length));
  const version = body.u16();
  if (!KNOWN_VERSIONS.includes(version)) body.fail(`DWARF version ${version}; versions 2 to 5 can be read`, offset);
  const type = version >= 5 ? body.u8() : UT.compile;
  const early = version >= 5 ? body.u8() : 0;
  const abbreviations = body.unsigned(offsetSize);
  const addressSize = early || body.u8();
  if (addressSize !== 4 && addressSize !== 8) body.fail(`addresses of ${addressSize} bytes`, offset);
  if (type === UT.skeleton || type === UT.splitCompile) body.u64();
  const isType = type === UT.type || type === UT.splitType;
  const signature = isType ? body.u64() : undefined;
  const typeOffset = isType ? offset + body.unsigned(offsetSize) : 0;
  return new Unit(sections, offset, end, version, addressSize, offsetSize, abbreviations, head, body.at, signature, typeOffset);
}
