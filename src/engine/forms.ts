/**
 * Forms: what of an instruction its handler depends on. Operands are read from the record; row, sizes, register or
 * memory and the repeat prefix choose the handler. Only what changes the meaning makes another form.
 */
import type { Form } from '../ir/builder';
import type { Instruction } from '../x86/decoder';
import type { InstructionSpec } from '../x86/instructionSpec';
import { INSTRUCTIONS } from '../x86/instructionTable';
import { type Statement, listsIn } from '../ir/microOp';
import { LIFTS, liftForm } from '../semantics';
import { FIRST_FORM } from './record';

/** Does a 66h prefix change the row's meaning? */
const variesByOperandSize = (spec: InstructionSpec): boolean =>
  !spec.size32 &&
  (spec.mnemonic !== spec.mnemonic32 ||
    spec.operands.some((o) => /[vzpas]$/.test(o) || o === 'RvMw' || o === 'Mi' || o === 'eAX' || /^[A-Z]S$/.test(o)) ||
    spec.flow !== 'next' ||
    ['leave', 'enter', 'push', 'pop', 'pusha', 'popa', 'arpl'].includes(spec.lift));

const hasMemoryForm = (spec: InstructionSpec): boolean => spec.operands.some((o) => /^[EMWQ]|^R.M/.test(o)) && spec.mod !== 'register';
const hasRegisterForm = (spec: InstructionSpec): boolean => spec.mod !== 'memory';

/** Does a 67h prefix? Memory operands, string indices, LOOP and JCXZ counters, MASKMOVQ. */
const variesByAddressSize = (spec: InstructionSpec, memory: boolean): boolean =>
  memory || spec.operands.some((o) => /^[XYO]/.test(o)) || spec.lift === 'xlatb' || spec.lift.startsWith('loop') || spec.lift === 'jcxz' || spec.lift === 'maskedStore';

/** What of these a row answers, worked out once: blocks that change are translated over and over. */
const TRAITS = INSTRUCTIONS.map((spec) => ({
  byOperandSize: variesByOperandSize(spec),
  hasMemory: hasMemoryForm(spec),
  byAddressSize: { memory: variesByAddressSize(spec, true), register: variesByAddressSize(spec, false) },
}));

const isRelative = (spec: InstructionSpec): boolean => spec.operands.some((o) => o[0] === 'J');

type Shape = Pick<Form, 'spec' | 'operandSize' | 'addressSize' | 'repeat'>;

/** Keys of a row. */
const KEYS = 2 * 2 * 2 * 3 * 2;
const keyOf = ({ spec, operandSize, addressSize, repeat }: Shape, memory: boolean, targetFaults: boolean): number =>
  (((((spec.id * 2 + (operandSize === 4 ? 1 : 0)) * 2 + (addressSize === 4 ? 1 : 0)) * 2 + (memory ? 1 : 0)) * 3 + (repeat === 0 ? 0 : repeat === 0xf2 ? 1 : 2)) * 2 +
    (targetFaults ? 1 : 0)) |
  0;

/** The form of an occurrence, in canonical shape. */
export function formOf({ spec, operandSize, addressSize, repeat, rm }: Instruction, targetFaults = false): Form {
  const { byOperandSize, hasMemory, byAddressSize } = TRAITS[spec.id];
  const memory = rm < 0 && hasMemory;
  const variesByAddress = memory ? byAddressSize.memory : byAddressSize.register;
  return {
    spec,
    operandSize: byOperandSize || spec.size32 ? operandSize : 4,
    addressSize: variesByAddress ? addressSize : 4,
    memory,
    repeat: !spec.rep ? 0 : spec.rep === 'rep' && repeat ? 0xf3 : repeat,
    targetFaults,
    variesByOperandSize: byOperandSize,
    variesByAddressSize: variesByAddress,
  };
}

const STORES: ReadonlySet<Statement['k']> = new Set(['store', 'storeVector', 'setPlaced', 'bulk', 'again', 'helper']);
const storesSomething = (s: Statement): boolean => STORES.has(s.k) || listsIn(s).some((list) => list.some(storesSomething));

/** Every form of every row, numbered as handlers. */
export class FormTable {
  readonly forms: Form[] = [];
  readonly #handlers = new Map<number, number>();
  /** The same for occurrences as they are met, not in canonical shape. */
  readonly #ofOccurrences = new Uint16Array(INSTRUCTIONS.length * KEYS);
  /** By form: 1 for those that store nothing, 2 for others, 0 where nobody has asked. */
  readonly #stores: Uint8Array;
  readonly #lifted: { readonly statements: readonly Statement[]; readonly temps: number }[] = [];

  constructor() {
    for (const spec of INSTRUCTIONS) if (LIFTS[spec.lift]) this.#addRow(spec);
    this.#stores = new Uint8Array(this.forms.length);
  }

  #addRow(spec: InstructionSpec): void {
    const { byOperandSize, hasMemory, byAddressSize } = TRAITS[spec.id];
    const operandSizes: (2 | 4)[] = byOperandSize ? [2, 4] : [4];
    const places = [...(hasMemory ? [true] : []), ...(hasRegisterForm(spec) ? [false] : [])];
    const repeats: (0 | 0xf2 | 0xf3)[] = spec.rep === 'repe' ? [0, 0xf2, 0xf3] : spec.rep ? [0, 0xf3] : [0];
    for (const operandSize of operandSizes)
      for (const memory of places)
        for (const addressSize of (memory ? byAddressSize.memory : byAddressSize.register) ? ([2, 4] as const) : ([4] as const))
          for (const repeat of repeats)
            for (const targetFaults of isRelative(spec) ? [false, true] : [false])
              this.#add({
                spec,
                operandSize,
                addressSize,
                memory,
                repeat,
                targetFaults,
                variesByOperandSize: byOperandSize,
                variesByAddressSize: memory ? byAddressSize.memory : byAddressSize.register,
              });
  }

  #add(form: Form): void {
    this.#handlers.set(keyOf(form, form.memory, form.targetFaults), FIRST_FORM + this.forms.length);
    this.forms.push(form);
  }

  /** Micro-ops of a form. */
  lifted(form: Form): { readonly statements: readonly Statement[] } {
    const n = this.handler(form) - FIRST_FORM;
    this.#lifted[n] ??= liftForm(this.forms[n]);
    return this.#lifted[n];
  }

  /** May a handler's instruction store to memory, or do what only TypeScript knows? */
  mayStore(handler: number): boolean {
    const n = handler - FIRST_FORM;
    if (n < 0) return true;
    if (this.#stores[n] === 0) this.#stores[n] = this.lifted(this.forms[n]).statements.some(storesSomething) ? 2 : 1;
    return this.#stores[n] === 2;
  }

  handlerOf(instruction: Instruction, targetFaults: boolean): number {
    const key = keyOf(instruction, instruction.rm < 0, targetFaults);
    const known = this.#ofOccurrences[key];
    return known > 0 ? known : (this.#ofOccurrences[key] = this.handler(formOf(instruction, targetFaults)));
  }

  handler(form: Form): number {
    const handler = this.#handlers.get(keyOf(form, form.memory, form.targetFaults));
    if (handler === undefined) throw new Error(`no handler for a form of ${form.spec.encoding} ${form.spec.mnemonic}`);
    return handler;
  }
}
