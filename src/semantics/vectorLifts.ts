/** SSE and SSE2 (SDM Vol. 2): the work is done by helpers (vector/); a lift says where the operands are. */
import { CPU } from '../x86/cpuState';
import { EDI } from '../x86/registers';
import { type Expr, ZERO, cell, constant, register } from '../ir/microOp';
import type { Lift } from './lift';

const REG: Expr = { k: 'field', field: 'registerNumber' };
const RM: Expr = { k: 'field', field: 'rmNumber' };
const SEGMENT: Expr = { k: 'field', field: 'segment' };
const IMMEDIATE: Expr = { k: 'field', field: 'immediate' };

/** Whatever works on MMX and XMM registers: the row says which operands, its mnemonic which operation. */
export const vector: Lift = (b) => {
  const { memory, spec } = b.form;
  b.helper('vector', constant(spec.id), REG, memory ? constant(-1) : RM, SEGMENT, memory ? b.address() : ZERO, IMMEDIATE);
};

/** `MASKMOVQ mm1, mm2`, `MASKMOVDQU xmm1, xmm2`: to DS:(E)DI. */
export const maskedStore: Lift = (b) => {
  const isMmx = b.form.spec.operands[0] === 'Pq';
  b.helper('maskedStore', constant(isMmx ? 1 : 0), REG, RM, SEGMENT, register(EDI, b.form.addressSize));
};

export const saveState: Lift = (b) => {
  b.helper('saveState', SEGMENT, b.address());
};

export const restoreState: Lift = (b) => {
  b.helper('restoreState', SEGMENT, b.address());
};

export const loadMxcsr: Lift = (b) => {
  b.helper('requireSse');
  b.helper('loadMxcsr', b.read(0));
};

export const storeMxcsr: Lift = (b) => {
  b.helper('requireSse');
  b.write(0, cell(CPU.MXCSR));
};

/** `CLFLUSH`: there is no cache to flush; it faults as a load of one byte does. */
export const flushLine: Lift = (b) => {
  b.load('operand', b.address(), 1);
};
