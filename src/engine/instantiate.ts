/** The generated interpreter over one VM's memory, and the functions that it calls where the ordinary course ends. */
import { CPU, type CpuState } from '../x86/cpuState';
import { bindHelpers, catchFault } from '../semantics/helpers';
import { readSlow, writeSlow } from '../semantics/system/access';
import type { ExecutionContext } from '../semantics/system/context';
import { readVector, writeVector } from '../semantics/system/wideOperand';
import type { PagingUnit } from './paging/pagingUnit';

/** Runs from a record on, with a budget of instructions; answers with an EXIT (record.ts). */
export type Run = (record: number, budget: number) => number;

export interface InterpreterParts {
  readonly module: WebAssembly.Module;
  readonly cpu: CpuState;
  readonly context: ExecutionContext;
  readonly paging: PagingUnit;
  /** Of the regions' functions. */
  readonly table: WebAssembly.Table;
  /** (CHECK record) → where to go on in its block, which is what its bytes say now; 0: it has to be translated. */
  readonly refresh: (record: number) => number;
}

/** What the module exports. */
export interface Generated {
  /** Entry points for 16- and 32-bit code. */
  readonly run16: Run;
  readonly run32: Run;
  /** (CHECK record) → 1: the records of its block are what its bytes say, now that those with other immediates have them; 0: more has changed. */
  readonly renew: (check: number) => number;
}

export function instantiate({ module, cpu, context, paging, table, refresh }: InterpreterParts): Generated {
  const at = (record: number, budget: number): void => {
    cpu.set(CPU.EXIT_RECORD, record);
    cpu.set(CPU.BUDGET, budget);
  };
  const helpers = bindHelpers(context);
  paging.otherwise = {
    readSlow: (segment, offset, size, update, record, budget) => {
      at(record, budget);
      return readSlow(context, segment, offset, size, update !== 0);
    },
    writeSlow: (segment, offset, size, value, record, budget) => {
      at(record, budget);
      writeSlow(context, segment, offset, size, value);
    },
    writeControl: helpers.writeControl,
    invalidatePage: helpers.invalidatePage,
  };
  const vm = {
    memory: cpu.memory,
    table,
    ...helpers,
    ...paging.ordinary,
    findJump: paging.findJump,
    refresh,
    readVector: (segment: number, offset: number, size: number, alignment: number, record: number, budget: number): void => {
      at(record, budget);
      catchFault(context, () => readVector(context, segment, offset, size, alignment));
    },
    writeVector: (segment: number, offset: number, size: number, alignment: number, record: number, budget: number): void => {
      at(record, budget);
      catchFault(context, () => writeVector(context, segment, offset, size, alignment));
    },
  };
  const { exports } = new WebAssembly.Instance(module, { vm });
  return exports as unknown as Generated;
}
