/** ModRM, SIB and displacement of a memory operand (SDM Vol. 2, 2.1.5), with NASM's choice among equivalent encodings. */
import { EBP, ESP } from '../x86/registers';
import { SourceError } from './diagnostics';
import type { AddressHint } from './evaluate';
import type { MemoryOperand } from './operand';
import type { Register } from './registerNames';
import type { Unknown, Value } from './value';

export interface Address {
  readonly memory: MemoryOperand;
  /** Bytes: 2 or 4. */
  readonly size: 2 | 4;
  readonly base: Register | undefined;
  readonly index: Register | undefined;
  readonly scale: number;
  readonly displacement: Value;
}

export interface EncodedAddress {
  readonly mod: number;
  readonly rm: number;
  readonly sib: number | undefined;
  readonly displacementSize: 0 | 1 | 2 | 4;
}

/** r/m of the 16-bit register pairs, by register numbers base+index. */
const PAIRS_16: ReadonlyMap<string, number> = new Map([
  ['bx+si', 0],
  ['bx+di', 1],
  ['bp+si', 2],
  ['bp+di', 3],
  ['si', 4],
  ['di', 5],
  ['bp', 6],
  ['bx', 7],
]);

/** Split a sum into base, index and displacement. `preferred` is the address size when no register tells. */
export function resolveAddress(memory: MemoryOperand, sum: Value, hint: AddressHint, preferred: 2 | 4): Address {
  const registers = [...sum.terms].filter((entry): entry is [Register, bigint] => isRegister(entry[0]));
  const rest = new Map([...sum.terms].filter(([unknown]) => !isRegister(unknown)));
  const displacement = { ...sum, terms: rest };
  const size = addressSize(memory, registers, preferred);
  if (registers.length === 0) return { memory, size, base: undefined, index: undefined, scale: 1, displacement };
  if (registers.length > 2) throw new SourceError('invalid effective address: too many registers', memory.place);
  return { memory, size, displacement, ...(size === 2 ? pair16(memory, registers) : pair32(memory, registers, hint)) };
}

const isRegister = (unknown: Unknown): unknown is Register => unknown.type === 'register';

function addressSize(memory: MemoryOperand, registers: readonly [Register, bigint][], preferred: 2 | 4): 2 | 4 {
  const explicit = memory.displacementSize === 2 || memory.displacementSize === 4 ? memory.displacementSize : undefined;
  if (registers.length === 0) return explicit ?? preferred;
  const { size } = registers[0][0];
  if (registers.some(([register]) => register.file !== 'general' || register.size === 1 || register.size !== size)) throw invalid(memory, preferred);
  if (explicit && explicit !== size) throw invalid(memory, size as 2 | 4);
  return size as 2 | 4;
}

const invalid = (memory: MemoryOperand, size: number): SourceError => new SourceError(`invalid ${size * 8}-bit effective address`, memory.place);

function pair16(memory: MemoryOperand, registers: readonly [Register, bigint][]): Pick<Address, 'base' | 'index' | 'scale'> {
  const isBase = (register: Register) => register.name === 'bx' || register.name === 'bp';
  const sorted = [...registers].sort(([a], [b]) => Number(isBase(b)) - Number(isBase(a)));
  const name = sorted.map(([register]) => register.name).join('+');
  if (!PAIRS_16.has(name) || registers.some(([, count]) => count !== 1n)) throw invalid(memory, 2);
  return { base: sorted[0][0], index: sorted[1]?.[0], scale: 1 };
}

function pair32(memory: MemoryOperand, registers: readonly [Register, bigint][], hint: AddressHint): Pick<Address, 'base' | 'index' | 'scale'> {
  const [[first, count], second] = registers;
  if (!second) return hint.index ? checked(memory, undefined, first, Number(count)) : single32(memory, first, Number(count));
  const [other, otherCount] = second;
  if (hint.index && hint.index !== other) return pair32(memory, [second, registers[0]], hint);
  if (count !== 1n && otherCount !== 1n) throw new SourceError('invalid effective address: two index registers', memory.place);
  if (count !== 1n) return checked(memory, other, first, Number(count));
  if (otherCount !== 1n) return checked(memory, first, other, Number(otherCount));
  if (hint.index) return checked(memory, first, other, 1);
  const written = hint.first === other ? other : first;
  const unwritten = written === first ? other : first;
  const [base, index] = hint.multiplied ? [unwritten, written] : [written, unwritten];
  return index.number === ESP ? checked(memory, index, base, 1) : checked(memory, base, index, 1);
}

/** `[eax*2]` costs a 32-bit displacement; `[eax+eax]` does not, nor does `[eax+eax*2]` for `[eax*3]`. */
function single32(memory: MemoryOperand, register: Register, count: number): Pick<Address, 'base' | 'index' | 'scale'> {
  if (count === 1) return { base: register, index: undefined, scale: 1 };
  if (count === 3 || count === 5 || count === 9 || (count === 2 && !memory.nosplit)) return checked(memory, register, register, count - 1);
  return checked(memory, undefined, register, count);
}

function checked(memory: MemoryOperand, base: Register | undefined, index: Register, scale: number): Pick<Address, 'base' | 'index' | 'scale'> {
  if (index.number === ESP || ![1, 2, 4, 8].includes(scale)) throw invalid(memory, 4);
  return { base, index, scale };
}

export function encodeAddress(address: Address): EncodedAddress {
  return address.size === 2 ? encode16(address) : encode32(address);
}

function encode16(address: Address): EncodedAddress {
  if (!address.base) return { mod: 0, rm: 6, sib: undefined, displacementSize: 2 };
  const rm = PAIRS_16.get(address.index ? `${address.base.name}+${address.index.name}` : address.base.name) ?? 0;
  return { ...modAndSize(address, rm === 6), rm, sib: undefined };
}

function encode32(address: Address): EncodedAddress {
  const { base, index } = address;
  const scaleBits = Math.log2(address.scale) << 6;
  if (!base && !index) return { mod: 0, rm: EBP, sib: undefined, displacementSize: 4 };
  if (!base) return { mod: 0, rm: ESP, sib: scaleBits | ((index?.number ?? 0) << 3) | EBP, displacementSize: 4 };
  const shape = modAndSize(address, base.number === EBP);
  if (!index && base.number !== ESP) return { ...shape, rm: base.number, sib: undefined };
  return { ...shape, rm: ESP, sib: (index ? scaleBits : 0) | ((index?.number ?? ESP) << 3) | base.number };
}

function modAndSize({ memory, displacement, size }: Address, needsDisplacement: boolean): Pick<EncodedAddress, 'mod' | 'displacementSize'> {
  const short = displacement.terms.size === 0;
  const value = BigInt.asIntN(size * 8, displacement.number);
  if (memory.displacementSize === 1) return { mod: 1, displacementSize: 1 };
  if (memory.displacementSize !== undefined || !short) return { mod: 2, displacementSize: size };
  if (value === 0n && !needsDisplacement) return { mod: 0, displacementSize: 0 };
  return value >= -128n && value <= 127n ? { mod: 1, displacementSize: 1 } : { mod: 2, displacementSize: size };
}
