/** WebAssembly binary encoding (WebAssembly Core Specification 1.0, chapter 5): just what the code generator emits. */

import { WIDE_OPS, type WideOpcode, type WideOpName } from '../../ir/wideOps';

export const I32 = 0x7f;
export const I64 = 0x7e;
export const F32 = 0x7d;
export const F64 = 0x7c;
export const V128 = 0x7b;
export const VOID = 0x40;
const FUNCREF = 0x70;

export const OP = {
  unreachable: 0x00,
  block: 0x02,
  loop: 0x03,
  if: 0x04,
  else: 0x05,
  end: 0x0b,
  br: 0x0c,
  brIf: 0x0d,
  brTable: 0x0e,
  return: 0x0f,
  call: 0x10,
  callIndirect: 0x11,
  drop: 0x1a,
  select: 0x1b,
  localGet: 0x20,
  localSet: 0x21,
  localTee: 0x22,
  load: 0x28,
  i64Load: 0x29,
  load8S: 0x2c,
  load8U: 0x2d,
  load16S: 0x2e,
  load16U: 0x2f,
  store: 0x36,
  i64Store: 0x37,
  store8: 0x3a,
  store16: 0x3b,
  i32Const: 0x41,
  i64Const: 0x42,
  eqz: 0x45,
  eq: 0x46,
  ne: 0x47,
  ltS: 0x48,
  ltU: 0x49,
  gtS: 0x4a,
  gtU: 0x4b,
  leS: 0x4c,
  leU: 0x4d,
  geS: 0x4e,
  geU: 0x4f,
  i64Eq: 0x51,
  i64Ne: 0x52,
  i64LtU: 0x54,
  i64GtU: 0x56,
  clz: 0x67,
  ctz: 0x68,
  popcnt: 0x69,
  add: 0x6a,
  sub: 0x6b,
  mul: 0x6c,
  divS: 0x6d,
  divU: 0x6e,
  remS: 0x6f,
  remU: 0x70,
  and: 0x71,
  or: 0x72,
  xor: 0x73,
  shl: 0x74,
  shrS: 0x75,
  shrU: 0x76,
  rotl: 0x77,
  i64Mul: 0x7e,
  i64DivS: 0x7f,
  i64DivU: 0x80,
  i64RemS: 0x81,
  i64RemU: 0x82,
  i64Or: 0x84,
  i64Xor: 0x85,
  i64Shl: 0x86,
  i64ShrU: 0x88,
  i32Wrap: 0xa7,
  i64ExtendS: 0xac,
  i64ExtendU: 0xad,
  /** Followed by the number of an operation. */
  bulk: 0xfc,
  vector: 0xfd,
  extend8S: 0xc0,
  extend16S: 0xc1,
} as const; // prettier-ignore

/** Vector instructions that access memory, by their number behind the prefix. */
export const VECTOR = { load: 0x00, store: 0x0b, store32Lane: 0x5a, store64Lane: 0x5b, load32Zero: 0x5c, load64Zero: 0x5d } as const;

/** Growing byte buffer with LEB128. */
export class Bytes {
  #buffer = new Uint8Array(4096);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  #reserve(count: number): void {
    if (this.#length + count <= this.#buffer.length) return;
    const larger = new Uint8Array(Math.max(this.#buffer.length * 2, this.#length + count));
    larger.set(this.#buffer);
    this.#buffer = larger;
  }

  byte(value: number): this {
    if (this.#length === this.#buffer.length) this.#reserve(1);
    this.#buffer[this.#length++] = value;
    return this;
  }

  bytes(values: ArrayLike<number>): this {
    this.#reserve(values.length);
    this.#buffer.set(values, this.#length);
    this.#length += values.length;
    return this;
  }

  unsigned(value: number): this {
    let rest = value >>> 0;
    while (rest >= 0x80) {
      this.byte((rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    return this.byte(rest);
  }

  signed64(value: bigint): this {
    let rest = value;
    for (;;) {
      const low = Number(rest & 0x7fn);
      rest >>= 7n;
      if ((rest === 0n && !(low & 0x40)) || (rest === -1n && low & 0x40)) return this.byte(low);
      this.byte(low | 0x80);
    }
  }

  signed(value: number): this {
    let rest = value | 0;
    for (;;) {
      const low = rest & 0x7f;
      rest >>= 7;
      if ((rest === 0 && !(low & 0x40)) || (rest === -1 && low & 0x40)) return this.byte(low);
      this.byte(low | 0x80);
    }
  }

  name(text: string): this {
    return this.unsigned(text.length).bytes([...text].map((c) => c.charCodeAt(0)));
  }

  done(): Uint8Array<ArrayBuffer> {
    return this.#buffer.slice(0, this.#length);
  }
}

/** Instructions of one function body, with the depth of open blocks so that labels can be named by level. */
export class Code extends Bytes {
  /** Blocks open; a label's level is the depth just inside its block. */
  depth = 0;

  op(...opcodes: number[]): this {
    for (let i = 0; i < opcodes.length; i++) this.byte(opcodes[i]);
    return this;
  }
  constant(value: number): this {
    return this.byte(OP.i32Const).signed(value);
  }
  get(local: number): this {
    return this.byte(OP.localGet).unsigned(local);
  }
  set(local: number): this {
    return this.byte(OP.localSet).unsigned(local);
  }
  tee(local: number): this {
    return this.byte(OP.localTee).unsigned(local);
  }
  /** Memory access at [address + offset], alignment 1. */
  memory(opcode: number, offset: number): this {
    return this.byte(opcode).byte(0).unsigned(offset);
  }
  /** Vector load or store at [address + offset], alignment 1; of lane 0 where it is of a lane. */
  vectorMemory(operation: number, offset: number): this {
    this.byte(OP.vector).unsigned(operation).byte(0).unsigned(offset);
    return operation === VECTOR.store32Lane || operation === VECTOR.store64Lane ? this.byte(0) : this;
  }
  /** An operation of ir/wideOps with its immediate bytes. */
  wide(name: WideOpName, immediate: readonly number[] = []): this {
    const { prefix, opcode }: WideOpcode = WIDE_OPS[name];
    if (prefix === undefined) this.byte(opcode);
    else this.byte(prefix).unsigned(opcode);
    return this.bytes(immediate);
  }
  /** (to, from, bytes): as memmove. */
  copyMemory(): this {
    return this.byte(OP.bulk).unsigned(10).byte(0).byte(0);
  }
  /** (to, byte, bytes) */
  fillMemory(): this {
    return this.byte(OP.bulk).unsigned(11).byte(0);
  }
  /** 32-bit cell at a fixed address. */
  loadCell(offset: number): this {
    return this.constant(0).memory(OP.load, offset);
  }
  call(index: number): this {
    return this.byte(OP.call).unsigned(index);
  }
  /** Call the function of this type in the table whose number is on the stack. */
  callIndirect(type: number): this {
    return this.byte(OP.callIndirect).unsigned(type).byte(0);
  }
  open(opcode: number, type = VOID): number {
    this.byte(opcode).byte(type);
    return ++this.depth;
  }
  else(): this {
    return this.byte(OP.else);
  }
  close(): this {
    this.depth--;
    return this.byte(OP.end);
  }
  /** Branch to the block whose level `open` returned. */
  branch(level: number): this {
    return this.byte(OP.br).unsigned(this.depth - level);
  }
  /** Branch to one of the blocks by the number on the stack, or to the other. */
  branchTable(levels: readonly number[], otherwise: number): this {
    this.byte(OP.brTable).unsigned(levels.length);
    for (const level of [...levels, otherwise]) this.unsigned(this.depth - level);
    return this;
  }
  branchIf(level: number): this {
    return this.byte(OP.brIf).unsigned(this.depth - level);
  }
}

export interface FunctionType {
  readonly parameters: readonly number[];
  readonly results: readonly number[];
}

/** Of so many 32-bit words to so many. */
export const words = (parameters: number, results = 1): FunctionType => ({ parameters: new Array(parameters).fill(I32), results: new Array(results).fill(I32) });

export interface ImportedFunction {
  readonly name: string;
  readonly type: FunctionType;
}

export interface DefinedFunction {
  readonly type: FunctionType;
  /** Extra locals, in order: [count, type]. */
  readonly locals: readonly (readonly [count: number, type: number])[];
  readonly body: Uint8Array;
  readonly exportName?: string;
}

const section = (out: Bytes, id: number, body: Bytes): void => {
  out.byte(id).unsigned(body.length).bytes(body.done());
};

/**
 * A module that imports `vm.memory` and the given functions (module `vm`), and defines the others after them. With `indirect` it imports
 * `vm.table` too, for calls of functions of that type, which is type 0.
 */
export function encodeModule(
  imports: readonly ImportedFunction[],
  functions: readonly DefinedFunction[],
  { initial, maximum, indirect }: { readonly initial: number; readonly maximum: number; readonly indirect?: FunctionType },
): Uint8Array<ArrayBuffer> {
  const types: FunctionType[] = indirect ? [indirect] : [];
  const typeIndex = (type: FunctionType): number => {
    const found = types.findIndex((t) => t.parameters.join() === type.parameters.join() && t.results.join() === type.results.join());
    return found >= 0 ? found : types.push(type) - 1;
  };
  const importBody = new Bytes()
    .unsigned(imports.length + (indirect ? 2 : 1))
    .name('vm')
    .name('memory')
    .byte(2)
    .byte(1)
    .unsigned(initial)
    .unsigned(maximum);
  if (indirect) importBody.name('vm').name('table').byte(1).byte(FUNCREF).byte(0).unsigned(0);
  for (const { name, type } of imports) importBody.name('vm').name(name).byte(0).unsigned(typeIndex(type));
  const functionBody = new Bytes().unsigned(functions.length);
  for (const f of functions) functionBody.unsigned(typeIndex(f.type));
  const exported = functions.flatMap((f, i) => (f.exportName ? [{ name: f.exportName, index: imports.length + i }] : []));
  const exportBody = new Bytes().unsigned(exported.length);
  for (const { name, index } of exported) exportBody.name(name).byte(0).unsigned(index);
  const codeBody = new Bytes().unsigned(functions.length);
  for (const f of functions) {
    const header = new Bytes().unsigned(f.locals.length);
    for (const [count, type] of f.locals) header.unsigned(count).byte(type);
    codeBody
      .unsigned(header.length + f.body.length + 1)
      .bytes(header.done())
      .bytes(f.body)
      .byte(OP.end);
  }
  const typeBody = new Bytes().unsigned(types.length);
  for (const t of types) typeBody.byte(0x60).unsigned(t.parameters.length).bytes(t.parameters).unsigned(t.results.length).bytes(t.results);

  const out = new Bytes().bytes([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
  section(out, 1, typeBody);
  section(out, 2, importBody);
  section(out, 3, functionBody);
  section(out, 7, exportBody);
  section(out, 10, codeBody);
  return out.done();
}
