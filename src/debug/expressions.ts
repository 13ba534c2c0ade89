/** Evaluating debugger expressions against a stopped VM: registers, flags, symbols, memory; and writing to those that are places. */
import { hex, sizeMask } from '../base/bits';
import type { DebuggableVm } from '../vmm/debuggable';
import { EFLAGS_BITS } from '../x86/flags';
import { REGISTERS_8, REGISTERS_16, REGISTERS_32, SEGMENT_REGISTERS } from '../x86/registers';
import { assignAsC, type CValue, evaluateAsC, formatC, typeOfC } from './c/cValue';
import type { CScope } from './c/cScope';
import { codeBits, instructionPointer, readNumber, register, selectorBase } from './codeView';
import { type Expression, parseExpression } from './expressionSyntax';
import { expressionError } from './operatorParser';
import type { SymbolTable } from './symbolTable';

export type Place =
  | { readonly kind: 'register'; readonly name: string }
  | { readonly kind: 'flag'; readonly mask: number }
  | { readonly kind: 'linear' | 'physical'; readonly address: number };

export interface Value {
  /** Unsigned, at most 32 bits. */
  readonly value: number;
  /** Bytes; 0 when the text does not say (numbers, arithmetic on them). */
  readonly size: 0 | 1 | 2 | 4;
  /** True for a flag or a comparison: shown as 0 or 1. */
  readonly bit?: boolean;
  /** Where it can be written. */
  readonly place?: Place;
  /** Guest-linear address that this value denotes: of the memory it was read from, of a label, of seg:off. */
  readonly linear?: number;
  readonly physical?: number;
  /** Of an expression over a compiled program's variables; `linear` is then where the object is. */
  readonly c?: CValue;
}

export interface EvaluationContext {
  readonly vm: DebuggableVm;
  readonly symbols: SymbolTable;
  /** The names of a compiled program where the guest, or the frame that is asked about, stands. */
  readonly scope?: () => CScope | undefined;
  /** Where a breakpoint on a function of this name of a compiled program stops. */
  readonly functionEntries?: (name: string) => readonly number[];
  /** Further names: of an event in its breakpoint's condition, `vector`, `port` and `write`. */
  readonly names?: Readonly<Record<string, number>>;
}

const FLAGS = new Map(EFLAGS_BITS.map(([name, mask]) => [name.toLowerCase(), mask]));
const SYSTEM_REGISTERS = ['cr0', 'cr2', 'cr3', 'cr4', 'dr0', 'dr1', 'dr2', 'dr3', 'dr6', 'dr7', 'gdtr.base', 'gdtr.limit', 'idtr.base', 'idtr.limit', 'ldtr', 'tr', 'cpl'];

/** Every register name that an expression may use. */
export const REGISTER_NAMES: readonly string[] = [...REGISTERS_32, 'eip', 'eflags', ...REGISTERS_16, ...REGISTERS_8, ...SEGMENT_REGISTERS, ...SYSTEM_REGISTERS];
export const FLAG_NAMES: readonly string[] = [...FLAGS.keys()];

const registerSize = (name: string): 1 | 2 | 4 => {
  if ((REGISTERS_8 as readonly string[]).includes(name)) return 1;
  return (REGISTERS_16 as readonly string[]).includes(name) ||
    (SEGMENT_REGISTERS as readonly string[]).includes(name) ||
    ['ldtr', 'tr', 'ip', 'flags', 'gdtr.limit', 'idtr.limit'].includes(name)
    ? 2
    : 4;
};

const lowestBit = (mask: number): number => 31 - Math.clz32(mask & -mask);

const PURE: Readonly<Record<string, (a: number, b: number) => number>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => Math.imul(a, b),
  '&': (a, b) => a & b,
  '|': (a, b) => a | b,
  '^': (a, b) => a ^ b,
  '<<': (a, b) => (b > 31 ? 0 : a << b),
  '>>': (a, b) => (b > 31 ? 0 : a >>> b),
};

const COMPARISONS: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  '==': (a, b) => a === b,
  '=': (a, b) => a === b,
  '!=': (a, b) => a !== b,
  '<>': (a, b) => a !== b,
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
};

const wider = (a: Value, b: Value): 0 | 1 | 2 | 4 => Math.max(a.size, b.size) as 0 | 1 | 2 | 4;
const truth = (value: boolean): Value => ({ value: value ? 1 : 0, size: 0, bit: true });

/** A C expression when it is about a compiled program's variables, else one of ours. Throws UserError. */
export function evaluate(text: string, context: EvaluationContext): Value {
  const found = evaluateAsC(text, context);
  if (found) return found;
  let tree: Expression;
  try {
    tree = parseExpression(text);
  } catch (error) {
    const inC = text.trim() ? evaluateAsC(text, context, true) : undefined;
    if (inC) return inC;
    throw error;
  }
  return evaluateTree(tree, context);
}

export function evaluateTree(expression: Expression, context: EvaluationContext): Value {
  const sub = (e: Expression) => evaluateTree(e, context);
  switch (expression.kind) {
    case 'number':
      return { value: expression.value, size: 0 };
    case 'name':
      return evaluateName(expression.name, context);
    case 'unary':
      return unary(expression.operator, sub(expression.operand));
    case 'binary':
      return binary(expression, sub);
    case 'far': {
      const linear = farAddress(expression, context);
      return { value: linear, size: 4, linear };
    }
    case 'physical': {
      const physical = sub(expression.address).value;
      return { value: physical, size: 4, physical };
    }
    case 'memory':
      return memory(expression.address, expression.size ?? (codeBits(context.vm) === 32 ? 4 : 2), context);
    case 'sized': {
      const inner = sub(expression.operand);
      const { physical } = inner;
      if (physical !== undefined) return readPhysical(context.vm, physical, expression.size);
      if (inner.place?.kind === 'linear') return readLinear(context.vm, inner.place.address, expression.size);
      return { value: (inner.value & sizeMask(expression.size)) >>> 0, size: expression.size };
    }
  }
}

function evaluateName(name: string, { vm, symbols, names }: EvaluationContext): Value {
  const lower = name.toLowerCase();
  if (name === '$') return { value: register(vm, 'eip'), size: 4, linear: instructionPointer(vm) };
  const value = lower === 'ip' ? register(vm, 'eip') & 0xffff : lower === 'flags' ? register(vm, 'eflags') & 0xffff : vm.readRegister(lower);
  if (value !== undefined) return { value: value >>> 0, size: registerSize(lower), place: { kind: 'register', name: lower } };
  const mask = FLAGS.get(lower);
  if (mask) return { value: (register(vm, 'eflags') & mask) >>> lowestBit(mask), size: 0, bit: true, place: { kind: 'flag', mask } };
  if (names && Object.hasOwn(names, lower)) return { value: names[lower] >>> 0, size: 0 };
  const symbol = symbols.find(name, instructionPointer(vm));
  if (!symbol) throw expressionError(`${name} is not a register, a flag or a symbol of this program.`);
  const linear = symbols.linearOf(name, instructionPointer(vm));
  return { value: symbol.value >>> 0, size: 0, ...(linear !== undefined && { linear }) };
}

function unary(operator: string, operand: Value): Value {
  if (operator === '!') return truth(operand.value === 0);
  if (operator === '+') return { value: operand.value, size: operand.size };
  const value = operator === '-' ? -operand.value : ~operand.value;
  return { value: (value & sizeMask(operand.size || 4)) >>> 0, size: operand.size };
}

function binary(expression: Extract<Expression, { kind: 'binary' }>, sub: (e: Expression) => Value): Value {
  const { operator } = expression;
  const left = sub(expression.left);
  if (operator === '&&') return truth(left.value !== 0 && sub(expression.right).value !== 0);
  if (operator === '||') return truth(left.value !== 0 || sub(expression.right).value !== 0);
  const right = sub(expression.right);
  const compare = COMPARISONS[operator];
  if (compare) {
    // `ax == -1`: a bare number takes the width of what it is compared with.
    const mask = sizeMask(wider(left, right) || 4);
    const narrow = (v: Value) => (v.size === 0 && v.value > 0x7fffffff ? (v.value & mask) >>> 0 : v.value);
    return truth(compare(narrow(left), narrow(right)));
  }
  if (operator === '/' || operator === '%') {
    if (right.value === 0) throw expressionError('Division by zero.');
    return { value: operator === '/' ? Math.floor(left.value / right.value) : left.value % right.value, size: wider(left, right) };
  }
  return { value: PURE[operator](left.value, right.value) >>> 0, size: wider(left, right) };
}

/** Names of all registers in an address: they decide the default segment and the width it wraps at. */
function registersIn(expression: Expression): string[] {
  switch (expression.kind) {
    case 'name':
      return REGISTER_NAMES.includes(expression.name.toLowerCase()) ? [expression.name.toLowerCase()] : [];
    case 'binary':
      return [...registersIn(expression.left), ...registersIn(expression.right)];
    case 'unary':
      return registersIn(expression.operand);
    default:
      return [];
  }
}

function offset(expression: Expression, context: EvaluationContext): number {
  const { value } = evaluateTree(expression, context);
  const registers = registersIn(expression);
  return registers.length > 0 && registers.every((r) => registerSize(r) === 2) ? value & 0xffff : value;
}

function farAddress(expression: Extract<Expression, { kind: 'far' }>, context: EvaluationContext): number {
  const segment = evaluateTree(expression.segment, context);
  const name = segment.place?.kind === 'register' ? segment.place.name : '';
  const base = (SEGMENT_REGISTERS as readonly string[]).includes(name) ? context.vm.segment(name as 'ds').base : selectorBase(context.vm, segment.value);
  if (base === undefined) throw expressionError(`Selector 0x${hex(segment.value, 4)} names no descriptor.`);
  return (base + offset(expression.offset, context)) >>> 0;
}

function memory(address: Expression, size: 1 | 2 | 4, context: EvaluationContext): Value {
  if (address.kind === 'physical') return readPhysical(context.vm, evaluateTree(address.address, context).value, size);
  if (address.kind === 'far') return readLinear(context.vm, farAddress(address, context), size);
  const throughStack = registersIn(address).some((r) => ['ebp', 'esp', 'bp', 'sp'].includes(r));
  return readLinear(context.vm, (context.vm.segment(throughStack ? 'ss' : 'ds').base + offset(address, context)) >>> 0, size);
}

function readLinear(vm: DebuggableVm, linear: number, size: 1 | 2 | 4): Value {
  const value = readNumber(vm, linear, size);
  if (value === undefined) throw expressionError(`Memory at 0x${hex(linear, 8)} cannot be read: no page is mapped there.`);
  return { value, size, linear, place: { kind: 'linear', address: linear } };
}

function readPhysical(vm: DebuggableVm, physical: number, size: 1 | 2 | 4): Value {
  const bytes = vm.readPhysical(physical, size);
  if (bytes.length < size) throw expressionError(`There is no memory at physical address 0x${hex(physical, 8)}.`);
  return { value: bytes.reduceRight((v, b) => v * 256 + b, 0), size, physical, place: { kind: 'physical', address: physical } };
}

/** Write `value` to the register, flag or memory that `text` names. Returns what it holds afterwards. */
export function assign(text: string, value: number, context: EvaluationContext): Value {
  const target = evaluate(text, context);
  const { place } = target;
  if (!place) throw expressionError(`${text} cannot be assigned: it is not a register, a flag or memory.`);
  const { vm } = context;
  const limit = sizeMask(target.size || 4);
  if (place.kind !== 'flag' && target.size && value > limit && value < 0x80000000)
    throw expressionError(`0x${hex(value)} does not fit in ${text}, which has ${target.size * 8} bits.`);
  const fitted = (value & limit) >>> 0;
  const bytes = Uint8Array.from({ length: target.size }, (_, i) => fitted >>> (8 * i));
  let written: boolean;
  if (place.kind === 'register') written = writeRegister(vm, place.name, fitted);
  else if (place.kind === 'flag') {
    const room = place.mask >>> lowestBit(place.mask);
    if (value > room) throw expressionError(`${text} holds 0 to ${room}.`);
    written = vm.writeRegister('eflags', ((register(vm, 'eflags') & ~place.mask) | (value << lowestBit(place.mask))) >>> 0);
  } else written = (place.kind === 'linear' ? vm.writeLinear(place.address, bytes) : vm.writePhysical(place.address, bytes)) === bytes.length;
  if (!written) throw expressionError(`${text} cannot be written.`);
  return evaluate(text, context);
}

/** The same for a value that is still a text. */
export function assignText(place: string, value: string, context: EvaluationContext): Value {
  const target = evaluate(place, context);
  if (!target.c) return assign(place, evaluate(value, context).value, context);
  assignAsC(target.c, value);
  return evaluate(place, context);
}

function writeRegister(vm: DebuggableVm, name: string, value: number): boolean {
  if (name !== 'ip' && name !== 'flags') return vm.writeRegister(name, value);
  const whole = `e${name}`;
  return vm.writeRegister(whole, ((register(vm, whole) & 0xffff0000) | value) >>> 0);
}

/** As the views print it: 0x0000002A (42), or in decimal when `hexadecimal` is false; flags as 0 and 1. */
export function formatValue({ value, size, bit, c }: Value, hexadecimal?: boolean): string {
  if (c) return formatC(c, hexadecimal);
  if (bit) return String(value);
  const digits = `0x${hex(value, size ? size * 2 : 0)}`;
  if (hexadecimal === false) return String(value);
  return hexadecimal || value < 10 ? digits : `${digits} (${value})`;
}

const SIZE_NAMES: Readonly<Record<number, string>> = { 0: 'number', 1: 'byte', 2: 'word', 4: 'dword' };
export const typeName = (value: Value): string => (value.c ? typeOfC(value.c).name : value.bit ? 'bit' : SIZE_NAMES[value.size]);
