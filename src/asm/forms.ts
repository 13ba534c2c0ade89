/** The instruction table arranged for the assembler: by name, one form per operand size. */
import { ALIASES, type Alias, PREFIXES, type PrefixName } from '../x86/aliases';
import type { Operand } from '../x86/instructionSpec';
import { INSTRUCTIONS } from '../x86/instructionTable';
import { LATER_AVX } from './later/avx';
import { LATER_GENERAL } from './later/general';
import { LATER_ALIASES } from './later/laterAliases';
import type { AssemblyRow, LaterOperand } from './later/laterRow';
import { LATER_VECTOR } from './later/vector';

export type Letter = Operand | LaterOperand;

export interface Form {
  readonly spec: AssemblyRow;
  /** Bytes, where the form has both sizes; undefined where the operand size does not matter. */
  readonly operandSize: 2 | 4 | 'default' | undefined;
  /** Operands in the order they are written. */
  readonly operands: readonly Letter[];
  /** Where operand `n` as written stands in `spec.operands`. */
  readonly order: readonly number[];
  readonly alias: Alias | undefined;
  /** The operand is written after TO. */
  readonly to: boolean;
  readonly places: Places;
}

/** Which of the operands as written goes where; -1 for none of them. */
export interface Places {
  readonly reg: number;
  readonly rm: number;
  /** The low three bits of the opcode. */
  readonly opcode: number;
  /** VEX.vvvv. */
  readonly source: number;
  /** ST(i). */
  readonly stack: number;
}

/** CS, DX and other fixed registers go nowhere. */
function placesOf({ spec, order }: Omit<Form, 'places'>): Places {
  const at = (kinds: RegExp) => order.indexOf(spec.operands.findIndex((letter) => kinds.test(letter)));
  return { reg: at(/^([GSCDTPV]([a-z]|$)|rB)/), rm: at(/^([EMRQNWU]([a-z]|$)|mB)/), opcode: at(/^Z/), source: at(/^[HB][a-z]/), stack: at(/^STi/) };
}

const SIZED = new Set<Letter>(['Ev', 'Mv', 'Rv', 'Gv', 'Zv', 'eAX', 'Iz', 'Ibs', 'RvMw', 'Jz', 'Ap', 'Mp', 'Ma', 'Ov']);
const formOf = (form: Omit<Form, 'places'>): Form => ({ ...form, places: placesOf(form) });

const isImplicit = (operand: Letter): boolean => /^[XY][bv]$/.test(operand);
const isString = (spec: AssemblyRow): boolean => spec.operands.some(isImplicit);

/** Both operand orders mean the same; NASM puts the first register of XCHG in ModRM.reg and that of TEST in r/m. */
const COMMUTATIVE: Readonly<Record<string, 'firstInReg' | 'firstInRm'>> = { xchg: 'firstInReg', test: 'firstInRm' };

/**
 * ST(0) need not be written, nor ST(1) where it is the only other operand; TO says that the register is the destination.
 * FXCH takes its two in either order.
 */
function stackForms(spec: AssemblyRow): Form[] {
  const { operands } = spec;
  const at = operands.indexOf('STi');
  const form = (order: readonly number[], to = false): Form =>
    formOf({ spec, operandSize: undefined, operands: order.map((n) => operands[n] ?? 'ST'), order, alias: undefined, to });
  const toRegister = operands[0] === 'STi' && operands.length === 2;
  const arithmetic = toRegister || ARITHMETIC.has(spec.mnemonic);
  const pops = toRegister && spec.mnemonic.endsWith('p');
  return [
    ...(operands.length === 2 ? [form([0, 1])] : []),
    ...(toRegister && !pops ? [form([at], true)] : [form([at])]),
    ...(arithmetic && !pops ? [] : [form([])]),
    ...(spec.mnemonic === 'fxch' ? [form([1, 0])] : []),
  ];
}

const ARITHMETIC = new Set(['fadd', 'fmul', 'fsub', 'fsubr', 'fdiv', 'fdivr']);

/** Where the destination is also the first source, it need be written only once; not where the destination counts by itself. */
function vectorForms(spec: AssemblyRow): Form[] {
  const form = (order: readonly number[]): Form => formOf({ spec, operandSize: undefined, operands: order.map((n) => spec.operands[n]), order, alias: undefined, to: false });
  const all = spec.operands.map((_, n) => n);
  return /^vf|^vmaskmov/.test(spec.mnemonic) || spec.operands[0][0] === 'M' ? [form(all)] : [form(all), form([0, ...all.slice(2)])];
}

function formsOf(spec: AssemblyRow): Form[] {
  if (spec.operands.includes('STi')) return stackForms(spec);
  if (spec.later?.vex && spec.operands.slice(0, 2).some((letter) => letter[0] === 'H')) return vectorForms(spec);
  const operands = isString(spec) ? [] : spec.operands;
  const sized = spec.mnemonic !== spec.mnemonic32 || operands.some((operand) => SIZED.has(operand));
  const sizes = sized ? ([2, 4] as const) : [undefined];
  const swappable = COMMUTATIVE[spec.mnemonic] && operands.length === 2 && operands[1][0] !== 'I';
  const orders = !swappable
    ? [operands.map((_, n) => n)]
    : COMMUTATIVE[spec.mnemonic] === 'firstInReg'
      ? [
          [1, 0],
          [0, 1],
        ]
      : [
          [0, 1],
          [1, 0],
        ];
  return orders.flatMap((order) => sizes.map((operandSize) => formOf({ spec, operandSize, operands: order.map((n) => operands[n]), order, alias: undefined, to: false })));
}

function buildForms(): Map<string, Form[]> {
  const forms = new Map<string, Form[]>();
  const file = (name: string, form: Form) => forms.set(name, [...(forms.get(name) ?? []), form]);
  const modelled: readonly AssemblyRow[] = INSTRUCTIONS.filter((spec) => spec.lift !== 'unimplemented' && spec.mnemonic !== 'firmware');
  const assembled = [...modelled, ...LATER_GENERAL, ...LATER_VECTOR, ...LATER_AVX];
  for (const form of assembled.flatMap(formsOf)) file(form.operandSize === 4 ? form.spec.mnemonic32 : form.spec.mnemonic, form);
  // Without operands, arithmetic pops.
  for (const name of ARITHMETIC) for (const form of forms.get(`${name}p`) ?? []) if (form.operands.length === 0) file(name, form);
  const aliased = [...ALIASES, ...LATER_ALIASES].map(
    (alias) => [alias.name, (forms.get(alias.of) ?? []).filter((form) => isMeant(form, alias)).map((form) => withAlias(form, alias))] as const,
  );
  for (const [name, list] of aliased) forms.set(name, list);
  return forms;
}

/** PAUSE is NOP without an operand; the comparison of strings takes no predicate. */
const isMeant = ({ operands }: Form, alias: Alias): boolean => (!alias.prefix || operands.length === 0) && (alias.immediate === undefined || operands.length > 0);

function withAlias(form: Form, alias: Alias): Form {
  const written = form.operands.length - (alias.immediate === undefined ? 0 : 1);
  return formOf({ ...form, alias, operandSize: alias.operandSize ?? form.operandSize, operands: form.operands.slice(0, written), order: form.order.slice(0, written) });
}

export const FORMS: ReadonlyMap<string, readonly Form[]> = buildForms();

/** Hints that the modelled processor, like any before them, takes for REP and REPNE (SDM Vol. 1, 16.3.2 and 17.4). */
const HINTS: readonly PrefixName[] = [
  { name: 'xacquire', group: 'repeat', value: 0xf2 },
  { name: 'xrelease', group: 'repeat', value: 0xf3 },
  { name: 'bnd', group: 'repeat', value: 0xf2 },
];

export const PREFIX_NAMES: ReadonlyMap<string, PrefixName> = new Map([...PREFIXES, ...HINTS].map((prefix) => [prefix.name, prefix]));
