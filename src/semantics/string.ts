/** String instructions and their repeat prefixes. SDM Vol. 2, REP/REPE/REPZ/REPNE/REPNZ. */
import type { Builder, Size } from '../ir/builder';
import { CONDITION_Z, type Expr, ONE, add, and, binary, cell, condition, constant, isZero, register, shl, shrU, sub, truncate } from '../ir/microOp';
import { CPU } from '../x86/cpuState';
import { EAX, EDX, EDI as DESTINATION, ES, ESI as SOURCE } from '../x86/registers';
import type { Lift } from './lift';

/** Bytes per element, from the row: the operand in memory says b or v. */
const elementSize = (b: Builder): Size => b.sizeOf(b.form.spec.operands.findIndex((o) => o[0] === 'X' || o[0] === 'Y'));

/** +size, or -size when DF is set. */
const step = (size: Size): Expr => sub(constant(size), shl(and(shrU(cell(CPU.EFLAGS), constant(10)), ONE), constant(Math.log2(size) + 1)));

const index = (b: Builder, n: number): Expr => register(n, b.form.addressSize);

const advance = (b: Builder, size: Size, ...registers: number[]): void => {
  for (const n of registers) b.setRegister(n, b.form.addressSize, truncate(add(index(b, n), step(size)), b.form.addressSize));
};

/**
 * Once, or under a repeat prefix: nothing when the count is zero; otherwise one element, then the same instruction again
 * while the count lasts (and, for CMPS and SCAS, while ZF agrees with the prefix).
 */
const repeated =
  (element: Lift, bulk?: 'move' | 'fill'): Lift =>
  (b) => {
    const { repeat, spec, addressSize } = b.form;
    if (!repeat) return element(b);
    const count = b.let(b.counter());
    b.if(count, () => {
      if (bulk && addressSize === 4) b.emit({ k: 'bulk', op: bulk, size: elementSize(b) });
      element(b);
      const left = b.let(sub(b.counter(), ONE));
      b.setCounter(left);
      const more = isZero(isZero(truncate(left, b.form.addressSize)));
      const matches = spec.rep === 'repe' ? (repeat === 0xf3 ? condition(CONDITION_Z) : isZero(condition(CONDITION_Z))) : ONE;
      b.if(and(more, matches), () => b.emit({ k: 'again' }));
    });
  };

export const moveString = repeated((b) => {
  const size = elementSize(b);
  const value = b.load('operand', index(b, SOURCE), size);
  b.store(ES, index(b, DESTINATION), size, value);
  advance(b, size, SOURCE, DESTINATION);
}, 'move');

export const storeString = repeated((b) => {
  const size = elementSize(b);
  b.store(ES, index(b, DESTINATION), size, register(EAX, size));
  advance(b, size, DESTINATION);
}, 'fill');

export const loadString = repeated((b) => {
  const size = elementSize(b);
  const value = b.load('operand', index(b, SOURCE), size);
  b.setRegister(EAX, size, value);
  advance(b, size, SOURCE);
});

export const compareString = repeated((b) => {
  const size = elementSize(b);
  const left = b.load('operand', index(b, SOURCE), size);
  const right = b.load(ES, index(b, DESTINATION), size);
  b.arithmeticFlags('sub', size, left, right, b.let(binary('sub', left, right)));
  advance(b, size, SOURCE, DESTINATION);
});

export const scanString = repeated((b) => {
  const size = elementSize(b);
  const left = b.let(register(EAX, size));
  const right = b.load(ES, index(b, DESTINATION), size);
  b.arithmeticFlags('sub', size, left, right, b.let(binary('sub', left, right)));
  advance(b, size, DESTINATION);
});

/** `INS`: permission and destination are checked before the device is read. */
export const inputString = repeated((b) => {
  const size = elementSize(b);
  const port = b.let(register(EDX, 2));
  b.helper('checkPort', port, constant(size));
  b.load(ES, index(b, DESTINATION), size, true);
  const value = b.helper('portIn', port, constant(size));
  b.store(ES, index(b, DESTINATION), size, value);
  advance(b, size, DESTINATION);
});

export const outputString = repeated((b) => {
  const size = elementSize(b);
  const port = b.let(register(EDX, 2));
  b.helper('checkPort', port, constant(size));
  const value = b.load('operand', index(b, SOURCE), size);
  b.helper('portOut', port, constant(size), value);
  advance(b, size, SOURCE);
});
