/** One instruction to bytes: among the forms of its name that its operands fit, the shortest (NASM's -Ox). */
import { CPU_GENERATIONS, type CpuGeneration, LATEST_GENERATION, type Operand as Letter } from '../x86/instructionSpec';
import { SourceError } from './diagnostics';
import { resolveAddress } from './effectiveAddress';
import { Emission, type EncodingContext, type Evaluated, countRegister, segmentPrefix } from './emission';
import { type AddressHint, type Scope, evaluate } from './evaluate';
import { FORMS, type Form } from './forms';
import { pushNumber } from './integers';
import { MATCHES, type MatchContext, type Operand, type OperandSyntax } from './operand';
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
  const fitting = context.generation === LATEST_GENERATION ? matching : matching.filter((fit) => isOn(context.generation, fit));
  if (fitting.length === 0) return jumpAround(matching[0].form, evaluated) ?? unsupported(instruction, context.generation);
  requireSize(evaluated, fitting);
  const { form, size } = shortest(fitting, evaluated);
  if (evaluated.prefixes.has('lock') && !(form.spec.lock && evaluated.operands[0]?.kind === 'memory'))
    context.warn(`\`${instruction.mnemonic}' cannot be locked here`, instruction.place);
  return Uint8Array.from(new Emission(form, size, evaluated, true).bytes);
}

const unsupported = (instruction: Instruction, generation: CpuGeneration): never => {
  throw new SourceError(`no such instruction on the ${generation}`, instruction.place);
};

function isOn(generation: CpuGeneration, { form, size }: Fit): boolean {
  const since = form.operandSize === 4 && size === 4 ? '386' : '8086';
  const rank = (name: CpuGeneration) => CPU_GENERATIONS.indexOf(name);
  return Math.max(rank(since), rank(form.spec.since ?? '8086')) <= rank(generation);
}

/** Documented forms first; of equally long ones that with a sign-extended byte. The code segment's size wins if nothing tells. */
function shortest(fitting: readonly Fit[], evaluated: Evaluated): Fit {
  const wanted = evaluated.context.bits / 8;
  const rank = ({ form, size }: Fit): number => {
    const length = fitting.length === 1 ? 0 : new Emission(form, size, evaluated, false).bytes.length;
    return (size !== wanted ? 1000 : 0) + length * 8 + (form.spec.undocumented ? 2 : 0) + (form.operands.includes('Ibs') ? 0 : 1);
  };
  return fitting.map((fit) => ({ fit, rank: rank(fit) })).reduce((best, next) => (next.rank < best.rank ? next : best)).fit;
}

/** Before the 386 a conditional jump was short: one too far away jumps around a near JMP, on the opposite condition. */
function jumpAround({ spec }: Form, { operands: [target], context }: Evaluated): Uint8Array | undefined {
  if (spec.lift !== 'jcc' || target.kind !== 'immediate' || target.distance !== undefined || context.bits !== 16) return undefined;
  const bytes = [0x70 | ((spec.opcode & 15) ^ 1), 3, 0xe9];
  const distance = subtract(target.worth, add(context.at, plain(5n)));
  pushNumber(bytes, context.resolve(distance, target.place), 2, target.place, 'any');
  return Uint8Array.from(bytes);
}

function evaluateOperands(instruction: Instruction, context: EncodingContext): Evaluated {
  const prefixes = new Map(instruction.prefixes.map(({ group, value }) => [group, value]));
  const preferred = (prefixes.get('addressSize') ?? context.bits / 8) as 2 | 4;
  const operands = expand(instruction).map((operand) => evaluateOperand(operand, context.scope));
  const memory = operands.find((operand) => operand.kind === 'memory');
  if (!memory) return { instruction, operands, address: undefined, prefixes, addressSize: preferred, context };
  const hint: AddressHint = {};
  const address = resolveAddress(memory, evaluate(memory.address, context.scope, hint), hint, preferred);
  if (prefixes.has('addressSize') && address.size !== preferred) throw new SourceError('impossible combination of address sizes', memory.place);
  if (memory.segment && prefixes.has('segment') && prefixes.get('segment') !== segmentPrefix(memory.segment.name))
    throw new SourceError('instruction has conflicting segment overrides', memory.place);
  return { instruction, operands, address, prefixes, addressSize: address.size, context };
}

/** IMUL r, i is IMUL r, r, i; AAM and AAD divide by ten unless told otherwise. */
function expand({ mnemonic, operands, place }: Instruction): readonly OperandSyntax[] {
  if (mnemonic === 'imul' && operands.length === 2 && operands[1].kind === 'immediate') return [operands[0], ...operands];
  if ((mnemonic === 'aam' || mnemonic === 'aad') && operands.length === 0) return [{ kind: 'immediate', value: { kind: 'number', value: 10n, place }, place }];
  return operands;
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
    isOffsetOnly: () => address !== undefined && !address.base && !address.index,
  };
  const to = operands.some((operand) => operand.to);
  return forms.flatMap((form) => {
    tried.form = form;
    tried.size = form.operandSize === undefined || form.operandSize === 'default' ? own : form.operandSize;
    const count = operands.length - (countRegister(form, operands) ? 1 : 0);
    return count === form.operands.length && form.to === to && form.operands.every((letter, n) => MATCHES[letter](operands[n], tried)) ? [{ form, size: tried.size }] : [];
  });
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
const memoryWidth = (letter: Letter, size: number): number => (letter.endsWith('v') ? size : (WIDTHS[letter.slice(-1)] ?? 0));

function mismatch({ instruction, operands }: Evaluated): string {
  const counts = new Set((FORMS.get(instruction.mnemonic) ?? []).map((form) => form.operands.length));
  if (!counts.has(operands.length)) return `\`${instruction.mnemonic}' does not take ${operands.length} operand${operands.length === 1 ? '' : 's'}`;
  const sized = operands.some((operand) => operand.size !== undefined || operand.kind === 'register');
  return `invalid combination of opcode${sized ? ', operands and sizes' : ' and operands'}`;
}
