/** The names of a compiled program at a place of the guest: what they mean in a frame, and its objects' bytes. */
import { type FrameState, locate, type ObjectLocation, type PiecePlace } from '../../symbols/dwarf/expression';
import { AT, TAG } from '../../symbols/dwarf/constants';
import { compute } from '../../symbols/dwarf/expression';
import { locationAt } from '../../symbols/dwarf/locationLists';
import { scopeChain } from '../../symbols/dwarf/scopes';
import { type CType, sizeOf } from '../../symbols/dwarf/types';
import type { Die } from '../../symbols/dwarf/unit';
import { globalsOf, localsAt, placeOf, type VariableEntry } from '../../symbols/dwarf/variables';
import type { SymbolFile } from '../../symbols/symbolFile';
import type { DebuggableVm } from '../../vmm/debuggable';
import { REGISTERS_32 } from '../../x86/registers';
import { readNumber } from '../codeView';
import { expressionError } from '../operatorParser';
import type { Frame } from '../frame';
import type { StackFrame } from '../stackFrames';

/** Something with a type, somewhere: in memory, in registers, nowhere (a value), or in pieces. */
export interface CObject {
  readonly type: CType;
  readonly location: ObjectLocation;
  readonly bits?: { readonly offset: number; readonly size: number };
}

/** A variable, with where it is declared. */
export interface CVariable {
  readonly name: string;
  readonly object: CObject;
  readonly die: Die;
  readonly file: SymbolFile;
}

export type CName = { readonly kind: 'object'; readonly object: CObject } | { readonly kind: 'function'; readonly type: CType; readonly linear: number };

const EIP = 8;
const MOST_BYTES = 1 << 20;

export const valueObject = (type: CType, bytes: Uint8Array): CObject => ({ type, location: [{ place: { kind: 'bytes', bytes } }] });
export const memoryObject = (type: CType, address: number, bits?: CObject['bits']): CObject => ({
  type,
  location: [{ place: { kind: 'memory', address: address >>> 0 } }],
  ...(bits && { bits }),
});

/** Offset in DS of an object that is in memory as a whole. */
export const addressOf = ({ location }: CObject): number | undefined => (location.length === 1 && location[0].place.kind === 'memory' ? location[0].place.address : undefined);

export class CScope {
  readonly #dataBase: number;

  constructor(
    readonly vm: DebuggableVm,
    readonly files: readonly SymbolFile[],
    readonly at?: StackFrame,
  ) {
    this.#dataBase = vm.segment('ds').base;
  }

  get frame(): Frame | undefined {
    return this.at?.frame;
  }

  /** Parameters and variables of the function, the innermost of several of a name first. */
  locals(): CVariable[] {
    const { at } = this;
    if (!at?.code) return [];
    const { file } = at.code;
    const address = file.address(at.linear);
    return localsAt(file.info, at.code.function.die, address).map((entry) => this.#variable(file, entry, address));
  }

  /** Variables of the file that the code is from. */
  unitGlobals(): CVariable[] {
    const { at } = this;
    if (!at?.code) return [];
    const { file } = at.code;
    return globalsOf(file.info, at.code.function.die.unit).map((entry) => this.#variable(file, entry, 0));
  }

  /** Variables of all files. */
  *globals(): Generator<CVariable> {
    for (const file of this.files) for (const unit of file.info.units) for (const entry of globalsOf(file.info, unit)) yield this.#variable(file, entry, 0);
  }

  #variable(file: SymbolFile, { name, die }: VariableEntry, address: number): CVariable {
    return { name, die, file, object: { type: file.types.of(die), location: this.#locate(file, die, address) } };
  }

  #locate(file: SymbolFile, die: Die, address: number): ObjectLocation {
    const place = placeOf(file.info, die, address);
    if (!place) return [{ place: { kind: 'absent' } }];
    if (!('constant' in place)) return locate(place, this.#state(file, die));
    const { constant } = place;
    return [{ place: { kind: 'bytes', bytes: constant instanceof Uint8Array ? constant : littleEndian(BigInt(Math.trunc(Number(constant))), 8) } }];
  }

  #state(file: SymbolFile, die: Die): FrameState {
    const { frame } = this;
    return {
      register: (number) => this.register(number),
      read: (address, size) => readNumber(this.vm, this.linear(address), size),
      cfa: frame?.cfa,
      frameBase: () => this.#frameBase(file),
      relocate: (address) => (file.linear(address, this.at?.linear) - this.#dataBase) >>> 0,
      indexedAddress: (index) => die.unit.indexedAddress(index),
    };
  }

  /** Of the function that the code is in, inlined or not. */
  #frameBase(file: SymbolFile): number | undefined {
    if (!this.at) return undefined;
    const address = file.address(this.at.linear);
    const code = file.info.functionAt(address);
    const holder = code && scopeChain(code, address)[0];
    const attribute = holder?.attributes.get(AT.frameBase);
    const expression = holder && attribute && locationAt(holder.unit, attribute, address);
    return expression && compute(expression, { ...this.#state(file, holder), frameBase: () => undefined });
  }

  /** By DWARF's numbers; undefined where a caller's has not been kept. */
  register(number: number): number | undefined {
    return number === EIP ? this.frame?.eip : this.frame?.registers[number];
  }

  linear(address: number): number {
    return (address + this.#dataBase) >>> 0;
  }

  /** What a name means here; undefined for one that the program does not have. */
  find(name: string): CName | undefined {
    const local = this.locals().find((v) => v.name === name) ?? this.unitGlobals().find((v) => v.name === name);
    if (local) return { kind: 'object', object: local.object };
    for (const file of this.files) {
      const found = this.#findIn(file, name);
      if (found) return found;
    }
    return undefined;
  }

  #findIn(file: SymbolFile, name: string): CName | undefined {
    const constant = file.info.enumerator(name);
    if (constant) return { kind: 'object', object: valueObject(file.types.read(constant.enumeration), littleEndian(BigInt(constant.value), 4)) };
    for (const die of file.info.named(name)) {
      if (die.tag === TAG.variable && (file.info.attribute(die, AT.location) || file.info.attribute(die, AT.constValue)))
        return { kind: 'object', object: this.#variable(file, { name, die, parameter: false }, 0).object };
      const [code] = die.tag === TAG.subprogram ? die.unit.rangesOf(die) : [];
      if (code) return { kind: 'function', type: file.types.read(die), linear: file.linear(code.low, this.at?.linear) };
    }
    return undefined;
  }

  /** The struct, union, enumeration or typedef of this name. */
  findType(tags: readonly number[], name: string): CType | undefined {
    for (const file of this.files) {
      const die = file.info.named(name).find((each) => tags.includes(each.tag));
      if (die) return file.types.read(die);
    }
    return undefined;
  }

  /** All bytes of an object; undefined when it is optimised away or cannot be read. */
  bytes(object: CObject): Uint8Array | undefined {
    const size = sizeOf(object.type);
    if (size > MOST_BYTES) throw expressionError(`${object.type.name} has ${size} bytes: more than are read at once.`);
    const { location } = object;
    if (location.length === 1 && location[0].bits === undefined) return this.#pieceBytes(location[0].place, size);
    const whole = new Uint8Array(size);
    let at = 0;
    for (const { place, bits = 0 } of location) {
      const part = this.#pieceBytes(place, Math.min(Math.ceil(bits / 8), size - at));
      if (!part) return undefined;
      whole.set(part, at);
      at += part.length;
    }
    return at === size ? whole : undefined;
  }

  #pieceBytes(place: PiecePlace, size: number): Uint8Array | undefined {
    switch (place.kind) {
      case 'memory': {
        const bytes = this.vm.readLinear(this.linear(place.address), size);
        return bytes.length < size ? undefined : bytes;
      }
      case 'register': {
        const value = this.register(place.register);
        return value === undefined ? undefined : littleEndian(BigInt(value), size);
      }
      case 'value':
        return littleEndian(BigInt(place.value | 0), size);
      case 'bytes':
        return place.bytes.length >= size ? place.bytes.subarray(0, size) : undefined;
      case 'absent':
        return undefined;
    }
  }

  /** Put bytes into an object's place. Throws UserError when it has none that can be written. */
  store({ location }: CObject, bytes: Uint8Array): void {
    let at = 0;
    for (const { place, bits = bytes.length * 8 } of location) {
      const part = bytes.subarray(at, at + Math.ceil(bits / 8));
      if (!this.#storePiece(place, part)) throw expressionError('It has no place of its own, or its place cannot be written.');
      at += part.length;
    }
  }

  #storePiece(place: PiecePlace, bytes: Uint8Array): boolean {
    if (place.kind === 'memory') return this.vm.writeLinear(this.linear(place.address), bytes) === bytes.length;
    if (place.kind !== 'register' || place.register >= EIP) return false;
    if (this.at && this.at.depth > 0) throw expressionError('It is in a register that a called function has saved: it can be changed when the guest has returned to this frame.');
    const before = littleEndian(BigInt(this.register(place.register) ?? 0), 4);
    before.set(bytes.subarray(0, 4));
    return this.vm.writeRegister(REGISTERS_32[place.register], new DataView(before.buffer).getUint32(0, true));
  }
}

export function littleEndian(value: bigint, size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  for (let i = 0; i < size; i++) bytes[i] = Number((value >> BigInt(8 * Math.min(i, 64))) & 0xffn);
  return bytes;
}
