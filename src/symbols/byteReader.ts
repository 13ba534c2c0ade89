/** A cursor over the bytes of a section. Reading outside of them is an error that names the section and the offset. */
import { hexh } from '../base/bits';
import { UserError } from '../base/userError';

/** Bytes, with what to call them in messages: `.debug_info of kernel.elf`. */
export interface NamedBytes {
  readonly what: string;
  readonly bytes: Uint8Array;
  /** Where in the section the first of them is; 0 for the whole section. */
  readonly base?: number;
}

/** A file, or a section of one, that is read where it is needed. What is asked for beyond its end is not there. */
export interface FileBytes {
  readonly size: number;
  read(offset: number, length: number): Uint8Array;
}

export const fileBytes = (bytes: Uint8Array): FileBytes => ({ size: bytes.length, read: (offset, length) => bytes.subarray(offset, offset + length) });

const UTF8 = new TextDecoder();

const MOST_LEB_BYTES = 10;

/** Offsets are those of the section, also when only a part of its bytes is at hand. */
export class ByteReader {
  readonly #view: DataView;
  readonly #base: number;

  constructor(
    readonly source: NamedBytes,
    public at = source.base ?? 0,
    readonly end = (source.base ?? 0) + source.bytes.length,
  ) {
    const { bytes, base = 0 } = source;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#base = base;
    const last = base + bytes.length;
    if (at > last || at < base) this.fail('it lies beyond the end of the section');
    if (end > last || end < at) this.fail(`it says to end at ${hexh(end)}, the section at ${hexh(last)}`);
  }

  get done(): boolean {
    return this.at >= this.end;
  }

  fail(message: string, at = this.at): never {
    throw new UserError('symbols.damaged', `${this.source.what} at ${hexh(at)}: ${message}`);
  }

  /** Offset of the next `length` bytes, which are then behind the cursor. */
  skip(length: number): number {
    const { at } = this;
    if (!(length >= 0) || at + length > this.end) this.fail(`${length} bytes are wanted, ${Math.max(0, this.end - at)} are there`);
    this.at = at + length;
    return at;
  }

  /** The same among the bytes that are at hand. */
  #skip(length: number): number {
    return this.skip(length) - this.#base;
  }

  take(length: number): Uint8Array {
    const at = this.#skip(length);
    return this.source.bytes.subarray(at, at + length);
  }

  /** A reader of the next `length` bytes, which are then behind the cursor of this one. */
  part(length: number): ByteReader {
    const at = this.skip(length);
    return new ByteReader(this.source, at, at + length);
  }

  u8(): number {
    return this.#view.getUint8(this.#skip(1));
  }
  i8(): number {
    return this.#view.getInt8(this.#skip(1));
  }
  u16(): number {
    return this.#view.getUint16(this.#skip(2), true);
  }
  i16(): number {
    return this.#view.getInt16(this.#skip(2), true);
  }
  u24(): number {
    return this.u16() | (this.u8() << 16);
  }
  u32(): number {
    return this.#view.getUint32(this.#skip(4), true);
  }
  i32(): number {
    return this.#view.getInt32(this.#skip(4), true);
  }
  u64(): bigint {
    return this.#view.getBigUint64(this.#skip(8), true);
  }
  i64(): bigint {
    return this.#view.getBigInt64(this.#skip(8), true);
  }

  /** Unsigned, of 1, 2, 3, 4 or 8 bytes. */
  unsigned(size: number): number {
    switch (size) {
      case 1:
        return this.u8();
      case 2:
        return this.u16();
      case 3:
        return this.u24();
      case 4:
        return this.u32();
      case 8:
        return Number(this.u64());
      default:
        return this.fail(`a number of ${size} bytes`);
    }
  }

  uleb(): number {
    return Number(this.ulebBig());
  }
  sleb(): number {
    return Number(this.slebBig());
  }

  /** LEB128 (DWARF 5, 7.6). */
  ulebBig(): bigint | number {
    let value = 0;
    for (let n = 0; n < 4; n++) {
      const byte = this.u8();
      value |= (byte & 0x7f) << (7 * n);
      if (byte < 0x80) return value;
    }
    return this.#longLeb(value).value;
  }
  slebBig(): bigint | number {
    let value = 0;
    for (let n = 0; n < 4; n++) {
      const byte = this.u8();
      value |= (byte & 0x7f) << (7 * n);
      if (byte < 0x80) return byte & 0x40 ? value | (-1 << (7 * n + 7)) : value;
    }
    const long = this.#longLeb(value);
    return long.negative ? BigInt.asIntN(64, long.value | (-1n << BigInt(long.bits))) : long.value;
  }

  #longLeb(low: number): { value: bigint; negative: boolean; bits: number } {
    const start = this.at - 4;
    let value = BigInt(low);
    for (let n = 4; n < MOST_LEB_BYTES; n++) {
      const byte = this.u8();
      value |= BigInt(byte & 0x7f) << BigInt(7 * n);
      if (byte < 0x80) return { value: BigInt.asUintN(64, value), negative: (byte & 0x40) !== 0, bits: 7 * n + 7 };
    }
    return this.fail('a number does not end within 10 bytes', start);
  }

  /** Bytes up to a zero byte. */
  cstring(): string {
    const { bytes } = this.source;
    const end = bytes.indexOf(0, this.at - this.#base);
    if (end < 0 || end + this.#base >= this.end) this.fail('a text does not end');
    const text = UTF8.decode(bytes.subarray(this.at - this.#base, end));
    this.at = end + this.#base + 1;
    return text;
  }
}
