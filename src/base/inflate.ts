/** Decompression of zlib data (RFC 1950 and 1951), where neither Node nor a stream can be waited for. */

/** Code lengths to a decoder (RFC 1951, 3.2.2): how many codes there are of each length, and the symbols in the order of their codes. */
interface Codes {
  readonly counts: Uint16Array;
  readonly symbols: Uint16Array;
}

const MOST_BITS = 15;

function codesOf(lengths: ArrayLike<number>): Codes {
  const counts = new Uint16Array(MOST_BITS + 1);
  for (let n = 0; n < lengths.length; n++) counts[lengths[n]]++;
  counts[0] = 0;
  const next = new Uint16Array(MOST_BITS + 2);
  for (let bits = 1; bits <= MOST_BITS; bits++) next[bits + 1] = next[bits] + counts[bits];
  const symbols = new Uint16Array(lengths.length);
  for (let n = 0; n < lengths.length; n++) if (lengths[n]) symbols[next[lengths[n]]++] = n;
  return { counts, symbols };
}

/** Lengths and distances: base and extra bits of each code (RFC 1951, 3.2.5). */
const steps = (extras: readonly number[], first: number): { readonly base: readonly number[]; readonly extra: readonly number[] } => {
  let next = first;
  return { extra: extras, base: extras.map((bits) => (next += 1 << bits) - (1 << bits)) };
};
const LENGTHS = steps([...[0, 0, 0, 0], ...[0, 1, 2, 3, 4, 5].flatMap((bits) => [bits, bits, bits, bits])], 3);
const DISTANCES = steps([0, 0, ...Array.from({ length: 14 }, (_, bits) => [bits, bits]).flat()], 1);
const LONGEST = 28;
const FIXED_LENGTHS = codesOf(Array.from({ length: 288 }, (_, n) => (n < 144 ? 8 : n < 256 ? 9 : n < 280 ? 7 : 8)));
const FIXED_DISTANCES = codesOf(new Uint8Array(30).fill(5));
/** The order in which the lengths of the codes for code lengths come (3.2.7). */
const ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
const END_OF_BLOCK = 256;
const HEADER = 2;

class Inflater {
  private at = HEADER;
  private held = 0;
  private heldBits = 0;
  private length = 0;

  constructor(
    private readonly input: Uint8Array,
    private readonly output: Uint8Array,
  ) {}

  run(): void {
    for (let last = 0; !last; ) {
      last = this.bits(1);
      const kind = this.bits(2);
      if (kind === 0) this.stored();
      else if (kind === 1) this.block(FIXED_LENGTHS, FIXED_DISTANCES);
      else if (kind === 2) this.dynamic();
      else throw new RangeError('a block of no known kind');
    }
    if (this.length !== this.output.length) throw new RangeError(`${this.length} bytes instead of ${this.output.length}`);
  }

  private bits(count: number): number {
    while (this.heldBits < count) {
      if (this.at >= this.input.length) throw new RangeError('the end is missing');
      this.held |= this.input[this.at++] << this.heldBits;
      this.heldBits += 8;
    }
    const value = this.held & ((1 << count) - 1);
    this.held >>>= count;
    this.heldBits -= count;
    return value;
  }

  private symbol({ counts, symbols }: Codes): number {
    let [code, first, index] = [0, 0, 0];
    for (let bits = 1; bits <= MOST_BITS; bits++) {
      code |= this.bits(1);
      const count = counts[bits];
      if (code - first < count) return symbols[index + code - first];
      index += count;
      first = (first + count) << 1;
      code <<= 1;
    }
    throw new RangeError('a code that stands for nothing');
  }

  private put(byte: number): void {
    if (this.length >= this.output.length) throw new RangeError(`more than ${this.output.length} bytes`);
    this.output[this.length++] = byte;
  }

  private stored(): void {
    this.held = this.heldBits = 0;
    const count = this.input[this.at] | (this.input[this.at + 1] << 8);
    this.at += 4;
    if (this.at + count > this.input.length) throw new RangeError('the end is missing');
    for (let n = 0; n < count; n++) this.put(this.input[this.at++]);
  }

  private dynamic(): void {
    const [literals, distances, ordered] = [this.bits(5) + 257, this.bits(5) + 1, this.bits(4) + 4];
    const short = new Uint8Array(ORDER.length);
    for (let n = 0; n < ordered; n++) short[ORDER[n]] = this.bits(3);
    const lengths = this.codeLengths(codesOf(short), literals + distances);
    this.block(codesOf(lengths.subarray(0, literals)), codesOf(lengths.subarray(literals)));
  }

  private codeLengths(codes: Codes, count: number): Uint8Array {
    const lengths = new Uint8Array(count);
    for (let n = 0; n < count; ) {
      const symbol = this.symbol(codes);
      const repeat = symbol < 16 ? 1 : symbol === 16 ? 3 + this.bits(2) : symbol === 17 ? 3 + this.bits(3) : 11 + this.bits(7);
      if (n + repeat > count || (symbol === 16 && n === 0)) throw new RangeError('lengths of codes that run over');
      lengths.fill(symbol < 16 ? symbol : symbol === 16 ? lengths[n - 1] : 0, n, n + repeat);
      n += repeat;
    }
    return lengths;
  }

  private block(literals: Codes, distances: Codes): void {
    for (let symbol = this.symbol(literals); symbol !== END_OF_BLOCK; symbol = this.symbol(literals)) {
      if (symbol < END_OF_BLOCK) this.put(symbol);
      else this.copy(symbol - END_OF_BLOCK - 1, distances);
    }
  }

  private copy(code: number, distances: Codes): void {
    if (code > LONGEST) throw new RangeError('a length that does not exist');
    const count = code === LONGEST ? 258 : LENGTHS.base[code] + this.bits(LENGTHS.extra[code]);
    const far = this.symbol(distances);
    if (far >= DISTANCES.base.length) throw new RangeError('a distance that does not exist');
    const distance = DISTANCES.base[far] + this.bits(DISTANCES.extra[far]);
    if (distance > this.length) throw new RangeError('a distance beyond the beginning');
    for (let n = 0; n < count; n++) this.put(this.output[this.length - distance]);
  }
}

/** `size` bytes out of zlib data; a RangeError says what is wrong with it. */
export function inflate(input: Uint8Array, size: number): Uint8Array {
  if (input.length < HEADER || (input[0] & 15) !== 8 || ((input[0] << 8) | input[1]) % 31 !== 0 || input[1] & 32) throw new RangeError('not zlib data');
  const output = new Uint8Array(size);
  new Inflater(input, output).run();
  return output;
}
