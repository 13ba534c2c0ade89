/** DWARF expressions (DWARF 5, 2.5 and 2.6): from the state of a frame to a number, or to the places that hold an object. */
import { ByteReader, type NamedBytes } from '../byteReader';

/** Where a piece of an object is. */
export type PiecePlace =
  | { readonly kind: 'memory'; readonly address: number }
  /** By DWARF's numbers for the 386: 0 to 7 as the processor encodes them, 8 the return address. */
  | { readonly kind: 'register'; readonly register: number }
  | { readonly kind: 'value'; readonly value: number }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  /** It does not exist here. */
  | { readonly kind: 'absent' };

export interface Piece {
  readonly place: PiecePlace;
  /** Bits; undefined for the whole object. */
  readonly bits?: number;
}

export type ObjectLocation = readonly Piece[];

/** What an expression may ask of the frame that it is evaluated in. Undefined: not known there. */
export interface FrameState {
  register(number: number): number | undefined;
  /** Up to four bytes. */
  read(address: number, size: number): number | undefined;
  readonly cfa: number | undefined;
  /** Offset of DW_OP_fbreg is from there. */
  frameBase(): number | undefined;
  /** Where an address of the file is in the guest. */
  relocate(address: number): number;
  /** Of the unit's table of addresses. */
  indexedAddress(index: number): number;
}

const ABSENT: ObjectLocation = [{ place: { kind: 'absent' } }];
/** More than an honest expression takes; branches may go back. */
const MOST_STEPS = 10_000;
const MOST_STACK = 1000;

class Unknown extends Error {}

const signed = (value: number): number => value | 0;

// biome-ignore format: a table
const BINARY: Readonly<Record<number, (a: number, b: number) => number>> = {
  0x1a: (a, b) => a & b, 0x1b: (a, b) => (b === 0 ? unknown() : Math.trunc(signed(a) / signed(b))), 0x1c: (a, b) => a - b,
  0x1d: (a, b) => (b === 0 ? unknown() : a % b), 0x1e: (a, b) => Math.imul(a, b), 0x21: (a, b) => a | b, 0x22: (a, b) => a + b,
  0x24: (a, b) => (b > 31 ? 0 : a << b), 0x25: (a, b) => (b > 31 ? 0 : a >>> b), 0x26: (a, b) => signed(a) >> Math.min(b, 31), 0x27: (a, b) => a ^ b,
  0x29: (a, b) => Number(signed(a) === signed(b)), 0x2a: (a, b) => Number(signed(a) >= signed(b)), 0x2b: (a, b) => Number(signed(a) > signed(b)),
  0x2c: (a, b) => Number(signed(a) <= signed(b)), 0x2d: (a, b) => Number(signed(a) < signed(b)), 0x2e: (a, b) => Number(signed(a) !== signed(b)),
};

// biome-ignore format: a table
const UNARY: Readonly<Record<number, (a: number) => number>> = {
  0x19: (a) => Math.abs(signed(a)), 0x1f: (a) => -a, 0x20: (a) => ~a,
};

// biome-ignore format: a table
const CONSTANTS: Readonly<Record<number, (r: ByteReader) => number>> = {
  0x08: (r) => r.u8(), 0x09: (r) => r.i8(), 0x0a: (r) => r.u16(), 0x0b: (r) => r.i16(), 0x0c: (r) => r.u32(), 0x0d: (r) => r.i32(),
  0x0e: (r) => Number(BigInt.asUintN(32, r.u64())), 0x0f: (r) => Number(BigInt.asIntN(32, r.i64())), 0x10: (r) => r.uleb(), 0x11: (r) => r.sleb(),
};

function unknown(): never {
  throw new Unknown();
}

/** Where the object is that `expression` describes. Throws UserError for a damaged expression. */
export function locate(expression: NamedBytes, state: FrameState): ObjectLocation {
  try {
    return new Machine(expression, state).run();
  } catch (error) {
    if (error instanceof Unknown) return ABSENT;
    throw error;
  }
}

/** The number that `expression` computes, with `initial` on the stack first; undefined when the frame does not know enough. */
export function compute(expression: NamedBytes, state: FrameState, initial: readonly number[] = []): number | undefined {
  try {
    const [piece] = new Machine(expression, state, initial).run();
    if (piece?.place.kind === 'memory') return piece.place.address;
    if (piece?.place.kind === 'register') return state.register(piece.place.register);
    return piece?.place.kind === 'value' ? piece.place.value : undefined;
  } catch (error) {
    if (error instanceof Unknown) return undefined;
    throw error;
  }
}

class Machine {
  readonly #reader: ByteReader;
  readonly #stack: number[];
  readonly #pieces: Piece[] = [];
  /** Of the object, or of its next piece, when that is not the memory that the stack's top tells. */
  #place: PiecePlace | undefined;

  constructor(
    expression: NamedBytes,
    readonly state: FrameState,
    initial: readonly number[] = [],
  ) {
    this.#reader = new ByteReader(expression);
    this.#stack = [...initial];
  }

  run(): ObjectLocation {
    const reader = this.#reader;
    for (let steps = 0; !reader.done; steps++) {
      if (steps === MOST_STEPS || this.#stack.length > MOST_STACK) reader.fail('the expression does not end');
      this.#step(reader.u8());
    }
    if (this.#pieces.length > 0) return this.#pieces;
    return [{ place: this.#current() }];
  }

  #current(): PiecePlace {
    return this.#place ?? (this.#stack.length > 0 ? { kind: 'memory', address: this.#pop() } : { kind: 'absent' });
  }

  #pop(): number {
    return this.#stack.pop() ?? this.#reader.fail('the expression takes from an empty stack');
  }

  #push(value: number): void {
    this.#stack.push(value >>> 0);
  }

  #pick(index: number): number {
    const at = this.#stack.length - 1 - index;
    return this.#stack[at] ?? this.#reader.fail('the expression takes from an empty stack');
  }

  #register(number: number): number {
    return this.state.register(number) ?? unknown();
  }

  #step(op: number): void {
    const reader = this.#reader;
    if (op in CONSTANTS) return this.#push(CONSTANTS[op](reader));
    if (op in UNARY) return this.#push(UNARY[op](this.#pop()));
    if (op in BINARY) {
      const b = this.#pop();
      return this.#push(BINARY[op](this.#pop(), b));
    }
    if (op >= 0x30 && op <= 0x4f) return this.#push(op - 0x30);
    if (op >= 0x50 && op <= 0x6f) return void (this.#place = { kind: 'register', register: op - 0x50 });
    if (op >= 0x70 && op <= 0x8f) return this.#push(this.#register(op - 0x70) + reader.sleb());
    this.#special(op, reader);
  }

  #special(op: number, reader: ByteReader): void {
    const { state } = this;
    switch (op) {
      case 0x03:
        return this.#push(state.relocate(reader.u32()));
      case 0x06:
        return this.#push(state.read(this.#pop(), 4) ?? unknown());
      case 0x12:
        return this.#push(this.#pick(0));
      case 0x13:
        return void this.#pop();
      case 0x14:
        return this.#push(this.#pick(1));
      case 0x15:
        return this.#push(this.#pick(reader.u8()));
      case 0x16:
        return this.#reorder(2);
      case 0x17:
        return this.#reorder(3);
      case 0x23:
        return this.#push(this.#pop() + reader.uleb());
      case 0x28: {
        const by = reader.i16();
        if (this.#pop() !== 0) this.#branch(by);
        return;
      }
      case 0x2f:
        return this.#branch(reader.i16());
      case 0x90:
        return void (this.#place = { kind: 'register', register: reader.uleb() });
      case 0x91: {
        const offset = reader.sleb();
        return this.#push((state.frameBase() ?? unknown()) + offset);
      }
      case 0x92: {
        const register = reader.uleb();
        return this.#push(this.#register(register) + reader.sleb());
      }
      case 0x93:
        return this.#piece(reader.uleb() * 8);
      case 0x9d: {
        const bits = reader.uleb();
        return reader.uleb() === 0 ? this.#piece(bits) : unknown();
      }
      case 0x94:
        return this.#push(state.read(this.#pop(), Math.min(4, reader.u8())) ?? unknown());
      case 0x96:
        return;
      case 0x9c:
        return this.#push(state.cfa ?? unknown());
      case 0x9e:
        return void (this.#place = { kind: 'bytes', bytes: reader.take(reader.uleb()) });
      case 0x9f:
        return void (this.#place = { kind: 'value', value: this.#pop() });
      case 0xa1:
        return this.#push(state.relocate(state.indexedAddress(reader.uleb())));
      case 0xa2:
        return this.#push(state.indexedAddress(reader.uleb()));
      case 0xa8:
      case 0xf7: // convert: between integers of at most 32 bits
        return void reader.uleb();
      default:
        // What only the caller's frame, another thread or another object would tell: calls, entry values, implicit pointers.
        unknown();
    }
  }

  /** Rotate the uppermost entries: the top goes below the others. */
  #reorder(count: number): void {
    const top = this.#pop();
    if (this.#stack.length < count - 1) this.#reader.fail('the expression takes from an empty stack');
    this.#stack.splice(this.#stack.length - (count - 1), 0, top);
  }

  #branch(by: number): void {
    const to = this.#reader.at + by;
    if (to < 0 || to > this.#reader.end) this.#reader.fail('the expression branches out of itself');
    this.#reader.at = to;
  }

  #piece(bits: number): void {
    this.#pieces.push({ place: this.#current(), bits });
    this.#place = undefined;
  }
}
