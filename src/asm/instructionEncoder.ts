/** One instruction to bytes: among the forms of its name that its operands fit, the shortest (NASM's -Ox). */
import { CPU_GENERATIONS } from '../x86/instructionSpec';
import { SourceError } from './diagnostics';
import { resolveAddress } from './effectiveAddress';
import { Emission, type EncodingContext, type Evaluated, countRegister, segmentPrefix } from './emission';
import { type AddressHint, type Scope, evaluate } from './evaluate';
import { FORMS, type Form, type Letter } from './forms';
import { ANY_CPU, type Cpu } from './cpu';
import type { AssemblyRow } from './later/laterRow';
import { pushNumber } from './integers';
import { MATCHES, type MatchContext, type Operand, type OperandSyntax } from './operand';
import type { Expression } from './expression';
import type { Register } from './registerNames';
import type { Instruction } from './statement';
import type { Place } from './token';
import { type Value, add, isPlain, plain, subtract } from './value';

/** A form that the operands fit, with its operand size in bytes. */
interface Fit {
  readonly form: Form;
  readonly size: 2 | 4;
}

export function encodeInstruction(instruction: Instruction, context: EncodingContext): Uint8Array {
  const evaluated = evaluateOperands(instruction, context);
  const matching = matchForms(evaluated);
  if (matching.length === 0) throw new SourceError(mismatch(evaluated), instruction.place);
  const fitting = context.cpu === ANY_CPU ? matching : matching.filter((fit) => isOn(context.cpu, fit));
  if (fitting.length === 0) return jumpAround(matching[0].form, evaluated) ?? unsupported(instruction, context.cpu);
  requireSize(evaluated, fitting);
  const { form, size, bytes } = shortest(fitting, evaluated);
  if (evaluated.prefixes.has('lock') && !(form.spec.lock && evaluated.operands[0]?.kind === 'memory'))
    context.warn(`\`${instruction.mnemonic}' cannot be locked here`, instruction.place);
  if (form.spec.later) context.warn(notModelled(instruction, form.spec), instruction.place);
  return Uint8Array.from(bytes && !context.final ? bytes : new Emission(form, size, evaluated, context.final).bytes);
}

const notModelled = ({ mnemonic }: Instruction, { until, later }: AssemblyRow): string =>
  `\`${mnemonic}' is an instruction of ${later?.feature}: ${until ? 'from the 286 on its first byte begins another' : later?.fate ? `the modelled Pentium 4 takes it for \`${later.fate}'` : 'the modelled Pentium 4 raises #UD'}`;

const unsupported = (instruction: Instruction, cpu: Cpu): never => {
  throw new SourceError(`no such instruction on the ${cpu}`, instruction.place);
};

function isOn(cpu: Cpu, { form, size }: Fit): boolean {
  if (form.spec.later) return form.spec.until !== undefined;
  const since = form.operandSize === 4 && size === 4 ? '386' : '8086';
  const rank = (name: Cpu) => (CPU_GENERATIONS as readonly Cpu[]).indexOf(name);
  return Math.max(rank(since), rank(form.spec.since ?? '8086')) <= rank(cpu);
}

/** Documented forms first; of equally long ones that with a sign-extended byte. The code segment's size wins if nothing tells. */
function shortest(fitting: readonly Fit[], evaluated: Evaluated): Fit & { readonly bytes?: readonly number[] } {
  if (fitting.length === 1) return fitting[0];
  const wanted = evaluated.context.bits / 8;
  const ranked = fitting.map(({ form, size }) => {
    const { bytes } = new Emission(form, size, evaluated, false);
    const rank = (size !== wanted ? 1000 : 0) + bytes.length * 8 + (form.spec.undocumented ? 2 : 0) + (form.operands.includes('Ibs') ? 0 : 1);
    return { form, size, bytes, rank };
  });
  return ranked.reduce((best, next) => (next.rank < best.rank ? next : best));
}

/** Before the 386 a conditional jump was short: one too far away jumps around a near JMP, on the opposite condition. */
function jumpAround({ spec }: Form, { operands: [target], context }: Evaluated): Uint8Array | undefined {
  if (spec.lift !== 'jcc' || target.kind !== 'immediate' || target.distance !== undefined || context.bits !== 16) return undefined;
  const bytes = [0x70 | ((spec.opcode & 15) ^ 1), 3, 0xe9];
  const distance = subtract(target.worth, add(context.at, plain(5n)));
  pushNumber(bytes, context.resolve(distance, target.place), 2, target.place, 'any');
  return Uint8Array.from(bytes);
}

const NO_PREFIXES: Evaluated['prefixes'] = new Map();

function evaluateOperands(instruction: Instruction, context: EncodingContext): Evaluated {
  const prefixes = instruction.prefixes.length === 0 ? NO_PREFIXES : new Map(instruction.prefixes.map(({ group, value }) => [group, value]));
  const preferred = (prefixes.get('addressSize') ?? context.bits / 8) as 2 | 4;
  const operands = expand(instruction).map((operand) => evaluateOperand(operand, context.scope));
  const memory = operands.find((operand) => operand.kind === 'memory');
  if (!memory) return { instruction, operands, address: undefined, prefixes, addressSize: preferred, context };
  const hint: AddressHint = {};
  const sum = evaluate(memory.address, context.scope, hint);
  // The scale of 1 that MPX writes says which register is the index.
  if (hint.multiplied && isMpx(instruction)) hint.index = hint.first;
  const address = resolveAddress(memory, memory.index ? add(sum, indexOf(memory.index, context.scope, hint)) : sum, hint, preferred);
  if (prefixes.has('addressSize') && address.size !== preferred) throw new SourceError('impossible combination of address sizes', memory.place);
  if (memory.segment && prefixes.has('segment') && prefixes.get('segment') !== segmentPrefix(memory.segment.name))
    throw new SourceError('instruction has conflicting segment overrides', memory.place);
  return { instruction, operands, address, prefixes, addressSize: address.size, context };
}

/** The index of BNDLDX and BNDSTX may be an operand of its own. IMUL r, i is IMUL r, r, i; AAM and AAD divide by ten unless told otherwise. */
function expand({ mnemonic, operands, place }: Instruction): readonly OperandSyntax[] {
  if (mnemonic === 'imul' && operands.length === 2 && operands[1].kind === 'immediate') return [operands[0], ...operands];
  if ((mnemonic === 'aam' || mnemonic === 'aad') && operands.length === 0) return [{ kind: 'immediate', value: { kind: 'number', value: 10n, place }, place }];
  if (operands.length === 3 && isMpx({ mnemonic })) return withIndex(operands);
  return operands;
}

const isMpx = ({ mnemonic }: Pick<Instruction, 'mnemonic'>): boolean => /^bnd(mk|ldx|stx)$/.test(mnemonic);

function withIndex(operands: readonly OperandSyntax[]): readonly OperandSyntax[] {
  const index = operands.find((operand) => operand.kind === 'register' && operand.register.file === 'general');
  if (index?.kind !== 'register') return operands;
  return operands.filter((operand) => operand !== index).map((operand) => (operand.kind === 'memory' ? { ...operand, index: { ...index, kind: 'register' } } : operand));
}

/** What stands alone behind the comma is the index. */
function indexOf(expression: Expression, scope: Scope, hint: AddressHint): Value {
  const value = evaluate(expression, scope);
  const [register] = value.terms.keys();
  if (register?.type === 'register') hint.index = register as Register;
  return value;
}

function evaluateOperand(operand: OperandSyntax, scope: Scope): Operand {
  const worth = (expression: Parameters<typeof evaluate>[0]) => noRegisters(evaluate(expression, scope), operand.place);
  if (operand.kind === 'immediate') return { ...operand, worth: worth(operand.value) };
  if (operand.kind === 'far') return { ...operand, worth: worth(operand.offset), selectorWorth: worth(operand.selector) };
  return operand;
}

function noRegisters(value: Value, place: Place): Value {
  for (const unknown of value.terms.keys()) if (unknown.type === 'register') throw new SourceError('a register cannot be part of an immediate value', place);
  return value;
}

/** The forms that fit. One context serves them all: most of them fail at their first operand. */
function matchForms({ instruction, operands, context, address }: Evaluated): Fit[] {
  const forms = FORMS.get(instruction.mnemonic) ?? [];
  const own = (context.bits / 8) as 2 | 4;
  const tried: { -readonly [key in keyof MatchContext]: MatchContext[key] } = {
    size: own,
    form: forms[0],
    operands,
    reaches: (target) => reaches(target, context.at),
    // Elision of locks is for MOV with ModRM.
    isOffsetOnly: () => address !== undefined && !address.base && !address.index && !instruction.prefixes.some(({ name }) => name.startsWith('x')),
  };
  const to = operands.some((operand) => operand.to);
  const fitting: Fit[] = [];
  for (const form of forms) {
    tried.form = form;
    tried.size = form.operandSize === undefined || form.operandSize === 'default' ? own : form.operandSize;
    const count = operands.length - (countRegister(form, operands) ? 1 : 0);
    if (count !== form.operands.length || form.to !== to) continue;
    if (form.operands.every((letter, n) => MATCHES[letter](operands[n], tried))) fitting.push({ form, size: tried.size });
  }
  return fitting;
}

const SHORT_LENGTH = 2n;

/**
 * Jumps start short and grow: a target ahead that has no place yet is taken to be near. One whose place is that of the pass
 * before can seem to lie behind, when what stands between has grown by now.
 */
function reaches(target: Value, at: Value): boolean {
  if (target.undetermined) return true;
  const distance = subtract(target, at);
  if (!isPlain(distance)) return false;
  const displacement = distance.number - SHORT_LENGTH;
  return (target.ahead || displacement >= -128n) && displacement <= 127n;
}

/** Memory without a size, when nothing else tells which is meant. JMP and CALL take the default. */
function requireSize({ operands, instruction }: Evaluated, fitting: readonly Fit[]): void {
  const at = operands.findIndex((operand) => operand.kind === 'memory' && operand.size === undefined);
  if (at < 0) return;
  if (fitting.some(({ form }) => form.spec.flow !== 'next' && form.spec.flow !== 'system')) return;
  const widths = new Set(fitting.map(({ form, size }) => memoryWidth(form.operands[at], size)));
  if (widths.size > 1) throw new SourceError('operation size not specified', instruction.operands[at].place);
}

const WIDTHS: Readonly<Record<string, number>> = { b: 1, w: 2, d: 4, q: 8, t: 10 };
const memoryWidth = (letter: Letter, size: number): number => (letter.endsWith('qq') ? 0 : letter.endsWith('v') ? size : (WIDTHS[letter.slice(-1)] ?? 0));

function mismatch({ instruction, operands }: Evaluated): string {
  const counts = new Set((FORMS.get(instruction.mnemonic) ?? []).map((form) => form.operands.length));
  if (!counts.has(operands.length)) return `\`${instruction.mnemonic}' does not take ${operands.length} operand${operands.length === 1 ? '' : 's'}`;
  const sized = operands.some((operand) => operand.size !== undefined || operand.kind === 'register');
  return `invalid combination of opcode${sized ? ', operands and sizes' : ' and operands'}`;
}
