/** Data movement: MOV, XCHG, stack, conversions. SDM Vol. 2. */
import { type Builder, fixedSegment } from '../ir/builder';
import { CONDITION_C, type Expr, STATUS, ZERO, add, and, binary, cell, condition, constant, equal, extendSigned, or, register, select, shl, shrU, truncate } from '../ir/microOp';
import { CPU } from '../x86/cpuState';
import { EFLAGS_OF, EFLAGS_ZF, STATUS_FLAGS } from '../x86/flags';
import { EAX, EBP, EBX, ECX, EDX, ESP, SS } from '../x86/registers';
import type { Lift } from './lift';
import { plainSegment } from './plainTransfers';

/** `MOV dest, src`; to a segment register it loads the descriptor. */
export const move: Lift = (b) => {
  const value = b.read(1);
  if (b.form.spec.operands[0] === 'Sw') loadSegment(b, { k: 'field', field: 'registerNumber' }, b.let(value));
  else b.write(0, value);
};

/** `commit`: what the instruction changes besides. */
function loadSegment(b: Builder, segment: Expr, selector: Expr, commit = (): void => {}): void {
  b.attempt(
    () => {
      plainSegment(b, segment, selector);
      commit();
    },
    () => {
      b.helper('loadSegment', segment, selector);
      commit();
      b.dispatch();
    },
  );
}

export const moveSigned: Lift = (b) => b.write(0, extendSigned(b.read(1), b.sizeOf(1)));

export const loadEffectiveAddress: Lift = (b) => b.write(0, b.address());

export const exchange: Lift = (b) => {
  const first = b.readForUpdate(0);
  const second = b.let(b.read(1));
  b.write(0, second);
  b.write(1, first);
};

export const noOperation: Lift = () => {};

/** `CBW`: AL to AX; `CWDE`: AX to EAX. */
export const convertInPlace: Lift = (b) => b.setRegister(EAX, b.size, extendSigned(register(EAX, b.size === 2 ? 1 : 2), b.size === 2 ? 1 : 2));

/** `CWD`, `CDQ`: the sign of the accumulator fills (E)DX. */
export const convertToPair: Lift = (b) => b.setRegister(EDX, b.size, binary('shrS', extendSigned(register(EAX, b.size), b.size), constant(31)));

export const storeFlagsInAh: Lift = (b) => b.setRegister(4, 1, or(STATUS, constant(2)));

export const loadFlagsFromAh: Lift = (b) => b.emit({ k: 'setStatus', value: or(and(STATUS, constant(EFLAGS_OF)), and(register(4, 1), constant(STATUS_FLAGS & 0xff))) });

/** `XLATB`: AL becomes the byte at (E)BX + AL. */
export const translateByte: Lift = (b) => {
  const offset = b.let(truncate(add(register(EBX, b.form.addressSize), register(EAX, 1)), b.form.addressSize));
  b.setRegister(EAX, 1, b.load('operand', offset, 1));
};

/** `SALC`: AL becomes FFh or 0 by CF (undocumented). */
export const setAlFromCarry: Lift = (b) => b.setRegister(EAX, 1, binary('sub', constant(0), condition(CONDITION_C)));

export const setOnCondition: Lift = (b) => b.write(0, condition(b.form.spec.opcode & 15));

export const moveOnCondition: Lift = (b) => {
  const value = b.let(b.read(1));
  b.write(0, select(condition(b.form.spec.opcode & 15), value, b.read(0)));
};

/** A selector is written as 16 bits, the upper half of a 32-bit slot stays as it was: so do the 80386, the 80486 and "all recent" processors. */
export const push: Lift = (b) => {
  const value = b.let(b.read(0));
  if (fixedSegment(b.form.spec.operands[0]) < 0) return b.push(value);
  const offset = b.stackOffset(-b.size);
  b.store(SS, offset, 2, value);
  b.setStackPointer(offset);
};

export const pop: Lift = (b) => {
  const segment = fixedSegment(b.form.spec.operands[0]);
  const value = b.top();
  const above = b.stackOffset(b.size);
  if (segment >= 0) {
    const popped = b.let(b.stackPointerAt(above)); // by the size of the stack before POP SS
    loadSegment(b, constant(segment), value, () => b.setRegister(ESP, 4, popped));
  } else if (b.inMemory(0)) {
    b.address(b.size); // ESP as a base counts as already popped
    b.write(0, value);
    b.setStackPointer(above);
  } else {
    b.setStackPointer(above);
    b.write(0, value);
  }
};

/** `PUSHA`: EAX ECX EDX EBX, the original ESP, EBP ESI EDI. */
export const pushAll: Lift = (b) => {
  let lowest: Expr = constant(0);
  for (let n = 0; n < 8; n++) {
    lowest = b.stackOffset(-b.size * (n + 1));
    b.store(SS, lowest, b.size, register(n, b.size));
  }
  b.setStackPointer(lowest);
};

export const popAll: Lift = (b) => {
  const values = [7, 6, 5, 4, 3, 2, 1, 0].map((n, slot) => ({ n, value: b.load(SS, b.stackOffset(b.size * slot), b.size) }));
  const above = b.stackOffset(8 * b.size);
  for (const { n, value } of values) if (n !== ESP) b.setRegister(n, b.size, value);
  b.setStackPointer(above);
};

export const enter: Lift = (b) => {
  b.helper('enter', constant(b.size), { k: 'field', field: 'immediate' }, { k: 'field', field: 'displacement' });
};

/** `LEAVE`: (E)SP := (E)BP, pop (E)BP. */
export const leave: Lift = (b) => {
  const frame = b.let(and(register(EBP, 4), cell(CPU.STACK_MASK)));
  const saved = b.load(SS, frame, b.size);
  b.setStackPointer(b.let(add(frame, constant(b.size))));
  b.setRegister(EBP, b.size, saved);
};

/** `LDS LES LFS LGS LSS`: offset, then selector. The segment is in the opcode. */
export const loadFarPointer: Lift = (b) => {
  const segment = { les: 0, lds: 3, lss: 2, lfs: 4, lgs: 5 }[b.form.spec.mnemonic] as number;
  const offset = b.load('operand', b.address(), b.size);
  const selector = b.load('operand', b.addressPlus(b.size), 2);
  b.helper('loadSegment', constant(segment), selector);
  b.setCell(CPU.INHIBIT, ZERO); // LSS loads ESP with SS: nothing is held off
  b.setRegister('reg', b.size, offset);
};

/** `CMPXCHG dest, src`: if the accumulator equals dest, dest := src; else accumulator := dest. Memory is written either way. */
export const compareExchange: Lift = (b) => {
  const size = b.sizeOf(0);
  const destination = b.readForUpdate(0);
  const accumulator = b.let(register(EAX, size));
  const source = b.let(b.read(1));
  const same = b.let(equal(accumulator, destination));
  b.write(0, select(same, source, destination));
  b.arithmeticFlags('sub', size, accumulator, destination, b.let(binary('sub', accumulator, destination)));
  b.if(binary('equal', same, constant(0)), () => b.setRegister(EAX, size, destination));
};

/** `CMPXCHG8B m64`: EDX:EAX against memory; ECX:EBX if equal. */
export const compareExchange8: Lift = (b) => {
  const high = b.addressPlus(4);
  const low = b.load('operand', b.address(), 4, true);
  const upper = b.load('operand', high, 4, true);
  const same = b.let(and(equal(low, register(EAX, 4)), equal(upper, register(EDX, 4))));
  b.store('operand', b.address(), 4, select(same, register(EBX, 4), low));
  b.store('operand', high, 4, select(same, register(ECX, 4), upper));
  b.emit({ k: 'setStatus', value: or(and(STATUS, constant(~EFLAGS_ZF)), shl(same, constant(6))) });
  b.if(binary('equal', same, constant(0)), () => {
    b.setRegister(EAX, 4, low);
    b.setRegister(EDX, 4, upper);
  });
};

/** `BSWAP`; with a 16-bit operand the result is undefined, zero on the processors we model. */
export const byteSwap: Lift = (b) => {
  const x = b.let(b.read(0));
  if (b.size === 2) return b.write(0, constant(0));
  const bytes = [shl(x, constant(24)), and(shl(x, constant(8)), constant(0xff0000)), and(shrU(x, constant(8)), constant(0xff00)), shrU(x, constant(24))];
  b.write(0, bytes.reduce(or));
};
