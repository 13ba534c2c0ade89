/** Near and far transfers, loops, interrupts. SDM Vol. 2. */
import { CONDITION_O, CONDITION_Z, type Expr, ONE, add, and, condition, constant, isZero, sub, truncate } from '../ir/microOp';
import { DB, UD } from '../x86/exceptions';
import type { Lift } from './lift';
import { plainInterrupt, plainReturn } from './plainTransfers';

const NEXT: Expr = { k: 'field', field: 'nextEip' };
const OFFSET: Expr = { k: 'field', field: 'immediate' };
const SELECTOR: Expr = { k: 'field', field: 'displacement' };

export const jump: Lift = (b) => {
  if (b.form.spec.operands[0][0] === 'J') b.jump();
  else b.indirect(b.checkTarget(b.read(0)));
};

export const jumpOnCondition: Lift = (b) => b.branch(condition(b.form.spec.opcode & 15));

/** `LOOP LOOPE LOOPNE`: count down, branch while not zero (and while ZF agrees). */
const loop =
  (matches: Expr): Lift =>
  (b) => {
    const left = b.let(truncate(sub(b.counter(), ONE), b.form.addressSize));
    const taken = b.let(and(isZero(isZero(left)), matches));
    b.branch(taken, () => b.setCounter(left));
  };

export const loopAlways = loop(ONE);
export const loopEqual = loop(condition(CONDITION_Z));
export const loopNotEqual = loop(isZero(condition(CONDITION_Z)));

export const jumpOnCounterZero: Lift = (b) => b.branch(isZero(b.counter()));

export const call: Lift = (b) => {
  if (b.form.spec.operands[0][0] === 'J') b.jump(() => b.push(b.nextEip()));
  else {
    const target = b.checkTarget(b.read(0));
    b.push(b.nextEip());
    b.indirect(target);
  }
};

/** `RET` and `RET n`: the extra bytes are released after the return address. */
export const returnNear: Lift = (b) => {
  const target = b.checkTarget(b.top());
  const released = b.form.spec.operands.length ? add(constant(b.size), OFFSET) : constant(b.size);
  const above = b.let(add(b.stackOffset(0), released));
  b.setStackPointer(above);
  b.indirect(target);
};

/** Selector and offset of a far transfer: in the instruction, or in memory (offset first). */
const farPointer = (b: Parameters<Lift>[0]): { selector: Expr; offset: Expr } => {
  if (b.form.spec.operands[0] === 'Ap') return { selector: SELECTOR, offset: OFFSET };
  const offset = b.load('operand', b.address(), b.size);
  return { offset, selector: b.load('operand', b.addressPlus(b.size), 2) };
};

export const farJump: Lift = (b) => {
  const { selector, offset } = farPointer(b);
  b.helper('farJump', selector, offset, constant(b.size), NEXT);
  b.dispatch('eip');
};

export const farCall: Lift = (b) => {
  const { selector, offset } = farPointer(b);
  b.helper('farCall', selector, offset, constant(b.size), NEXT);
  b.dispatch('eip');
};

export const farReturn: Lift = (b) => {
  b.helper('farReturn', constant(b.size), b.form.spec.operands.length ? OFFSET : constant(0));
  b.dispatch('eip');
};

export const interruptReturn: Lift = (b) => {
  const complete = (): void => void b.helper('interruptReturn', constant(b.size), NEXT);
  if (b.size === 2) complete();
  else b.attempt(() => plainReturn(b), complete);
  b.dispatch('eip');
};

/** `INT n`: in virtual-8086 mode IOPL and the extensions have a say, which INT3 and INTO do not ask. */
export const softwareInterrupt: Lift = (b) => {
  const vector = and(OFFSET, constant(0xff));
  b.attempt(
    () => plainInterrupt(b, vector, NEXT),
    () => b.helper('interrupt', vector, NEXT),
  );
  b.dispatch('eip');
};

export const breakpoint: Lift = (b) => {
  b.helper('softwareInterrupt', constant(3), NEXT);
  b.dispatch('eip');
};

export const interruptOnOverflow: Lift = (b) => {
  b.if(
    condition(CONDITION_O),
    () => {
      b.helper('softwareInterrupt', constant(4), NEXT);
      b.dispatch('eip');
    },
    () => b.dispatch('next'),
  );
};

/** `INT1` (ICEBP): a debug trap without the privilege checks of INT n. */
export const debugTrap: Lift = (b) => {
  b.helper('debugTrap', constant(DB), NEXT);
  b.dispatch('eip');
};

export const undefinedInstruction: Lift = (b) => b.fault(UD);
