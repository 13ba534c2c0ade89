/**
 * A quick walk over the entries of a unit that keeps none of them: numbers, references and where names are, by columns that
 * are worked out once for each abbreviation. For what has to look at all entries of a large file.
 */
import { ByteReader, type NamedBytes } from '../byteReader';
import { type Abbreviation, readAbbreviations } from './abbreviations';
import { AT, FORM, TAG } from './constants';
import type { Unit } from './unit';

/** The entry that the walk is at; the same object each time. Offsets are in .debug_info, 0 for what it does not have. */
export class ScannedDie {
  offset = 0;
  tag = 0;
  depth = 0;
  /** Of DW_AT_name: its form, and the number that stands there or, of a text in place, its offset. */
  nameForm = 0;
  name = 0;
  /** DW_AT_abstract_origin or DW_AT_specification. */
  origin = 0;
  declaration = false;
  /** It has an address, ranges, a location or a constant value: something is there. */
  exists = false;

  /** `source`: the bytes that offsets of texts are in. */
  constructor(readonly source: NamedBytes) {}
}

/** What the walk wants of an attribute. */
const NOTHING = 0;
const NAME = 1;
const ORIGIN = 2;
const SIBLING = 3;
const DECLARATION = 4;
const EXISTENCE = 5;

const WANTED: Readonly<Record<number, number>> = {
  [AT.name]: NAME,
  [AT.abstractOrigin]: ORIGIN,
  [AT.specification]: ORIGIN,
  [AT.sibling]: SIBLING,
  [AT.declaration]: DECLARATION,
  [AT.lowPc]: EXISTENCE,
  [AT.ranges]: EXISTENCE,
  [AT.location]: EXISTENCE,
  [AT.constValue]: EXISTENCE,
};

/** How long a value of a form is: so many bytes, or one of these. */
const LEB = -1;
const TEXT = -2;
const BLOCK_LEB = -3;
const BLOCK_1 = -4;
const BLOCK_2 = -5;
const BLOCK_4 = -6;
const INDIRECT = -7;
const UNKNOWN = -8;

function lengthOf(form: number, { addressSize, offsetSize, version }: Unit): number {
  switch (form) {
    case FORM.flagPresent:
    case FORM.implicitConst:
      return 0;
    case FORM.data1:
    case FORM.ref1:
    case FORM.flag:
    case FORM.strx1:
    case FORM.addrx1:
      return 1;
    case FORM.data2:
    case FORM.ref2:
    case FORM.strx2:
    case FORM.addrx2:
      return 2;
    case FORM.strx3:
    case FORM.addrx3:
      return 3;
    case FORM.data4:
    case FORM.ref4:
    case FORM.strx4:
    case FORM.addrx4:
    case FORM.refSup4:
      return 4;
    case FORM.data8:
    case FORM.ref8:
    case FORM.refSig8:
    case FORM.refSup8:
      return 8;
    case FORM.data16:
      return 16;
    case FORM.addr:
      return addressSize;
    case FORM.refAddr:
      return version < 3 ? addressSize : offsetSize;
    case FORM.strp:
    case FORM.lineStrp:
    case FORM.strpSup:
    case FORM.secOffset:
      return offsetSize;
    case FORM.sdata:
    case FORM.udata:
    case FORM.refUdata:
    case FORM.strx:
    case FORM.addrx:
    case FORM.loclistx:
    case FORM.rnglistx:
      return LEB;
    case FORM.string:
      return TEXT;
    case FORM.block:
    case FORM.exprloc:
      return BLOCK_LEB;
    case FORM.block1:
      return BLOCK_1;
    case FORM.block2:
      return BLOCK_2;
    case FORM.block4:
      return BLOCK_4;
    case FORM.indirect:
      return INDIRECT;
    default:
      return UNKNOWN;
  }
}

interface Shape {
  readonly tag: number;
  readonly children: boolean;
  readonly forms: readonly number[];
  readonly lengths: readonly number[];
  readonly wants: readonly number[];
}

/** What is not wanted, and has a length that is known, is one piece. */
function shapeOf({ tag, children, attributes }: Abbreviation, unit: Unit): Shape {
  const [forms, lengths, wants]: number[][] = [[], [], []];
  for (const { name, form } of attributes) {
    const [length, want] = [lengthOf(form, unit), WANTED[name] ?? NOTHING];
    const last = wants.length - 1;
    if (want === NOTHING && length >= 0 && wants[last] === NOTHING && lengths[last] >= 0) lengths[last] += length;
    else {
      forms.push(form);
      lengths.push(length);
      wants.push(want);
    }
  }
  return { tag, children, forms, lengths, wants };
}

/**
 * Call `visit` for the entries below the root of `unit`; it says whether to go into those of the one it is shown. Where a unit
 * is damaged the walk ends with a UserError.
 */
export function scanUnit(unit: Unit, visit: (die: ScannedDie) => boolean): void {
  new Walk(unit, visit).run();
}

class Walk {
  readonly #reader: ByteReader;
  readonly #bytes: Uint8Array;
  readonly #base: number;
  readonly #shapes: Shape[] = [];
  readonly #die: ScannedDie;
  #sibling = 0;

  constructor(
    readonly unit: Unit,
    readonly visit: (die: ScannedDie) => boolean,
  ) {
    const source = unit.passingBytes();
    this.#reader = new ByteReader(source, unit.root.next);
    this.#bytes = source.bytes;
    this.#die = new ScannedDie(source);
    this.#base = source.base ?? 0;
    for (const [code, abbreviation] of readAbbreviations(unit.sections.abbrev, unit.abbreviationsAt)) if (code < MOST_CODES) this.#shapes[code] = shapeOf(abbreviation, unit);
  }

  run(): void {
    const reader = this.#reader;
    if (!this.unit.root.hasChildren) return;
    /** Depth that the visitor did not want to go into; entries there are read, but not shown. */
    let unwanted = Number.POSITIVE_INFINITY;
    for (let depth = 1; depth > 0 && reader.at < this.unit.end; ) {
      const offset = reader.at;
      const code = reader.uleb();
      if (code === 0) {
        depth--;
        if (depth < unwanted) unwanted = Number.POSITIVE_INFINITY;
        continue;
      }
      const shape = this.#shapes[code] ?? reader.fail(`abbreviation ${code} is not in the table of its unit`, offset);
      this.#read(shape, offset, depth);
      const enters = depth < unwanted && this.visit(this.#die);
      if (!shape.children) continue;
      if (!enters && this.#sibling > reader.at && this.#sibling <= this.unit.end) reader.at = this.#sibling;
      else {
        depth++;
        if (!enters && depth < unwanted) unwanted = depth;
      }
    }
  }

  #read({ tag, forms, lengths, wants }: Shape, offset: number, depth: number): void {
    const die = this.#die;
    const reader = this.#reader;
    die.offset = offset;
    die.tag = tag;
    die.depth = depth;
    die.nameForm = die.name = die.origin = this.#sibling = 0;
    die.declaration = die.exists = false;
    for (let i = 0; i < lengths.length; i++) {
      const length = lengths[i];
      switch (wants[i]) {
        case NOTHING:
          if (length >= 0) reader.skip(length);
          else this.#skip(length);
          break;
        case NAME:
          die.nameForm = forms[i];
          die.name = length === TEXT ? reader.at : this.#value(length);
          if (length === TEXT) this.#skip(length);
          break;
        case ORIGIN:
          die.origin = this.#reference(forms[i], length);
          break;
        case SIBLING:
          this.#sibling = this.#reference(forms[i], length);
          break;
        case DECLARATION:
          die.declaration = length === 0 || this.#value(length) !== 0;
          break;
        case EXISTENCE:
          die.exists = true;
          this.#skip(length);
      }
    }
  }

  #reference(form: number, length: number): number {
    const value = this.#value(length);
    return form === FORM.refSig8 ? 0 : value + (form === FORM.refAddr ? 0 : this.unit.offset);
  }

  /** A number; 0 for what is none. */
  #value(length: number): number {
    const reader = this.#reader;
    if (length === 4) {
      const at = reader.skip(4) - this.#base;
      const bytes = this.#bytes;
      return (bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24)) >>> 0;
    }
    if (length === LEB) return reader.uleb();
    if (length > 0 && length <= 8) return reader.unsigned(length);
    this.#skip(length);
    return 0;
  }

  #skip(length: number): void {
    const reader = this.#reader;
    switch (length) {
      case LEB:
        reader.ulebBig();
        break;
      case TEXT:
        this.#skipText();
        break;
      case BLOCK_LEB:
        reader.skip(reader.uleb());
        break;
      case BLOCK_1:
        reader.skip(reader.u8());
        break;
      case BLOCK_2:
        reader.skip(reader.u16());
        break;
      case BLOCK_4:
        reader.skip(reader.u32());
        break;
      case INDIRECT: {
        const actual = lengthOf(reader.uleb(), this.unit);
        if (actual === INDIRECT) reader.fail('an indirect form of an indirect form');
        this.#skip(actual);
        break;
      }
      case UNKNOWN:
        reader.fail('an attribute form is unknown');
        break;
      default:
        reader.skip(length);
    }
  }

  #skipText(): void {
    const reader = this.#reader;
    const end = this.#bytes.indexOf(0, reader.at - this.#base) + this.#base;
    if (end < reader.at || end >= reader.end) reader.fail('a text does not end');
    reader.at = end + 1;
  }
}

const MOST_CODES = 1 << 20;

/** Functions and variables of a unit that are somewhere, in its namespaces too: offsets of their entries. */
export function objectsOf(unit: Unit): { readonly functions: readonly number[]; readonly variables: readonly number[] } {
  const [functions, variables]: number[][] = [[], []];
  scanUnit(unit, ({ tag, offset, exists }) => {
    if (exists && tag === TAG.subprogram) functions.push(offset);
    if (exists && tag === TAG.variable) variables.push(offset);
    return tag === TAG.namespace;
  });
  return { functions, variables };
}

/** Every inlined instance in a unit of what stands at one of `origins`: offsets of their entries. */
export function inlinedInstancesOf(unit: Unit, origins: ReadonlySet<number>): number[] {
  const found: number[] = [];
  scanUnit(unit, ({ tag, origin, offset }) => {
    if (tag === TAG.inlinedSubroutine && origins.has(origin)) found.push(offset);
    return GO_INTO.has(tag);
  });
  return found;
}

const GO_INTO: ReadonlySet<number> = new Set([TAG.subprogram, TAG.inlinedSubroutine, TAG.lexicalBlock, TAG.namespace]);
