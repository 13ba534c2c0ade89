/** Call frame information (DWARF 5, 6.4) of .debug_frame and, with the extensions of the Linux Standard Base, of .eh_frame: where a caller's registers are. */
import { ByteReader, type NamedBytes } from '../byteReader';
import type { DwarfSections } from './sections';
import { readLength } from './unit';

/** Where the caller's value of a register is. Offsets are from the CFA. */
export type RegisterRule =
  | { readonly kind: 'undefined' | 'same' }
  | { readonly kind: 'at' | 'is'; readonly offset: number }
  | { readonly kind: 'register'; readonly register: number }
  | { readonly kind: 'atExpression' | 'isExpression'; readonly expression: NamedBytes };

export type CfaRule = { readonly register: number; readonly offset: number } | { readonly expression: NamedBytes };

export interface UnwindRow {
  readonly cfa: CfaRule;
  readonly registers: ReadonlyMap<number, RegisterRule>;
  readonly returnAddress: number;
  /** The frame is a signal or interrupt handler's: its return address is no call's. */
  readonly signal: boolean;
}

interface Cie {
  readonly codeAlign: number;
  readonly dataAlign: number;
  readonly returnAddress: number;
  readonly pointerEncoding: number;
  readonly augmented: boolean;
  readonly signal: boolean;
  readonly instructions: ByteReader;
}

interface Fde {
  readonly low: number;
  readonly high: number;
  readonly cie: Cie;
  readonly from: number;
  readonly to: number;
  readonly section: NamedBytes;
}

const PE = { absolute: 0x00, uleb: 0x01, u2: 0x02, u4: 0x03, u8: 0x04, sleb: 0x09, s2: 0x0a, s4: 0x0b, s8: 0x0c, relative: 0x10, omit: 0xff } as const;

/** All that can be read; what is wrong with the rest is told to `complain`. By address. */
export function readCallFrames(sections: DwarfSections, complain: (problem: unknown) => void): readonly Fde[] {
  const found: Fde[] = [];
  for (const { section, address } of [{ section: sections.frame }, { section: sections.ehFrame, address: sections.ehFrameAddress }]) {
    try {
      for (const fde of new SectionReader(section, address).fdes()) found.push(fde);
    } catch (problem) {
      complain(problem);
    }
  }
  return found.sort((a, b) => a.low - b.low);
}

class SectionReader {
  readonly #cies = new Map<number, Cie>();

  /** `address`: where .eh_frame lies; undefined for .debug_frame. */
  constructor(
    readonly section: NamedBytes,
    readonly address?: number,
  ) {}

  *fdes(): Generator<Fde> {
    for (let at = 0; at < this.section.bytes.length; ) {
      const start = new ByteReader(this.section, at);
      if (this.address !== undefined && start.u32() === 0) return; // the terminator of .eh_frame
      start.at = at;
      const { offsetSize, body, end } = readLength(start);
      const idAt = body.at;
      const id = body.unsigned(offsetSize);
      const isCie = this.address === undefined ? id === (offsetSize === 8 ? 2 ** 64 : 0xffffffff) : id === 0;
      if (!isCie) yield this.#fde(body, this.address === undefined ? id : idAt - id);
      at = end;
    }
  }

  #fde(body: ByteReader, cieAt: number): Fde {
    if (cieAt < 0) body.fail('it refers to common information before the section');
    const cie = this.#cieAt(cieAt);
    const low = this.#pointer(body, cie.pointerEncoding) >>> 0;
    const length = this.#pointer(body, cie.pointerEncoding & 0x0f);
    if (cie.augmented) body.take(body.uleb());
    return { low, high: low + length, cie, from: body.at, to: body.end, section: this.section };
  }

  #cieAt(offset: number): Cie {
    const known = this.#cies.get(offset);
    if (known) return known;
    const { offsetSize, body } = readLength(new ByteReader(this.section, offset));
    body.skip(offsetSize);
    const version = body.u8();
    if (![1, 3, 4].includes(version)) body.fail(`frame information of version ${version}`, offset);
    const augmentation = body.cstring();
    if (version === 4) body.u16(); // sizes of addresses and of segment selectors
    const codeAlign = body.uleb();
    const dataAlign = body.sleb();
    const returnAddress = version === 1 ? body.u8() : body.uleb();
    let pointerEncoding: number = PE.absolute;
    const augmented = augmentation.startsWith('z');
    if (augmented) {
      const data = body.part(body.uleb());
      for (const letter of augmentation.slice(1)) {
        if (letter === 'R') pointerEncoding = data.u8();
        else if (letter === 'P') this.#pointer(data, data.u8() & 0x7f);
        else if (letter === 'L') data.u8();
        else if (letter !== 'S') break;
      }
    } else if (augmentation !== '') body.fail(`augmentation "${augmentation}" is unknown`, offset);
    const cie = { codeAlign, dataAlign, returnAddress, pointerEncoding, augmented, signal: augmented && augmentation.includes('S'), instructions: body };
    this.#cies.set(offset, cie);
    return cie;
  }

  #pointer(reader: ByteReader, encoding: number): number {
    if (encoding === PE.omit) return 0;
    const here = (this.address ?? 0) + reader.at;
    const relative = encoding & 0x70;
    if (relative !== 0 && relative !== PE.relative) reader.fail(`pointer encoding ${encoding.toString(16)}h`);
    return this.#number(reader, encoding & 0x0f) + (relative ? here : 0);
  }

  #number(reader: ByteReader, format: number): number {
    switch (format) {
      case PE.absolute:
      case PE.u4:
        return reader.u32();
      case PE.uleb:
        return reader.uleb();
      case PE.u2:
        return reader.u16();
      case PE.sleb:
        return reader.sleb();
      case PE.s2:
        return reader.i16();
      case PE.s4:
        return reader.i32();
      case PE.u8:
        return Number(reader.u64());
      case PE.s8:
        return Number(reader.i64());
      default:
        return reader.fail(`pointer format ${format}`);
    }
  }
}

/** `fdes` are in the order of their addresses; those of different functions do not overlap. */
function fdeAt(fdes: readonly Fde[], address: number): Fde | undefined {
  let [low, high] = [0, fdes.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (fdes[middle].low <= address) low = middle + 1;
    else high = middle;
  }
  // Of both sections' the first one has said it.
  while (low > 1 && fdes[low - 2].low === fdes[low - 1].low) low--;
  const fde = fdes[low - 1];
  return fde && address < fde.high ? fde : undefined;
}

/** The row for an address of the file. Throws UserError for a damaged program. */
export function unwindRowAt(fdes: readonly Fde[], address: number): UnwindRow | undefined {
  const fde = fdeAt(fdes, address);
  if (!fde) return undefined;
  const { cie } = fde;
  const initial = execute(cie, new ByteReader(fde.section, cie.instructions.at, cie.instructions.end), Number.POSITIVE_INFINITY, { registers: new Map() }, undefined);
  const row = execute(cie, new ByteReader(fde.section, fde.from, fde.to), address - fde.low, initial, initial);
  return row.cfa && { cfa: row.cfa, registers: row.registers, returnAddress: cie.returnAddress, signal: cie.signal };
}

interface Row {
  cfa?: CfaRule;
  registers: Map<number, RegisterRule>;
}

const MOST_REMEMBERED = 100;

/** Run instructions (6.4.2) until they are about an address more than `distance` behind the function's start. */
function execute(cie: Cie, reader: ByteReader, distance: number, start: Row, initial: Row | undefined): Row {
  let row: Row = { ...(start.cfa && { cfa: start.cfa }), registers: new Map(start.registers) };
  const remembered: Row[] = [];
  let location = 0;
  const set = (register: number, rule: RegisterRule) => void row.registers.set(register, rule);
  const at = (register: number, offset: number) => set(register, { kind: 'at', offset: offset * cie.dataAlign });
  const restore = (register: number) => {
    const rule = initial?.registers.get(register);
    if (rule) set(register, rule);
    else row.registers.delete(register);
  };
  const block = (): NamedBytes => ({ what: reader.source.what, bytes: reader.take(reader.uleb()) });
  const moveCfa = (change: { register?: number; offset?: number }) => {
    const before = row.cfa && 'register' in row.cfa ? row.cfa : { register: 4, offset: 0 };
    row.cfa = { register: change.register ?? before.register, offset: change.offset ?? before.offset };
  };
  while (!reader.done) {
    const byte = reader.u8();
    const operand = byte & 0x3f;
    if (byte >> 6 === 1) location += operand * cie.codeAlign;
    else if (byte >> 6 === 2) at(operand, reader.uleb());
    else if (byte >> 6 === 3) restore(operand);
    else {
      switch (byte) {
        case 0x00:
          break;
        case 0x01:
          reader.u32(); // set_loc: no compiler for the 386 says it
          return reader.fail('DW_CFA_set_loc');
        case 0x02:
          location += reader.u8() * cie.codeAlign;
          break;
        case 0x03:
          location += reader.u16() * cie.codeAlign;
          break;
        case 0x04:
          location += reader.u32() * cie.codeAlign;
          break;
        case 0x05:
          at(reader.uleb(), reader.uleb());
          break;
        case 0x06:
          restore(reader.uleb());
          break;
        case 0x07:
          set(reader.uleb(), { kind: 'undefined' });
          break;
        case 0x08:
          set(reader.uleb(), { kind: 'same' });
          break;
        case 0x09:
          set(reader.uleb(), { kind: 'register', register: reader.uleb() });
          break;
        case 0x0a:
          if (remembered.length === MOST_REMEMBERED) reader.fail('rows remembered without end');
          remembered.push({ ...row, registers: new Map(row.registers) });
          break;
        case 0x0b:
          row = remembered.pop() ?? reader.fail('no row has been remembered');
          break;
        case 0x0c:
          moveCfa({ register: reader.uleb(), offset: reader.uleb() });
          break;
        case 0x0d:
          moveCfa({ register: reader.uleb() });
          break;
        case 0x0e:
          moveCfa({ offset: reader.uleb() });
          break;
        case 0x0f:
          row.cfa = { expression: block() };
          break;
        case 0x10:
          set(reader.uleb(), { kind: 'atExpression', expression: block() });
          break;
        case 0x11:
          at(reader.uleb(), reader.sleb());
          break;
        case 0x12:
          moveCfa({ register: reader.uleb(), offset: reader.sleb() * cie.dataAlign });
          break;
        case 0x13:
          moveCfa({ offset: reader.sleb() * cie.dataAlign });
          break;
        case 0x14:
          set(reader.uleb(), { kind: 'is', offset: reader.uleb() * cie.dataAlign });
          break;
        case 0x15:
          set(reader.uleb(), { kind: 'is', offset: reader.sleb() * cie.dataAlign });
          break;
        case 0x16:
          set(reader.uleb(), { kind: 'isExpression', expression: block() });
          break;
        case 0x2e: // DW_CFA_GNU_args_size
          reader.uleb();
          break;
        default:
          reader.fail(`frame instruction ${byte.toString(16)}h is unknown`);
      }
    }
    if (location > distance) return row;
  }
  return row;
}
