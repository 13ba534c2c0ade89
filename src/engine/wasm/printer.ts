/** Function bodies as text: the WebAssembly text format, one instruction a line, indented by block. Only what the encoder's callers emit. */
import { WIDE_OPS, type WideOpcode } from '../../ir/wideOps';
import { I32, OP, V128, VECTOR, VOID } from './encoder';

export interface Names {
  readonly local: (index: number) => string;
  readonly function: (index: number) => string;
}

/** Text names by opcode; a prefix says what immediate follows. */
const PLAIN: Readonly<Record<number, string>> = {
  [OP.unreachable]: 'unreachable',
  [OP.return]: 'return',
  [OP.drop]: 'drop',
  [OP.select]: 'select',
  [OP.eqz]: 'i32.eqz',
  [OP.eq]: 'i32.eq',
  [OP.ne]: 'i32.ne',
  [OP.ltS]: 'i32.lt_s',
  [OP.ltU]: 'i32.lt_u',
  [OP.gtS]: 'i32.gt_s',
  [OP.gtU]: 'i32.gt_u',
  [OP.leS]: 'i32.le_s',
  [OP.leU]: 'i32.le_u',
  [OP.geS]: 'i32.ge_s',
  [OP.geU]: 'i32.ge_u',
  [OP.clz]: 'i32.clz',
  [OP.ctz]: 'i32.ctz',
  [OP.popcnt]: 'i32.popcnt',
  [OP.add]: 'i32.add',
  [OP.sub]: 'i32.sub',
  [OP.mul]: 'i32.mul',
  [OP.divS]: 'i32.div_s',
  [OP.divU]: 'i32.div_u',
  [OP.remS]: 'i32.rem_s',
  [OP.remU]: 'i32.rem_u',
  [OP.and]: 'i32.and',
  [OP.or]: 'i32.or',
  [OP.xor]: 'i32.xor',
  [OP.shl]: 'i32.shl',
  [OP.shrS]: 'i32.shr_s',
  [OP.shrU]: 'i32.shr_u',
  [OP.rotl]: 'i32.rotl',
  [OP.i64Eq]: 'i64.eq',
  [OP.i64Ne]: 'i64.ne',
  [OP.i64LtU]: 'i64.lt_u',
  [OP.i64GtU]: 'i64.gt_u',
  [OP.i64Mul]: 'i64.mul',
  [OP.i64DivS]: 'i64.div_s',
  [OP.i64DivU]: 'i64.div_u',
  [OP.i64RemS]: 'i64.rem_s',
  [OP.i64RemU]: 'i64.rem_u',
  [OP.i64Or]: 'i64.or',
  [OP.i64Xor]: 'i64.xor',
  [OP.i64Shl]: 'i64.shl',
  [OP.i64ShrU]: 'i64.shr_u',
  [OP.i32Wrap]: 'i32.wrap_i64',
  [OP.i64ExtendS]: 'i64.extend_i32_s',
  [OP.i64ExtendU]: 'i64.extend_i32_u',
  [OP.extend8S]: 'i32.extend8_s',
  [OP.extend16S]: 'i32.extend16_s',
};

const WIDE_NAMES: ReadonlyMap<number, string> = new Map(Object.entries(WIDE_OPS).map(([name, op]: [string, WideOpcode]) => [((op.prefix ?? 0) << 16) | op.opcode, name]));
/** Bytes behind a vector instruction that is not of memory. */
const immediateBytes = (name: string): number => (/shuffle|v128\.const/.test(name) ? 16 : /lane/.test(name) ? 1 : 0);
const VECTOR_MEMORY: ReadonlyMap<number, string> = new Map([
  [VECTOR.load, 'v128.load'],
  [VECTOR.store, 'v128.store'],
  [VECTOR.store32Lane, 'v128.store32_lane'],
  [VECTOR.store64Lane, 'v128.store64_lane'],
  [VECTOR.load32Zero, 'v128.load32_zero'],
  [VECTOR.load64Zero, 'v128.load64_zero'],
]);

const MEMORY: Readonly<Record<number, string>> = {
  [OP.load]: 'i32.load',
  [OP.i64Load]: 'i64.load',
  [OP.load8S]: 'i32.load8_s',
  [OP.load8U]: 'i32.load8_u',
  [OP.load16S]: 'i32.load16_s',
  [OP.load16U]: 'i32.load16_u',
  [OP.store]: 'i32.store',
  [OP.i64Store]: 'i64.store',
  [OP.store8]: 'i32.store8',
  [OP.store16]: 'i32.store16',
};

const LOCAL: Readonly<Record<number, string>> = { [OP.localGet]: 'local.get', [OP.localSet]: 'local.set', [OP.localTee]: 'local.tee' };
const BLOCK: Readonly<Record<number, string>> = { [OP.block]: 'block', [OP.loop]: 'loop', [OP.if]: 'if' };

class Reader {
  at = 0;

  constructor(readonly bytes: Uint8Array) {}

  byte(): number {
    return this.bytes[this.at++];
  }

  unsigned(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.byte();
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
  }

  signed64(): bigint {
    let value = 0n;
    for (let shift = 0n; ; ) {
      const byte = this.byte();
      value |= BigInt(byte & 0x7f) << shift;
      shift += 7n;
      if (byte < 0x80) return BigInt.asIntN(64, byte & 0x40 ? value | (-1n << shift) : value);
    }
  }

  signed(): number {
    let value = 0;
    for (let shift = 0; ; ) {
      const byte = this.byte();
      value |= (byte & 0x7f) << shift;
      shift += 7;
      if (byte < 0x80) return shift < 32 && byte & 0x40 ? value | (-1 << shift) : value | 0;
    }
  }
}

export interface BodyLine {
  /** Offset of the instruction in the body. */
  readonly at: number;
  readonly text: string;
}

/** Throws Error on an opcode that the encoder's callers do not emit. */
export function printBody(body: Uint8Array, names: Names): BodyLine[] {
  const reader = new Reader(body);
  const lines: BodyLine[] = [];
  let depth = 0;
  while (reader.at < body.length) {
    const { at } = reader;
    const opcode = reader.byte();
    if (opcode === OP.end || opcode === OP.else) depth--;
    lines.push({ at, text: '  '.repeat(Math.max(0, depth)) + textOf(opcode, reader, names) });
    if (BLOCK[opcode] || opcode === OP.else) depth++;
  }
  return lines;
}

function textOf(opcode: number, reader: Reader, names: Names): string {
  if (PLAIN[opcode]) return PLAIN[opcode];
  if (LOCAL[opcode]) return `${LOCAL[opcode]} ${names.local(reader.unsigned())}`;
  if (MEMORY[opcode]) {
    reader.unsigned(); // alignment
    const offset = reader.unsigned();
    return offset ? `${MEMORY[opcode]} offset=${hex(offset)}` : MEMORY[opcode];
  }
  if (BLOCK[opcode]) {
    const type = reader.byte();
    return type === VOID ? BLOCK[opcode] : `${BLOCK[opcode]} (result ${type === I32 ? 'i32' : type === V128 ? 'v128' : 'i64'})`;
  }
  if (opcode === OP.vector || opcode === OP.bulk) return prefixed(opcode, reader);
  const wide = WIDE_NAMES.get(opcode);
  if (wide?.endsWith('.const')) return [wide, ...Array.from({ length: wide === 'f64.const' ? 8 : 4 }, () => reader.byte())].join(' ');
  if (wide) return wide;
  switch (opcode) {
    case OP.else:
      return 'else';
    case OP.end:
      return 'end';
    case OP.br:
      return `br ${reader.unsigned()}`;
    case OP.brIf:
      return `br_if ${reader.unsigned()}`;
    case OP.brTable:
      return `br_table ${Array.from({ length: reader.unsigned() + 1 }, () => reader.unsigned()).join(' ')}`;
    case OP.call:
      return `call ${names.function(reader.unsigned())}`;
    case OP.i32Const:
      return `i32.const ${constant(reader.signed())}`;
    case OP.i64Const:
      return `i64.const ${reader.signed64()}`;
    default:
      throw new Error(`opcode ${hex(opcode)} at ${reader.at - 1}`);
  }
}

function prefixed(prefix: number, reader: Reader): string {
  const operation = reader.unsigned();
  const access = prefix === OP.vector ? VECTOR_MEMORY.get(operation) : undefined;
  if (access) {
    reader.unsigned(); // alignment
    const offset = reader.unsigned();
    const lane = access.includes('lane') ? ` ${reader.byte()}` : '';
    return `${access}${offset ? ` offset=${hex(offset)}` : ''}${lane}`;
  }
  const name = WIDE_NAMES.get((prefix << 16) | operation);
  if (!name) throw new Error(`operation ${hex(operation)} at ${reader.at - 1}`);
  return [name, ...Array.from({ length: immediateBytes(name) }, () => reader.byte())].join(' ');
}

const hex = (value: number): string => `0x${value.toString(16)}`;
const constant = (value: number): string => (value > -256 && value < 256 ? String(value) : hex(value >>> 0));
