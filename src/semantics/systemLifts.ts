/** System instructions: flags, descriptor tables, control registers, port I/O. SDM Vol. 2; Vol. 3, 2.8. */
import {
  CONDITION_Z,
  type Expr,
  ONE,
  STATUS,
  add,
  and,
  binary,
  cell,
  condition,
  constant,
  constant64,
  equal,
  isZero,
  or,
  register,
  select,
  shl,
  shrU,
  truncate,
  typed,
  xor,
} from '../ir/microOp';
import { LATCHED_PORTS, PORT_READS, PORT_WRITES } from '../memory/layout';
import { CPU, SEGMENT_STRIDE } from '../x86/cpuState';
import { CR0_EM, CR0_MP, CR0_TS, CR4_TSD, EFLAGS_DF, EFLAGS_FIXED, EFLAGS_IF, EFLAGS_RF, EFLAGS_TF, EFLAGS_VM, EFLAGS_ZF } from '../x86/flags';
import { EAX, EDX, LDTR, TR } from '../x86/registers';
import { GP, UD } from '../x86/exceptions';
import { type Lift, changeableFlags, lacksIoPrivilege, lacksIoplInV86, requireRing0 } from './lift';

const LOG2_LATCHED_PORTS = Math.log2(LATCHED_PORTS);
const REGISTER_NUMBER: Expr = { k: 'field', field: 'registerNumber' };
const EFLAGS = cell(CPU.EFLAGS);

/** `PUSHF`: VM and RF are pushed as zero. In virtual-8086 mode with IOPL < 3 the flags are those of the extensions, or #GP(0). */
export const pushFlags: Lift = (b) => {
  b.rarely(lacksIoplInV86(), () => {
    b.helper('requireVirtualFlags', constant(b.size));
    b.push(b.helper('virtualFlags'));
    b.dispatch();
  });
  b.push(b.let(and(or(or(EFLAGS, STATUS), constant(EFLAGS_FIXED)), constant(~(EFLAGS_VM | EFLAGS_RF)))));
};

/** `POPF`: which flags it may change depends on CPL and IOPL. The run loop looks around when TF comes on, or IF while an interrupt waits. */
export const popFlags: Lift = (b) => {
  const complete = (value: Expr, above: Expr): void => {
    b.helper('popFlags', value, constant(b.size));
    b.setStackPointer(above);
    b.dispatch();
  };
  b.rarely(lacksIoplInV86(), () => {
    b.helper('requireVirtualFlags', constant(b.size));
    complete(b.top(), b.stackOffset(b.size));
  });
  const value = b.top();
  const above = b.stackOffset(b.size);
  const mask = b.let(changeableFlags(b.size));
  const before = b.let(EFLAGS);
  const after = b.let(and(or(and(before, binary('xor', mask, constant(-1))), and(value, mask)), constant(~EFLAGS_RF)));
  const comesOn = and(after, binary('xor', before, constant(-1)));
  b.rarely(or(and(after, constant(EFLAGS_TF)), or(and(comesOn, cell(CPU.INTERRUPT_WAITS)), cell(CPU.ATTEND))), () => complete(value, above));
  b.setCell(CPU.EFLAGS, after);
  b.emit({ k: 'setStatus', value });
  b.setStackPointer(above);
};

/** `CLI`: above IOPL it is VIF's business, or #GP(0). */
export const clearInterruptFlag: Lift = (b) => {
  b.rarely(lacksIoPrivilege(), () => {
    b.helper('clearVirtualInterrupt');
    b.dispatch();
  });
  b.setCell(CPU.EFLAGS, and(EFLAGS, constant(~EFLAGS_IF)));
};

/** `STI`: interrupts wait for the next instruction, if IF was clear. */
export const setInterruptFlag: Lift = (b) =>
  b.if(
    lacksIoPrivilege(),
    () => b.helper('setVirtualInterrupt'),
    () => {
      b.if(isZero(and(EFLAGS, constant(EFLAGS_IF))), () => b.setCell(CPU.INHIBIT, ONE));
      b.setCell(CPU.EFLAGS, or(EFLAGS, constant(EFLAGS_IF)));
    },
  );

export const clearDirectionFlag: Lift = (b) => b.setCell(CPU.EFLAGS, and(EFLAGS, constant(~EFLAGS_DF)));
export const setDirectionFlag: Lift = (b) => b.setCell(CPU.EFLAGS, or(EFLAGS, constant(EFLAGS_DF)));

export const halt: Lift = (b) => {
  requireRing0(b);
  b.setCell(CPU.HALTED, ONE);
};

const storeTableRegister =
  (base: number, limit: number): Lift =>
  (b) => {
    const second = b.addressPlus(2);
    b.store('operand', b.address(), 2, cell(limit));
    b.store('operand', second, 4, cell(base));
  };

export const storeGdt = storeTableRegister(CPU.GDTR_BASE, CPU.GDTR_LIMIT);
export const storeIdt = storeTableRegister(CPU.IDTR_BASE, CPU.IDTR_LIMIT);

/** With a 16-bit operand size the base has 24 bits. */
const loadTableRegister =
  (base: number, limit: number): Lift =>
  (b) => {
    requireRing0(b);
    const newLimit = b.load('operand', b.address(), 2);
    const newBase = b.load('operand', b.addressPlus(2), 4);
    b.setCell(limit, newLimit);
    b.setCell(base, b.size === 2 ? and(newBase, constant(0xffffff)) : newBase);
  };

export const loadGdt = loadTableRegister(CPU.GDTR_BASE, CPU.GDTR_LIMIT);
export const loadIdt = loadTableRegister(CPU.IDTR_BASE, CPU.IDTR_LIMIT);

const storeSelector =
  (segment: number): Lift =>
  (b) =>
    b.write(0, cell(CPU.SEGMENTS + segment * SEGMENT_STRIDE));

export const storeLdt = storeSelector(LDTR);
export const storeTaskRegister = storeSelector(TR);

export const loadLdt: Lift = (b) => {
  requireRing0(b);
  b.helper('loadLdt', b.read(0));
};

export const loadTaskRegister: Lift = (b) => {
  requireRing0(b);
  b.helper('loadTaskRegister', b.read(0));
};

export const storeMachineStatus: Lift = (b) => b.write(0, cell(CPU.CR0));

/** `LMSW`: PE MP EM TS from the operand; PE can be set, not cleared. */
export const loadMachineStatus: Lift = (b) => {
  requireRing0(b);
  const word = b.let(and(b.read(0), constant(0xf)));
  b.helper('writeControl', constant(0), or(and(cell(CPU.CR0), constant(~0xe)), word));
};

export const clearTaskSwitched: Lift = (b) => {
  requireRing0(b);
  b.setCell(CPU.CR0, and(cell(CPU.CR0), constant(~CR0_TS)));
};

export const invalidatePage: Lift = (b) => {
  requireRing0(b);
  const base: Expr = { k: 'segmentCell', segment: { k: 'field', field: 'segment' }, offset: 4 };
  b.helper('invalidatePage', add(base, b.address()));
};

export const invalidateCaches: Lift = requireRing0;

const readSpecial =
  (helper: string): Lift =>
  (b) => {
    requireRing0(b);
    b.write(0, b.helper(helper, REGISTER_NUMBER));
  };
const writeSpecial =
  (helper: string): Lift =>
  (b) => {
    requireRing0(b);
    b.helper(helper, REGISTER_NUMBER, b.read(1));
  };

const isRegister = (n: number): Expr => equal(REGISTER_NUMBER, constant(n));

export const moveFromControl: Lift = (b) => {
  requireRing0(b);
  b.write(0, select(isRegister(0), cell(CPU.CR0), select(isRegister(2), cell(CPU.CR2), select(isRegister(3), cell(CPU.CR3), cell(CPU.CR4)))));
};

/** Nothing is derived from these bits of CR0: a store that changes no other is a store. */
const CR0_UNDERIVED = CR0_MP | CR0_EM | CR0_TS;

export const moveToControl: Lift = (b) => {
  requireRing0(b);
  const value = b.let(b.read(1));
  b.if(
    or(REGISTER_NUMBER, and(xor(value, cell(CPU.CR0)), constant(~CR0_UNDERIVED))),
    () => b.helper('writeControl', REGISTER_NUMBER, value),
    () => b.setCell(CPU.CR0, value),
  );
};
export const moveFromDebug = readSpecial('readDebug');
export const moveToDebug = writeSpecial('writeDebug');
export const moveFromTest = readSpecial('readTest');
export const moveToTest = writeSpecial('writeTest');

const portOperand = (b: Parameters<Lift>[0], n: number): Expr => (b.form.spec.operands[n] === 'Ib' ? and({ k: 'field', field: 'immediate' }, constant(0xff)) : register(EDX, 2));

/** With IOPL and outside virtual-8086 mode the I/O permission bitmap is not asked. */
const checkPort = (b: Parameters<Lift>[0], port: Expr, size: number): void =>
  b.rarely(or(lacksIoPrivilege(), and(EFLAGS, constant(EFLAGS_VM))), () => b.helper('checkPort', port, constant(size)));

const GENERATION = cell(CPU.PORT_GENERATION);

/** Where a port's latches are, as a place. */
const latchOf = (port: Expr): Expr => shl(and(port, constant(LATCHED_PORTS - 1)), constant(2));

/** The byte in a latch; with the upper bits set the port is not latched. */
const latched = (b: Parameters<Lift>[0], port: Expr, operand: number, table: number): Expr => {
  const entry = xor({ k: 'placed', place: latchOf(port), offset: table }, GENERATION);
  return b.let(b.form.spec.operands[operand] === 'Ib' ? entry : or(entry, shl(shrU(port, constant(LOG2_LATCHED_PORTS)), constant(8))));
};

/** `IN`: what generated code reads of a latched port, it reads by itself, and goes on to the next instruction. */
export const input: Lift = (b) => {
  const size = b.sizeOf(0);
  const port = b.let(portOperand(b, 1));
  checkPort(b, port, size);
  if (size !== 1) return b.write(0, b.helper('portIn', port, constant(size)));
  const value = latched(b, port, 1, PORT_READS);
  b.rarely(shrU(value, constant(8)), () => {
    b.write(0, b.helper('portIn', port, constant(size)));
    b.dispatch();
  });
  b.write(0, value);
  b.jump();
};

/** `OUT`, likewise. */
export const output: Lift = (b) => {
  const size = b.sizeOf(1);
  const port = b.let(portOperand(b, 0));
  checkPort(b, port, size);
  if (size !== 1) return void b.helper('portOut', port, constant(size), b.read(1));
  b.rarely(shrU(latched(b, port, 0, PORT_WRITES), constant(8)), () => {
    b.helper('portOut', port, constant(size), b.read(1));
    b.dispatch();
  });
  const entry = b.let(or(GENERATION, b.read(1)));
  for (const table of [PORT_READS, PORT_WRITES]) b.setPlaced(latchOf(port), table, entry);
  b.jump();
};

/** `LAR`, `LSL`: ZF says whether the selector may be looked at; only then the destination changes. */
const describe =
  (helper: string): Lift =>
  (b) => {
    const value = b.helper(helper, truncate(b.read(1), 2));
    b.if(condition(CONDITION_Z), () => b.write(0, value));
  };

export const loadAccessRights = describe('loadAccessRights');
export const loadSegmentLimit = describe('loadSegmentLimit');

const verify =
  (write: number): Lift =>
  (b) => {
    b.helper('verifySegment', b.read(0), constant(write));
  };

export const verifyRead = verify(0);
export const verifyWrite = verify(1);

/** `ARPL`: raise the RPL of the destination selector to that of the source; otherwise nothing is written. */
export const adjustRpl: Lift = (b) => {
  const destination = b.let(b.read(0));
  const rpl = b.let(and(b.read(1), constant(3)));
  const lower = b.let(binary('lessU', and(destination, constant(3)), rpl));
  b.if(lower, () => b.write(0, or(and(destination, constant(0xfffc)), rpl)));
  b.emit({ k: 'setStatus', value: or(and(STATUS, constant(~EFLAGS_ZF)), shl(lower, constant(6))) });
};

/** `RDTSC`: guest time is a function of retired instructions, which generated code counts itself. */
export const readTimeStampCounter: Lift = (b) => {
  const read = (): void => {
    const now = b.let({ k: 'timeStamp' });
    b.setRegister(EAX, 4, typed('i32.wrap_i64', now));
    b.setRegister(EDX, 4, typed('i32.wrap_i64', typed('i64.shr_u', now, constant64(32n))));
  };
  const isDenied = and(binary('notEqual', and(cell(CPU.CR4), constant(CR4_TSD)), constant(0)), binary('notEqual', cell(CPU.CPL), constant(0)));
  b.rarely(or(isDenied, cell(CPU.ATTEND)), () => {
    b.if(isDenied, () => b.fault(GP));
    read();
    b.dispatch();
  });
  read();
  b.jump();
};

const call =
  (helper: string, ring0 = false): Lift =>
  (b) => {
    if (ring0) requireRing0(b);
    b.helper(helper);
  };

/** Like `call`, and then the run loop looks around: interrupts may wait now, or something else to stop for. */
const callAndAttend =
  (helper: string, ring0 = false): Lift =>
  (b) => {
    if (ring0) requireRing0(b);
    b.helper(helper);
    b.setCell(CPU.ATTEND, ONE);
  };

export const readModelSpecific = call('readModelSpecific', true);
export const writeModelSpecific = callAndAttend('writeModelSpecific', true);
export const readPerformanceCounter = call('readPerformanceCounter');
export const identify = call('identify');

export const systemEnter: Lift = (b) => {
  b.helper('systemEnter');
  b.dispatch('eip');
};
export const systemExit: Lift = (b) => {
  requireRing0(b);
  b.helper('systemExit');
  b.dispatch('eip');
};

export const hypercall = callAndAttend('hypercall');

/** The built-in BIOS calls its service: the virtual machine takes it before it gets here; anywhere else it is #UD. */
export const firmware: Lift = (b) => b.fault(UD);
