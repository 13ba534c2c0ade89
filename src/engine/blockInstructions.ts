/**
 * The instructions of a block. Most blocks run a few times and nobody asks for them again, so that of each only its bytes are kept,
 * and they are decoded anew for whoever does ask: a region, a view, a store into the block.
 */
import { type Instruction, MAX_INSTRUCTION_LENGTH, type OpcodeMap, decode } from '../x86/decoder';

/** One guest instruction of a block. */
export interface BlockInstruction {
  readonly eip: number;
  readonly instruction: Instruction;
}

/** Instructions in a block, at most: also how exactly a slice can end without single steps. */
export const MAX_BLOCK_INSTRUCTIONS = 64;

/** Bytes that instructions of several blocks share an array of. */
const CHUNK = 1 << 16;
const LONGEST_BLOCK = MAX_BLOCK_INSTRUCTIONS * MAX_INSTRUCTION_LENGTH;
/** Room for lengths runs out first where instructions are shorter. */
const BYTES_PER_LENGTH = 3;

export class BlockInstructions {
  length = 0;
  #list: (BlockInstruction | undefined)[] | undefined;
  /** Instructions whose immediate changes without anybody being told: where it is found. */
  #changing: Map<number, () => number | undefined> | undefined;
  /** Where their bytes are just now: where the store has them, or where others may change them. */
  #bytes: Uint8Array;
  #start: number;

  constructor(
    readonly opcodes: OpcodeMap,
    /** Lengths of the instructions in turn, from `first` on. */
    readonly lengths: Uint8Array,
    readonly first: number,
    /** Room for their bytes, from `start` on. */
    readonly bytes: Uint8Array,
    readonly start: number,
    readonly eip: number,
    readonly codeSize: 2 | 4,
  ) {
    this.#bytes = bytes;
    this.#start = start;
  }

  get #mayChange(): boolean {
    return this.#bytes !== this.bytes;
  }

  /** Instruction `n`, from the end if negative. */
  at(n: number): BlockInstruction | undefined {
    const index = n < 0 ? n + this.length : n;
    if (index < 0 || index >= this.length) return undefined;
    if (this.#mayChange) return this.#decode(index);
    this.#list ??= new Array<undefined>(this.length).fill(undefined);
    const found = (this.#list[index] ??= this.#decode(index));
    const immediate = this.#changing?.get(index)?.();
    if (immediate !== undefined) setImmediate(found, immediate);
    return found;
  }

  /** Instruction `n` has another immediate from now on. */
  setImmediate(n: number, immediate: number): void {
    const found = this.at(n);
    if (found) setImmediate(found, immediate);
  }

  /** From now on the immediate of instruction `n` is what `immediate` says, as long as there is one. */
  follow(n: number, immediate: () => number | undefined): void {
    this.#changing ??= new Map();
    this.#changing.set(n, immediate);
  }

  list(): BlockInstruction[] {
    return Array.from({ length: this.length }, (_, n) => this.at(n) as BlockInstruction);
  }

  /** It is another one from now on, of the same length. */
  replace(n: number, instruction: Instruction): void {
    const list = (this.#list ??= new Array<undefined>(this.length).fill(undefined));
    list[n] = { eip: this.eip + this.offsetOf(n), instruction };
  }

  /** The instructions are what stands at `start` of `bytes` from now on, each as long as it was, until `settle`. */
  standIn(bytes: Uint8Array, start: number): void {
    this.#bytes = bytes;
    this.#start = start;
  }

  /** They stay what they are. */
  settle(): void {
    if (!this.#mayChange) return;
    for (let n = this.offsetOf(this.length) - 1; n >= 0; n--) this.bytes[this.start + n] = this.#bytes[this.#start + n];
    this.standIn(this.bytes, this.start);
    this.#list = this.#changing = undefined;
  }

  /** Bytes of the block before instruction `n`. */
  offsetOf(n: number): number {
    let offset = 0;
    for (let i = 0; i < n; i++) offset += this.lengths[this.first + i];
    return offset;
  }

  /** The instruction that holds the byte at an offset; the last one for what is behind. */
  indexAt(offset: number): number {
    let n = 0;
    for (let end = this.lengths[this.first]; end <= offset && n < this.length - 1; end += this.lengths[this.first + n]) n++;
    return n;
  }

  #decode(n: number): BlockInstruction {
    const offset = this.offsetOf(n);
    const at = this.#start + offset;
    const decoded = decode(this.opcodes, this.#bytes, at, at + this.lengths[this.first + n], this.codeSize);
    if (decoded.kind !== 'instruction') throw new Error(`instruction ${n} of the block at ${this.eip.toString(16)} is ${decoded.kind} now`);
    return { eip: this.eip + offset, instruction: decoded.instruction };
  }
}

function setImmediate({ instruction }: { readonly instruction: { -readonly [K in keyof Instruction]: Instruction[K] } }, immediate: number): void {
  instruction.immediate = immediate;
}

/** Where instructions of new blocks go: chunk by chunk, each of which lives as long as one of its blocks does. */
export class InstructionStore {
  #bytes = new Uint8Array(CHUNK);
  #end = 0;
  #lengths = new Uint8Array(Math.ceil(CHUNK / BYTES_PER_LENGTH));
  #lengthsEnd = 0;
  /** Bytes that have been added and are still to be copied. */
  #source: Uint8Array = this.#bytes;
  #from = 0;
  #to = 0;

  constructor(readonly opcodes: OpcodeMap) {}

  begin(eip: number, codeSize: 2 | 4): BlockInstructions {
    if (this.#end + LONGEST_BLOCK > CHUNK || this.#lengthsEnd + MAX_BLOCK_INSTRUCTIONS > this.#lengths.length) {
      this.#bytes = new Uint8Array(CHUNK);
      this.#lengths = new Uint8Array(Math.ceil(CHUNK / BYTES_PER_LENGTH));
      this.#end = this.#lengthsEnd = 0;
    }
    return new BlockInstructions(this.opcodes, this.#lengths, this.#lengthsEnd, this.#bytes, this.#end, eip, codeSize);
  }

  /** Another instruction of the block that was begun last, from its bytes at `at`, which stay there until `flush`. */
  add(block: BlockInstructions, source: Uint8Array, at: number, length: number): void {
    this.#lengths[this.#lengthsEnd++] = length;
    block.length++;
    if (source !== this.#source || at !== this.#to) {
      this.flush();
      this.#source = source;
      this.#from = at;
    }
    this.#to = at + length;
  }

  /** The block has the bytes of all its instructions. */
  flush(): void {
    const source = this.#source;
    const bytes = this.#bytes;
    let end = this.#end;
    for (let at = this.#from; at < this.#to; at++) bytes[end++] = source[at];
    this.#end = end;
    this.#from = this.#to;
  }
}
