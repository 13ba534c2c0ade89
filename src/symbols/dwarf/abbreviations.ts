/** Abbreviation tables (DWARF 5, 7.5.3): which attributes an entry has, in which form. */
import { ByteReader, type NamedBytes } from '../byteReader';

export interface AttributeSpec {
  readonly name: number;
  readonly form: number;
  /** Value of DW_FORM_implicit_const. */
  readonly constant: number | bigint;
}

export interface Abbreviation {
  readonly tag: number;
  readonly children: boolean;
  readonly attributes: readonly AttributeSpec[];
}

export type AbbreviationTable = ReadonlyMap<number, Abbreviation>;

const IMPLICIT_CONST = 0x21;

export function readAbbreviations(section: NamedBytes, offset: number): AbbreviationTable {
  const reader = new ByteReader(section, offset);
  const table = new Map<number, Abbreviation>();
  for (let code = reader.uleb(); code !== 0; code = reader.uleb()) table.set(code, readAbbreviation(reader));
  return table;
}

/** One of a table, without keeping the others. */
export function findAbbreviation(section: NamedBytes, offset: number, wanted: number): Abbreviation | undefined {
  const reader = new ByteReader(section, offset);
  for (let code = reader.uleb(); code !== 0; code = reader.uleb()) {
    if (code === wanted) return readAbbreviation(reader);
    skipAbbreviation(reader);
  }
  return undefined;
}

function readAbbreviation(reader: ByteReader): Abbreviation {
  const tag = reader.uleb();
  const children = reader.u8() !== 0;
  const attributes: AttributeSpec[] = [];
  for (;;) {
    const name = reader.uleb();
    const form = reader.uleb();
    const constant = form === IMPLICIT_CONST ? reader.slebBig() : 0;
    if (name === 0 && form === 0) return { tag, children, attributes };
    attributes.push({ name, form, constant });
  }
}

function skipAbbreviation(reader: ByteReader): void {
  reader.uleb();
  reader.u8();
  for (;;) {
    const name = reader.uleb();
    const form = reader.uleb();
    if (form === IMPLICIT_CONST) reader.slebBig();
    if (name === 0 && form === 0) return;
  }
}
