/**
 * Which handlers live in which generated function. V8 compiles a WebAssembly function whole, on its first call: one
 * function of all 1,500 handlers would delay the first stop. Common handlers go into one function for 32-bit code and one
 * for 16-bit code; the rare ones into functions by subject that are compiled when first needed.
 */
import type { Form } from '../../ir/builder';
import type { FormTable } from '../forms';
import { FIRST_FORM } from '../record';

export interface HandlerGroup {
  readonly name: string;
  readonly handlers: readonly number[];
  /** A run starts here. */
  readonly entry: boolean;
}

/** Lifts that ordinary compiled code is made of. */
const COMMON = new Set([
  'add',
  'adc',
  'sub',
  'sbb',
  'cmp',
  'and',
  'or',
  'xor',
  'test',
  'inc',
  'dec',
  'neg',
  'not',
  'imul',
  'mul',
  'shl',
  'shr',
  'sar',
  'rol',
  'ror',
  'mov',
  'movzx',
  'movsx',
  'lea',
  'xchg',
  'nop',
  'cbw',
  'cwd',
  'setcc',
  'push',
  'pop',
  'leave',
  'movs',
  'stos',
  'lods',
  'jump',
  'jcc',
  'loop',
  'jcxz',
  'call',
  'ret',
]); // prettier-ignore

/** Of the system's instructions, those that kernels execute all the time. */
const FREQUENT = new Set(['in', 'out', 'int', 'iret', 'cli', 'sti', 'pushf', 'popf', 'invlpg', 'clts', 'rdtsc', 'movFromControl', 'movToControl']);

const isCommon = ({ spec, targetFaults }: Form): boolean => !targetFaults && !spec.undocumented && (FREQUENT.has(spec.lift) || (COMMON.has(spec.lift) && !spec.sensitive));

/** Common in code of this size: both sizes agree with it, where they matter. */
const fits = (form: Form, size: 2 | 4): boolean =>
  isCommon(form) && (form.operandSize === size || !form.variesByOperandSize) && (form.addressSize === size || !form.variesByAddressSize);

/** Rare handlers to a function: V8 optimises it as a whole, after a few dozen of them have run. */
const RARE_GROUP = 32;

export function partition({ forms }: FormTable): HandlerGroup[] {
  const pseudo = Array.from({ length: FIRST_FORM }, (_, n) => n);
  const numbers = new Map(forms.map((form, n) => [form, FIRST_FORM + n]));
  const number = (form: Form): number => numbers.get(form) as number;
  const common = (size: 2 | 4): number[] => [...pseudo, ...forms.filter((form) => fits(form, size)).map(number)];
  const [run32, run16] = [common(4), common(2)];
  const [in32, in16] = [new Set(run32), new Set(run16)];
  // What is common in one size only must be reachable from the other: every function that starts a run may meet it.
  const rest = forms.map(number).filter((h) => !(in32.has(h) && in16.has(h)));
  const isPlaced = (h: number): boolean => in32.has(h) || in16.has(h);
  const rare = rest.filter((h) => !isPlaced(h));
  const crossing = rest.filter(isPlaced);
  const chunks = (handlers: readonly number[], name: string): HandlerGroup[] =>
    Array.from({ length: Math.ceil(handlers.length / RARE_GROUP) }, (_, n) => ({
      name: `${name}${n}`,
      handlers: handlers.slice(n * RARE_GROUP, (n + 1) * RARE_GROUP),
      entry: false,
    }));
  return [{ name: 'run32', handlers: run32, entry: true }, { name: 'run16', handlers: run16, entry: true }, ...chunks(crossing, 'prefixed'), ...chunks(rare, 'rare')];
}
