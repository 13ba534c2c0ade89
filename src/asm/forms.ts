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

/** Rows and aliases by the names they are written with; the forms of a name are made when it is first met. */
class Forms {
  readonly #rows = new Map<string, AssemblyRow[]>();
  readonly #aliases = new Map([...ALIASES, ...LATER_ALIASES].map((alias) => [alias.name, alias]));
  readonly #made = new Map<string, readonly Form[]>();

  constructor() {
    const modelled: readonly AssemblyRow[] = INSTRUCTIONS.filter((spec) => spec.lift !== 'unimplemented' && spec.mnemonic !== 'firmware');
    for (const spec of [...modelled, ...LATER_GENERAL, ...LATER_VECTOR, ...LATER_AVX])
      for (const name of new Set([spec.mnemonic, spec.mnemonic32])) {
        const rows = this.#rows.get(name);
        if (rows) rows.push(spec);
        else this.#rows.set(name, [spec]);
      }
  }

  has(name: string): boolean {
    return this.#rows.has(name) || this.#aliases.has(name);
  }

  get(name: string): readonly Form[] | undefined {
    const known = this.#made.get(name);
    if (known || !this.has(name)) return known;
    const made = this.#make(name);
    this.#made.set(name, made);
    return made;
  }

  #make(name: string): readonly Form[] {
    const alias = this.#aliases.get(name);
    if (!alias) return this.#withPopping(name);
    return this.#withPopping(alias.of)
      .filter((form) => isMeant(form, alias))
      .map((form) => withAlias(form, alias));
  }

  /** Without operands, arithmetic pops. */
  #withPopping(name: string): Form[] {
    const popping = ARITHMETIC.has(name) ? this.#own(`${name}p`).filter(({ operands }) => operands.length === 0) : [];
    return [...this.#own(name), ...popping];
  }

  #own(name: string): Form[] {
    return (this.#rows.get(name) ?? []).flatMap(formsOf).filter((form) => (form.operandSize === 4 ? form.spec.mnemonic32 : form.spec.mnemonic) === name);
  }
}

/** PAUSE is NOP without an operand; the comparison of strings takes no predicate. */
const isMeant = ({ operands }: Form, alias: Alias): boolean => (!alias.prefix || operands.length === 0) && (alias.immediate === undefined || operands.length > 0);

function withAlias(form: Form, alias: Alias): Form {
  const written = form.operands.length - (alias.immediate === undefined ? 0 : 1);
  return formOf({ ...form, alias, operandSize: alias.operandSize ?? form.operandSize, operands: form.operands.slice(0, written), order: form.order.slice(0, written) });
}

export const FORMS: Pick<ReadonlyMap<string, readonly Form[]>, 'get' | 'has'> = new Forms();

/** Hints that the modelled processor, like any before them, takes for REP and REPNE (SDM Vol. 1, 16.3.2 and 17.4). */
const HINTS: readonly PrefixName[] = [
  { name: 'xacquire', group: 'repeat', value: 0xf2 },
  { name: 'xrelease', group: 'repeat', value: 0xf3 },
  { name: 'bnd', group: 'repeat', value: 0xf2 },
];

export const PREFIX_NAMES: ReadonlyMap<string, PrefixName> = new Map([...PREFIXES, ...HINTS].map((prefix) => [prefix.name, prefix]));
