/**
 * The interpreter, emitted from the semantics: one function whose br_table goes from a record's handler number to its
 * micro-ops. The build emits it (`emitted.ts`); each VM instantiates the compiled module over its own memory.
 */
import { HELPERS } from '../../semantics/helpers';
import { liftFaultDelivery, liftForm } from '../../semantics';
import { SHARED_FUNCTIONS, type Statement, listsIn } from '../../ir/microOp';
import { CPU } from '../../x86/cpuState';
import { MAXIMUM_PAGES } from '../../memory/layout';
import type { FormTable } from '../forms';
import { partition } from './groups';
import { EXIT, FIRST_FORM, PSEUDO, RECORD } from '../record';
import { REGION_TYPE } from '../region/regionModule';
import { auxOf, packStatus, unpackAux, unpackResult } from '../wasm/flagFunctions';
import { sharedFunctions } from '../wasm/sharedFunctions';
import { Code, type DefinedFunction, I32, I64, type ImportedFunction, OP, encodeModule, words } from '../wasm/encoder';
import { renew, renewImmediates } from './codeChecks';
import { LOCAL, TYPED_LOCAL_TYPES } from './locals';
import { type Functions, StatementEmitter } from './statements';

/** Argument count of every helper the lifts call. */
function helperArities(lifted: readonly { statements: readonly Statement[] }[]): Map<string, number> {
  const found = new Map<string, number>();
  const visit = (statements: readonly Statement[]): void => {
    for (const s of statements) {
      if (s.k === 'helper') found.set(s.name, s.args.length);
      listsIn(s).forEach(visit);
    }
  };
  for (const { statements } of lifted) visit(statements);
  return found;
}

/** What one generated function executes itself; at any other handler it goes elsewhere. */
interface Group {
  readonly name: string;
  readonly handlers: readonly number[];
  /** Continue a cold handler in another function; without it, return to the caller. */
  readonly coldFunction?: (handler: number) => number | undefined;
}

/** Settle RESULT, AUX, BUDGET and RECORD in memory. */
const spill = (code: Code): void => {
  for (const [local, cell] of [
    [LOCAL.RESULT, CPU.RESULT],
    [LOCAL.AUX, CPU.AUX],
    [LOCAL.BUDGET, CPU.BUDGET],
    [LOCAL.RECORD, CPU.EXIT_RECORD],
  ] as const)
    code.constant(0).get(local).memory(OP.store, cell); // prettier-ignore
};

/** Go on with this handler in the function that has it; come back when it meets one it does not have. */
function continueIn(code: Code, index: number, loop: number): void {
  spill(code);
  code.get(LOCAL.RECORD).get(LOCAL.BUDGET).call(index).set(LOCAL.SCRATCH);
  code.loadCell(CPU.RESULT).set(LOCAL.RESULT).loadCell(CPU.AUX).set(LOCAL.AUX).loadCell(CPU.BUDGET).set(LOCAL.BUDGET).loadCell(CPU.EXIT_RECORD).set(LOCAL.RECORD);
  code.get(LOCAL.SCRATCH).constant(EXIT.ELSEWHERE).op(OP.eq).branchIf(loop);
  code.get(LOCAL.SCRATCH).op(OP.return);
}

/** What the module does: handlers by number, from FIRST_FORM on, and how a fault is delivered. */
interface Lifted {
  readonly forms: readonly { readonly statements: readonly Statement[] }[];
  readonly delivery: { readonly statements: readonly Statement[] };
}

function dispatchLoop({ forms: lifted, delivery }: Lifted, group: Group, functions: Functions): Uint8Array {
  const code = new Code();
  const total = FIRST_FORM + lifted.length;
  code.loadCell(CPU.RESULT).set(LOCAL.RESULT).loadCell(CPU.AUX).set(LOCAL.AUX);
  const exitAfter = code.open(OP.block);
  const exitBefore = code.open(OP.block);
  const loop = code.open(OP.loop);
  const fault = code.open(OP.block);
  // One label a handler of the group, then one for each function that continues the others, then the way out.
  const labels = new Map<number, number>();
  group.handlers.forEach((handler, i) => labels.set(handler, i));
  const continuation = (h: number): number => (h < total && !labels.has(h) ? (group.coldFunction?.(h) ?? -1) : -1);
  const cold = [...new Set(Array.from({ length: total }, (_, h) => continuation(h)).filter((f) => f >= 0))];
  const elsewhere = group.handlers.length + cold.length;
  for (let i = 0; i <= elsewhere; i++) code.open(OP.block);
  const label = (h: number): number => labels.get(h) ?? (continuation(h) >= 0 ? group.handlers.length + cold.indexOf(continuation(h)) : elsewhere);
  // Only as much of the table as leads somewhere: V8 takes its time over long ones.
  const [first, last] = group.coldFunction ? [0, total - 1] : [Math.min(...group.handlers), Math.max(...group.handlers)];
  code.get(LOCAL.RECORD).memory(OP.load16U, RECORD.HANDLER);
  if (first > 0) code.constant(first).op(OP.sub);
  code.byte(OP.brTable).unsigned(last - first + 1);
  for (let h = first; h <= last; h++) code.unsigned(label(h));
  code.unsigned(elsewhere);
  const emitter = new StatementEmitter(code, { loop, fault, exitBefore, exitAfter }, functions);
  const leave = (exit: number, level: number): void => void code.constant(exit).set(LOCAL.SCRATCH).branch(level);
  const pseudo: Record<number, () => void> = {
    [PSEUDO.INVALIDATED]: () => leave(EXIT.INVALIDATED, exitBefore),
    [PSEUDO.LINK]: () => {
      emitter.transfers.lookUpJump();
      leave(EXIT.LINK, exitAfter);
    },
    [PSEUDO.COMPUTED]: () => {
      emitter.transfers.lookUpJump();
      leave(EXIT.INDIRECT, exitAfter);
    },
    [PSEUDO.TRANSLATED]: () => emitter.transfers.region(),
    [PSEUDO.FORWARD]: () => void code.get(LOCAL.RECORD).memory(OP.load, RECORD.DISPLACEMENT).set(LOCAL.RECORD).branch(loop),
    [PSEUDO.FALL_THROUGH]: () => emitter.handler([{ k: 'jump' }]),
    [PSEUDO.STOP]: () => leave(EXIT.STOP, exitBefore),
    [PSEUDO.ATTEND]: () => leave(EXIT.ATTEND, exitBefore),
    [PSEUDO.FAULT]: () => emitter.deliverFault(delivery.statements),
    [PSEUDO.CHECK]: () => {
      emitter.transfers.check();
      leave(EXIT.STOP, exitBefore);
    },
  };
  for (const handler of group.handlers) {
    code.close();
    if (handler < FIRST_FORM) pseudo[handler]();
    else emitter.handler(lifted[handler - FIRST_FORM].statements);
  }
  for (const index of cold) {
    code.close();
    continueIn(code, index, loop);
  }
  code.close(); // elsewhere
  leave(EXIT.ELSEWHERE, exitAfter);
  code.close(); // fault
  emitter.transfers.goToFault();
  code.close(); // loop
  code.op(OP.unreachable);
  code.close(); // exitBefore: EIP names the current instruction, and what precedes it in the block has retired
  code.constant(0).get(LOCAL.RECORD).memory(OP.load, RECORD.EIP).memory(OP.store, CPU.EIP);
  code.get(LOCAL.BUDGET).get(LOCAL.RECORD).memory(OP.load8U, RECORD.COUNT).constant(1).op(OP.sub, OP.sub).set(LOCAL.BUDGET);
  code.close(); // exitAfter
  spill(code);
  code.get(LOCAL.SCRATCH);
  return code.done();
}

/** The module's bytes; handlers are numbered as in `forms`. */
export function emitInterpreter(forms: FormTable): Uint8Array<ArrayBuffer> {
  const lifted = forms.forms.map(liftForm);
  const delivery = liftFaultDelivery();
  const arities = helperArities(lifted);
  const imports: ImportedFunction[] = [
    { name: 'readSlow', type: words(6, 1) },
    { name: 'writeSlow', type: words(6, 0) },
    { name: 'readVector', type: words(6, 0) },
    { name: 'writeVector', type: words(6, 0) },
    { name: 'findJump', type: words(1, 1) },
    { name: 'refresh', type: words(1, 1) },
    ...[...arities].map(([name, n]) => {
      if (!HELPERS[name]) throw new Error(`lift calls unknown helper ${name}`);
      return { name, type: words(n, 1) };
    }),
  ];
  const defined = imports.length;
  const groups = partition(forms);
  const firstShared = defined + 6;
  const firstGroup = firstShared + SHARED_FUNCTIONS.length;
  const functions: Functions = {
    packStatus: defined,
    unpackResult: defined + 1,
    unpackAux: defined + 2,
    auxOf: defined + 3,
    renew: defined + 4,
    readSlow: 0,
    writeSlow: 1,
    readVector: 2,
    writeVector: 3,
    findJump: 4,
    refresh: 5,
    shared: (name) => firstShared + SHARED_FUNCTIONS.indexOf(name),
    helper: (name) => imports.findIndex((i) => i.name === name),
  };
  const temps = Math.max(delivery.temps, ...lifted.map((l) => l.temps));
  // The groups that start a run continue in the others; those come back.
  const holder = new Map<number, number>();
  groups.forEach(({ handlers, entry }, i) => {
    if (!entry) for (const h of handlers) holder.set(h, firstGroup + i);
  });
  const locals = [[LOCAL.WIDE - 2, I32], [1, I64], ...TYPED_LOCAL_TYPES, [temps, I32]] as const; // prettier-ignore
  const bodies: DefinedFunction[] = [
    { type: words(2, 1), locals: [], body: packStatus() },
    { type: words(1, 1), locals: [], body: unpackResult() },
    { type: words(1, 1), locals: [], body: unpackAux() },
    { type: words(4, 1), locals: [[2, I32]], body: auxOf() },
    { ...renew(defined + 5), exportName: 'renew' },
    renewImmediates(),
    ...sharedFunctions(firstShared),
    ...groups.map(({ name, handlers, entry }) => ({
      type: words(2, 1),
      locals,
      body: dispatchLoop({ forms: lifted, delivery }, { name, handlers, ...(entry ? { coldFunction: (h: number) => holder.get(h) } : {}) }, functions),
      ...(entry ? { exportName: name } : {}),
    })),
  ];
  return encodeModule(imports, bodies, { initial: 1, maximum: MAXIMUM_PAGES, indirect: REGION_TYPE });
}
