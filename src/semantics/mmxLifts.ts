/** MMX instructions (SDM Vol. 2; Vol. 3, 12.2): what they need, their operands, and what they leave in the x87 state. */
import type { Builder } from '../ir/builder';
import { type Expr, ZERO, and, cell, constant } from '../ir/microOp';
import { CPU } from '../x86/cpuState';
import { NM, UD } from '../x86/exceptions';
import { CR0_EM, CR0_TS } from '../x86/flags';
import type { Lift } from './lift';
import { PACKED_NAMES, SHIFT_NAMES } from './mmx/helpers';
import { ES, TOP } from './x87/status';

const REG: Expr = { k: 'field', field: 'registerNumber' };
const RM: Expr = { k: 'field', field: 'rmNumber' };

/** #UD with CR0.EM, #NM with CR0.TS, a pending x87 exception; after it every register is valid and the top is 0. */
const onRegisters =
  (operation: Lift, tags = 0): Lift =>
  (b) => {
    b.if(and(cell(CPU.CR0), constant(CR0_EM)), () => b.fault(UD));
    b.if(and(cell(CPU.CR0), constant(CR0_TS)), () => b.fault(NM));
    b.if(and(cell(CPU.X87_STATUS), constant(ES)), () => void b.helper('x87Pending'));
    operation(b);
    b.setCell(CPU.X87_TAGS, constant(tags));
    b.setCell(CPU.X87_STATUS, and(cell(CPU.X87_STATUS), constant(~TOP)));
  };

/** The memory operand: a quadword, or where only the low half counts a doubleword. */
const load = (b: Builder, n: number): [low: Expr, high: Expr] => {
  const low = b.load('operand', b.address(), 4);
  return [low, b.form.spec.operands[n] === 'Qq' ? b.load('operand', b.addressPlus(4), 4) : ZERO];
};

const operationOf = (b: Builder, names: readonly string[]): Expr => constant(names.indexOf(b.form.spec.mnemonic));

const packed = onRegisters((b) => {
  const operation = operationOf(b, PACKED_NAMES);
  if (b.form.memory) b.helper('mmxPackedMemory', operation, REG, ...load(b, 1));
  else b.helper('mmxPacked', operation, REG, RM);
});

const packedShift = onRegisters((b) => {
  const operation = operationOf(b, SHIFT_NAMES);
  if (b.form.spec.operands[0] === 'Nq') b.helper('mmxShiftImmediate', operation, RM, b.read(1));
  else if (b.form.memory) b.helper('mmxShiftMemory', operation, REG, ...load(b, 1));
  else b.helper('mmxShift', operation, REG, RM);
});

const word = (b: Builder, register: Expr, offset: number): Expr => b.helper('mmxWord', register, constant(offset));

const moveDoubleword = onRegisters((b) => {
  if (b.form.spec.operands[0] === 'Pq') b.helper('mmxSet', REG, b.read(1), ZERO);
  else b.write(0, word(b, REG, 0));
});

const moveQuadword = onRegisters((b) => {
  const loads = b.form.spec.operands[0] === 'Pq';
  if (!b.form.memory) {
    const [to, from] = loads ? [REG, RM] : [RM, REG];
    b.helper('mmxSet', to, word(b, from, 0), word(b, from, 4));
  } else if (loads) b.helper('mmxSet', REG, ...load(b, 1));
  else {
    const high = b.addressPlus(4);
    // All of it may be written, before any is.
    b.load('operand', high, 4, true);
    b.store('operand', b.address(), 4, word(b, REG, 0));
    b.store('operand', high, 4, word(b, REG, 4));
  }
});

export const MMX_LIFTS: Readonly<Record<string, Lift>> = {
  packed,
  packedShift,
  movd: moveDoubleword,
  movq: moveQuadword,
  emms: onRegisters(() => {}, 0xffff),
};
