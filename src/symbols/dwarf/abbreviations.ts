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
  for (let code = reader.uleb(); code !== 0; code = reader.uleb()) {
    const tag = reader.uleb();
    const children = reader.u8() !== 0;
    const attributes: AttributeSpec[] = [];
    for (;;) {
      const name = reader.uleb();
      const form = reader.uleb();
      const constant = form === IMPLICIT_CONST ? reader.slebBig() : 0;
      if (name === 0 && form === 0) break;
      attributes.push({ name, form, constant });
    }
    table.set(code, { tag, children, attributes });
  }
  return table;
}
