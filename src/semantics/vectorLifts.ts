/** MMX, SSE and SSE2 (SDM Vol. 2): the row says where the operands are, its mnemonic what is done with them (vector/). */
import type { Builder } from '../ir/builder';
import { type Expr, and, cell, constant, register } from '../ir/microOp';
import { CPU } from '../x86/cpuState';
import { EDI } from '../x86/registers';
import type { Lift } from './lift';
import { DATA_LIFTS } from './vector/dataLifts';
import { FLOAT_LIFTS } from './vector/floatLifts';
import { MMX_UNAVAILABLE, SSE_UNAVAILABLE, VectorForm } from './vector/vectorForm';
import { TOP } from './x87/status';

const REG: Expr = { k: 'field', field: 'registerNumber' };
const RM: Expr = { k: 'field', field: 'rmNumber' };
const SEGMENT: Expr = { k: 'field', field: 'segment' };
const IMMEDIATE: Expr = { k: 'field', field: 'immediate' };

/** Exact arithmetic, in TypeScript; an operand in memory has been read. */
function callOperation(b: Builder, v: VectorForm): void {
  const fromMemory = v.isMemory(v.places.source);
  if (fromMemory) b.emit({ k: 'setVectorCell', offset: CPU.VECTOR, value: v.source });
  b.helper('vector', constant(b.form.spec.id), REG, fromMemory ? constant(-1) : RM, IMMEDIATE);
}

/** Whatever works on MMX and XMM registers. */
export const vector: Lift = (b) => {
  const v = new VectorForm(b);
  const { mnemonic } = b.form.spec;
  v.require();
  const data = DATA_LIFTS[mnemonic];
  if (data) return data(v);
  const ordinary = FLOAT_LIFTS[mnemonic];
  void v.source;
  if (!ordinary) return callOperation(b, v);
  b.attempt(
    () => ordinary(v),
    () => callOperation(b, v),
  );
};

/** `EMMS`: every register is empty. */
export const emptyMmx: Lift = (b) => {
  b.rarely(MMX_UNAVAILABLE, () => void b.helper('requireMmx'));
  b.setCell(CPU.X87_TAGS, constant(0xffff));
  b.setCell(CPU.X87_STATUS, and(cell(CPU.X87_STATUS), constant(~TOP)));
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
  b.rarely(SSE_UNAVAILABLE, () => void b.helper('requireSse'));
  b.write(0, cell(CPU.MXCSR));
};

/** `CLFLUSH`: there is no cache to flush; it faults as a load of one byte does. */
export const flushLine: Lift = (b) => {
  b.load('operand', b.address(), 1);
};
