/** Micro-ops as text, one statement a line. */
import { CPU, SEGMENT, SEGMENT_STRIDE } from '../x86/cpuState';
import { REGISTERS_16, REGISTERS_32, REGISTERS_8, SEGMENT_REGISTERS } from '../x86/registers';
import { CONDITIONS } from '../x86/conditions';
import { EVENT_CELLS } from './eventCells';
import { type BinaryOp, type Expr, type RegisterRef, type SegmentRef, type Statement, type UnaryOp, typeOf } from './microOp';
import type { ValueType } from './wideOps';

const OPERATORS: Readonly<Record<BinaryOp, string>> = {
  add: '+',
  sub: '-',
  mul: '*',
  mulHighUnsigned: '*hu',
  mulHighSigned: '*hs',
  and: '&',
  or: '|',
  xor: '^',
  shl: '<<',
  shrU: '>>u',
  shrS: '>>s',
  rotl: 'rotl',
  equal: '==',
  notEqual: '!=',
  lessU: '<u',
  lessS: '<s',
  lessEqualU: '<=u',
  divU: '/u',
  remU: '%u',
  divS: '/s',
  remS: '%s',
};
const FUNCTIONS: Readonly<Record<UnaryOp, string>> = {
  signExtend8: 'sx8',
  signExtend16: 'sx16',
  isZero: 'not',
  countLeadingZeros: 'clz',
  countTrailingZeros: 'ctz',
  popCount: 'popcount',
};

const GENERAL = { 1: REGISTERS_8, 2: REGISTERS_16, 4: REGISTERS_32 } as const;
const SEGMENT_NAMES = [...SEGMENT_REGISTERS, 'ldtr', 'tr'];
const CELL_NAMES = new Map<number, string>([
  ...Object.entries(CPU).map(([name, offset]): [number, string] => [offset, name.toLowerCase()]),
  ...Object.entries(EVENT_CELLS).map(([name, offset]): [number, string] => [offset, `count.${name}`]),
  ...SEGMENT_NAMES.flatMap((name, s) =>
    Object.entries(SEGMENT).map(([field, offset]): [number, string] => [CPU.SEGMENTS + s * SEGMENT_STRIDE + offset, `${name}.${field.toLowerCase().replace('_', '')}`]),
  ),
]);

const number = (value: number): string => (value > -256 && value < 256 ? String(value) : `0x${(value >>> 0).toString(16)}`);
const cellName = (offset: number): string => CELL_NAMES.get(offset) ?? `cell[0x${offset.toString(16)}]`;
const registerName = (ref: RegisterRef, size: 1 | 2 | 4): string => (typeof ref === 'number' ? GENERAL[size][ref] : `${ref}:${8 * size}`);
const tempName = (id: number, type: ValueType): string => (type === 'i32' ? `t${id}` : `${type}.${id}`);
const segmentName = (segment: SegmentRef): string => (segment === 'operand' ? 'segment' : SEGMENT_NAMES[segment]);

export function printExpression(e: Expr): string {
  const p = printExpression;
  switch (e.k) {
    case 'const':
      return number(e.value);
    case 'temp':
      return tempName(e.id, typeOf(e));
    case 'field':
      return e.field;
    case 'effectiveAddress':
      return `address${8 * e.addressSize}`;
    case 'register':
      return registerName(e.ref, e.size);
    case 'cell':
      return cellName(e.offset);
    case 'segmentCell':
      return `segments[${p(e.segment)}]+${e.offset}`;
    case 'unary':
      return `${FUNCTIONS[e.op]}(${p(e.x)})`;
    case 'binary':
      return `(${p(e.x)} ${OPERATORS[e.op]} ${p(e.y)})`;
    case 'wide':
      return `${e.op}64(${p(e.high)}:${p(e.low)}, ${p(e.divisor)})`;
    case 'select':
      return `(${p(e.condition)} ? ${p(e.x)} : ${p(e.y)})`;
    case 'condition':
      return CONDITIONS[e.code].name;
    case 'status':
    case 'timeStamp':
      return e.k;
    case 'const64':
      return `0x${BigInt.asUintN(64, e.value).toString(16)}`;
    case 'xmm':
    case 'mmx':
      return `${e.k}${e.ref}`;
    case 'vectorCell':
      return cellName(e.offset);
    case 'stAddress':
      return `st(${p(e.n)})`;
    case 'stEmpty':
      return `empty(${p(e.n)})`;
    case 'significand':
    case 'signExponent':
      return `${p(e.address)}.${e.k}`;
    case 'typed':
      return `${e.op}${e.immediate ? `[${e.immediate.join(' ')}]` : ''}(${e.args.map(p).join(', ')})`;
    case 'shuffle':
      return `shuffle${8 * e.size}${e.first ? ' high' : ''}(${p(e.x)}, ${p(e.y)} by ${p(e.order)})`;
    case 'denormal':
      return `denormal${8 * e.bytes}(${p(e.x)})`;
    case 'word':
      return `word ${p(e.position)} of ${p(e.x)}`;
    case 'withWord':
      return `(${p(e.x)} with word ${p(e.position)} = ${p(e.value)})`;
    case 'placed':
      return `${p(e.place)}[${e.offset}]`;
    case 'invariant':
      return p(e.value);
  }
}

/** `indent`: spaces before each line. */
export function printStatements(statements: readonly Statement[], indent = ''): string[] {
  return statements.flatMap((s) => printStatement(s, indent));
}

function printStatement(s: Statement, indent: string): string[] {
  const inner = (list: readonly Statement[]): string[] => printStatements(list, `${indent}  `);
  if (s.k === 'rarely') return [`${indent}if rarely ${printExpression(s.condition)}`, ...inner(s.then)];
  if (s.k === 'attempt') return [`${indent}attempt`, ...inner(s.ordinary), `${indent}otherwise`, ...inner(s.otherwise)];
  if (s.k !== 'if') return [indent + line(s)];
  const otherwise = s.else.length ? [`${indent}else`, ...printStatements(s.else, `${indent}  `)] : [];
  return [`${indent}if ${printExpression(s.condition)}`, ...printStatements(s.then, `${indent}  `), ...otherwise];
}

function line(s: Exclude<Statement, { k: 'if' | 'rarely' | 'attempt' }>): string {
  const p = printExpression;
  switch (s.k) {
    case 'let':
      return `${tempName(s.id, typeOf(s.value))} = ${p(s.value)}`;
    case 'load':
      return `t${s.id} = load${8 * s.size} ${segmentName(s.segment)}:[${p(s.offset)}]${s.update ? ' for update' : ''}`;
    case 'store':
      return `store${8 * s.size} ${segmentName(s.segment)}:[${p(s.offset)}] = ${p(s.value)}`;
    case 'loadVector':
      return `${tempName(s.id, 'v128')} = load${8 * s.size} ${segmentName(s.segment)}:[${p(s.offset)}]${s.aligned ? ' aligned' : ''}`;
    case 'storeVector':
      return `store${8 * s.size} ${segmentName(s.segment)}:[${p(s.offset)}]${s.aligned ? ' aligned' : ''} = ${p(s.value)}`;
    case 'setXmm':
      return `xmm${s.ref} = ${p(s.value)}`;
    case 'setMmx':
      return `mmx${s.ref} = ${p(s.value)}`;
    case 'setVectorCell':
      return `${cellName(s.offset)} = ${p(s.value)}`;
    case 'setSignificand':
      return `${p(s.address)}.significand = ${p(s.value)}`;
    case 'setSignExponent':
      return `${p(s.address)}.signExponent = ${p(s.value)}`;
    case 'tag':
      return `st(${p(s.n)}) is ${s.empty ? 'empty' : 'full'}`;
    case 'moveTop':
      return s.by > 0 ? 'pop' : 'push';
    case 'statusWord':
      return `x87_status = x87_status but ${number(s.replaced)} | ${p(s.value)}`;
    case 'giveUp':
      return `give up if ${p(s.condition)}`;
    case 'place':
      return `t${s.id} = place of ${s.bytes} bytes at ${p(s.linear)}${s.write ? ' for stores' : ''}${s.system ? ' of the system' : ''}`;
    case 'setPlaced':
      return `${p(s.place)}[${s.offset}] = ${p(s.value)}`;
    case 'comparisonFlags':
      return `CF = ${p(s.carry)}, ZF = ${p(s.zero)}, PF = ${p(s.parity)}`;
    case 'setRegister':
      return `${registerName(s.ref, s.size)} = ${p(s.value)}`;
    case 'setCell':
      return `${cellName(s.offset)} = ${p(s.value)}`;
    case 'setSegmentCell':
      return `segments[${p(s.segment)}]+${s.offset} = ${p(s.value)}`;
    case 'arithmeticFlags':
      return `flags${8 * s.size} ${p(s.result)} of ${p(s.a)} ${OPERATORS[s.op]} ${p(s.b)}${s.keepCarry ? ', CF stays' : ''}`;
    case 'resultFlags':
      return `flags${8 * s.size} ${p(s.result)}, CF ${p(s.carry)}, OF ${p(s.overflow)}, AF ${p(s.adjust)}`;
    case 'carryFlags':
      return `CF = ${p(s.carry)}${s.overflow ? `, OF = ${p(s.overflow)}` : ''}`;
    case 'setStatus':
      return `status = ${p(s.value)}`;
    case 'call':
    case 'helper':
      return `t${s.id} = ${s.name}(${s.args.map(p).join(', ')})`;
    case 'fault':
      return `fault ${s.vector} (${p(s.errorCode)})`;
    case 'bulk':
      return `${s.op} most elements of ${8 * s.size} bits at once, if nobody can tell`;
    case 'again':
      return 'again';
    case 'jump':
      return 'jump';
    case 'branch':
      return `branch if ${p(s.condition)}`;
    case 'indirect':
      return `jump to ${p(s.target)}`;
    case 'dispatch':
      return `dispatch at ${s.at}`;
    default:
      throw new Error(`no text for ${JSON.stringify(s)}`);
  }
}
