/**
 * Floating-point constants (NASM manual, 3.4.6 and 3.4.7), little-endian. A constant in any notation is a fraction of two
 * integers, which is rounded once, to nearest even; packed BCD is for the 80-bit format alone.
 */

interface Format {
  /** Bits of the exponent and of the fraction. */
  readonly exponent: number;
  readonly fraction: number;
  /** The leading one of the significand is stored (SDM Vol. 1, 4.2.2: double extended precision). */
  readonly explicit?: true;
}

/** By size in bytes; 'b' is bfloat16. */
const FORMATS: ReadonlyMap<number | 'b', Format> = new Map<number | 'b', Format>([
  ['b', { exponent: 8, fraction: 7 }],
  [1, { exponent: 4, fraction: 3 }],
  [2, { exponent: 5, fraction: 10 }],
  [4, { exponent: 8, fraction: 23 }],
  [8, { exponent: 11, fraction: 52 }],
  [10, { exponent: 15, fraction: 63, explicit: true }],
  [16, { exponent: 15, fraction: 112 }],
]);

const SPECIAL = { infinity: 'infinity', nan: 'quiet', qnan: 'quiet', snan: 'signalling' } as const;
type Special = (typeof SPECIAL)[keyof typeof SPECIAL];

/** Not negative. */
interface Fraction {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

const DECIMAL = /^(?:0[dt])?(\d+)(?:\.(\d*))?(?:e([-+]?\d+))?$/i;
const BINARY = /^(?:(0[xh]|\$0?)|(0[oq])|0[by])([\da-f]*)(?:\.([\da-f]*))?(?:p([-+]?\d+))?$/i;
const BCD = /^(?:0p(\d+)|(\d+)p)$/i;
/** Larger powers of ten overflow every format, or vanish in it. */
const MAX_EXPONENT = 20_000;

/** Is this word or number a floating-point constant? */
export function isFloat(text: string): boolean {
  if (/^__/.test(text)) return special(text) !== undefined;
  const plain = text.replaceAll('_', '');
  const fractional = BINARY.test(plain) ? /[.p]/i : /[.e]/i;
  return (fractional.test(plain) && parseFraction(plain) !== undefined) || BCD.test(plain);
}

const special = (text: string): Special | undefined => {
  const name = /^__(\?)?(\w+?)(\?)?__$/.exec(text);
  return name && name[1] === name[3] ? SPECIAL[name[2].toLowerCase() as keyof typeof SPECIAL] : undefined;
};

/** The constant's bytes, or undefined where `size` has no such format. */
export function floatBytes(text: string, size: number, negative = false): Uint8Array | undefined {
  let bits = floatBits(text, size, negative);
  if (bits === undefined) return undefined;
  const bytes = new Uint8Array(size);
  for (let n = 0; n < size; n++, bits >>= 8n) bytes[n] = Number(bits & 0xffn);
  return bytes;
}

/** Sign, exponent and significand as one unsigned integer of `size` bytes; `brain`: two bytes in the format bfloat16. */
export function floatBits(text: string, size: number, negative = false, brain = false): bigint | undefined {
  const format = FORMATS.get(brain ? 'b' : size);
  const plain = text.replaceAll('_', '');
  const digits = BCD.exec(plain);
  const magnitude = digits ? (size === 10 ? packedBcd(digits[1] ?? digits[2]) : undefined) : format && magnitudeBits(text, plain, format);
  return magnitude === undefined ? undefined : magnitude | (negative ? 1n << BigInt(size * 8 - 1) : 0n);
}

/** 18 digits of four bits (SDM Vol. 1, 4.7); the leading ones of a longer number are lost. */
const packedBcd = (digits: string): bigint => BigInt(`0x${digits.slice(-18)}`);

function magnitudeBits(text: string, plain: string, format: Format): bigint | undefined {
  const name = special(text);
  if (name) return specialBits(name, format);
  const value = parseFraction(plain);
  return value && round(value, format);
}

function specialBits(name: Special, { exponent, fraction, explicit }: Format): bigint {
  const one = explicit ? 1n << BigInt(fraction) : 0n;
  const field = ((1n << BigInt(exponent)) - 1n) << BigInt(fraction + (explicit ? 1 : 0));
  const payload = name === 'quiet' ? 1n << BigInt(fraction - 1) : name === 'signalling' ? 1n : 0n;
  return field | one | payload;
}

function parseFraction(plain: string): Fraction | undefined {
  const decimal = DECIMAL.exec(plain);
  if (decimal) return scaled(BigInt(decimal[1] + (decimal[2] ?? '')), 10n, BigInt(decimal[3] ?? 0) - BigInt(decimal[2]?.length ?? 0));
  const match = BINARY.exec(plain);
  if (!match) return undefined;
  const [, x, o, whole, part = '', power = '0'] = match;
  const digitBits = x ? 4 : o ? 3 : 1;
  const digits = `${whole}${part}`;
  if (digits === '' || (digitBits < 4 && [...digits].some((digit) => Number.parseInt(digit, 16) >> digitBits))) return undefined;
  const number = BigInt((x ? '0x' : o ? '0o' : '0b') + digits);
  return scaled(number, 2n, BigInt(power) - BigInt(part.length * digitBits));
}

function scaled(number: bigint, base: bigint, power: bigint): Fraction {
  const limit = BigInt(MAX_EXPONENT);
  const exponent = power > limit ? limit : power < -limit ? -limit : power;
  return exponent < 0n ? { numerator: number, denominator: base ** -exponent } : { numerator: number * base ** exponent, denominator: 1n };
}

const bitLength = (value: bigint): number => value.toString(2).length;

/** Exponent and fraction; a magnitude too large is infinity. */
function round({ numerator, denominator }: Fraction, format: Format): bigint {
  if (numerator === 0n) return 0n;
  const { exponent, fraction, explicit } = format;
  const bias = 2 ** (exponent - 1) - 1;
  const estimate = bitLength(numerator) - bitLength(denominator);
  const log2 = Math.max(atLeastPower(numerator, denominator, estimate) ? estimate : estimate - 1, 1 - bias);
  const units = divideToEven(numerator, denominator, log2 - fraction);
  // Units that round up to the next power of two carry into the exponent; those below a power of two are a denormal.
  const bits = units + (BigInt(log2 + bias - 1) << BigInt(fraction));
  const infinity = ((1n << BigInt(exponent)) - 1n) << BigInt(fraction);
  if (bits >= infinity) return specialBits('infinity', format);
  if (!explicit) return bits;
  const field = bits >> BigInt(fraction);
  const significand = bits & ((1n << BigInt(fraction)) - 1n);
  return (field << BigInt(fraction + 1)) | (field > 0n ? 1n << BigInt(fraction) : 0n) | significand;
}

/** numerator / denominator ≥ 2^power. */
const atLeastPower = (numerator: bigint, denominator: bigint, power: number): boolean =>
  power < 0 ? numerator << BigInt(-power) >= denominator : numerator >= denominator << BigInt(power);

/** numerator / denominator / 2^power, rounded to the nearest integer, of two equally near to the even one. */
function divideToEven(numerator: bigint, denominator: bigint, power: number): bigint {
  const [over, under] = power < 0 ? [numerator << BigInt(-power), denominator] : [numerator, denominator << BigInt(power)];
  const quotient = over / under;
  const twice = (over % under) * 2n;
  return twice > under || (twice === under && (quotient & 1n) === 1n) ? quotient + 1n : quotient;
}
