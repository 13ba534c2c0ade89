/** The lift of every instruction, by the table's `lift` column; a test demands that none is missing. */
import { Builder, type Form } from '../ir/builder';
import { StatementBuilder } from '../ir/statementBuilder';
import { type Statement, add, cell, constant } from '../ir/microOp';
import type { InstructionSpec } from '../x86/instructionSpec';
import { ENGINE_CELLS } from '../ir/engineCells';
import { EVENT_CELLS, countedKinds, isSlowInLine } from '../ir/eventCells';
import * as arithmetic from './arithmetic';
import * as control from './control';
import * as data from './data';
import { type Lift, requireProtectedMode } from './lift';
import { plainFault } from './plainTransfers';
import * as shift from './shift';
import * as string from './string';
import * as system from './systemLifts';
import * as vector from './vectorLifts';
import { X87_LIFTS, wait } from './x87Lifts';

export const LIFTS: Readonly<Record<string, Lift>> = {
  add: arithmetic.addition,
  adc: arithmetic.additionWithCarry,
  sub: arithmetic.subtraction,
  sbb: arithmetic.subtractionWithBorrow,
  cmp: arithmetic.comparison,
  and: arithmetic.conjunction,
  or: arithmetic.disjunction,
  xor: arithmetic.exclusiveOr,
  test: arithmetic.test,
  inc: arithmetic.increment,
  dec: arithmetic.decrement,
  neg: arithmetic.negation,
  not: arithmetic.complement,
  xadd: arithmetic.exchangeAdd,
  mul: arithmetic.multiplyUnsigned,
  imulWide: arithmetic.multiplySignedWide,
  imul: arithmetic.multiplySigned,
  div: arithmetic.divideUnsigned,
  idiv: arithmetic.divideSigned,
  daa: arithmetic.decimalAdjustAdd,
  das: arithmetic.decimalAdjustSubtract,
  aaa: arithmetic.asciiAdjustAdd,
  aas: arithmetic.asciiAdjustSubtract,
  aam: arithmetic.asciiAdjustMultiply,
  aad: arithmetic.asciiAdjustDivide,
  bound: arithmetic.checkBounds,
  clc: arithmetic.clearCarry,
  stc: arithmetic.setCarry,
  cmc: arithmetic.complementCarry,
  bsf: arithmetic.bitScanForward,
  bsr: arithmetic.bitScanReverse,

  shl: shift.shiftLeft,
  shr: shift.shiftRight,
  sar: shift.shiftRightArithmetic,
  rol: shift.rotateLeft,
  ror: shift.rotateRight,
  rcl: shift.rotateLeftThroughCarry,
  rcr: shift.rotateRightThroughCarry,
  shld: shift.shiftLeftDouble,
  shrd: shift.shiftRightDouble,
  bt: shift.testBit,
  bts: shift.testBitAndSet,
  btr: shift.testBitAndReset,
  btc: shift.testBitAndComplement,

  mov: data.move,
  movzx: data.move,
  movsx: data.moveSigned,
  lea: data.loadEffectiveAddress,
  xchg: data.exchange,
  nop: data.noOperation,
  cbw: data.convertInPlace,
  cwd: data.convertToPair,
  lahf: data.storeFlagsInAh,
  sahf: data.loadFlagsFromAh,
  xlatb: data.translateByte,
  salc: data.setAlFromCarry,
  setcc: data.setOnCondition,
  cmovcc: data.moveOnCondition,
  push: data.push,
  pop: data.pop,
  pusha: data.pushAll,
  popa: data.popAll,
  enter: data.enter,
  leave: data.leave,
  loadFarPointer: data.loadFarPointer,
  cmpxchg: data.compareExchange,
  cmpxchg8b: data.compareExchange8,
  bswap: data.byteSwap,

  movs: string.moveString,
  stos: string.storeString,
  lods: string.loadString,
  cmps: string.compareString,
  scas: string.scanString,
  ins: string.inputString,
  outs: string.outputString,

  jump: control.jump,
  jcc: control.jumpOnCondition,
  loop: control.loopAlways,
  loope: control.loopEqual,
  loopne: control.loopNotEqual,
  jcxz: control.jumpOnCounterZero,
  call: control.call,
  ret: control.returnNear,
  farJump: control.farJump,
  farCall: control.farCall,
  retf: control.farReturn,
  iret: control.interruptReturn,
  int: control.softwareInterrupt,
  int3: control.breakpoint,
  into: control.interruptOnOverflow,
  int1: control.debugTrap,
  ud2: control.undefinedInstruction,

  pushf: system.pushFlags,
  popf: system.popFlags,
  cli: system.clearInterruptFlag,
  sti: system.setInterruptFlag,
  cld: system.clearDirectionFlag,
  std: system.setDirectionFlag,
  hlt: system.halt,
  sgdt: system.storeGdt,
  sidt: system.storeIdt,
  lgdt: system.loadGdt,
  lidt: system.loadIdt,
  sldt: system.storeLdt,
  str: system.storeTaskRegister,
  lldt: system.loadLdt,
  ltr: system.loadTaskRegister,
  smsw: system.storeMachineStatus,
  lmsw: system.loadMachineStatus,
  clts: system.clearTaskSwitched,
  invlpg: system.invalidatePage,
  invd: system.invalidateCaches,
  wbinvd: system.invalidateCaches,
  movFromControl: system.moveFromControl,
  movToControl: system.moveToControl,
  movFromDebug: system.moveFromDebug,
  movToDebug: system.moveToDebug,
  movFromTest: system.moveFromTest,
  movToTest: system.moveToTest,
  in: system.input,
  out: system.output,
  lar: system.loadAccessRights,
  lsl: system.loadSegmentLimit,
  verr: system.verifyRead,
  verw: system.verifyWrite,
  arpl: system.adjustRpl,
  rdtsc: system.readTimeStampCounter,
  rdpmc: system.readPerformanceCounter,
  rdmsr: system.readModelSpecific,
  wrmsr: system.writeModelSpecific,
  cpuid: system.identify,
  sysenter: system.systemEnter,
  sysexit: system.systemExit,
  vmcall: system.hypercall,
  firmware: system.firmware,

  wait,
  ...X87_LIFTS,
  vector: vector.vector,
  emms: vector.emptyMmx,
  maskedStore: vector.maskedStore,
  fxsave: vector.saveState,
  fxrstor: vector.restoreState,
  ldmxcsr: vector.loadMxcsr,
  stmxcsr: vector.storeMxcsr,
  clflush: vector.flushLine,
};

const endsBlock = (s: Statement | undefined): boolean => s !== undefined && (s.k === 'jump' || s.k === 'branch' || s.k === 'indirect' || s.k === 'dispatch' || s.k === 'fault');

/** What of an execution is counted. */
const countsOf = (spec: InstructionSpec): Statement[] =>
  [...countedKinds(spec).map((kind) => EVENT_CELLS[kind]), ...(isSlowInLine(spec) ? [ENGINE_CELLS.slowInLine] : [])].map((offset) => ({
    k: 'setCell',
    offset,
    value: add(cell(offset), constant(1)),
  }));

/** The ordinary course of delivering the fault in the cells: what an attempt does, which has nothing else to offer. */
export function liftFaultDelivery(): { statements: readonly Statement[]; temps: number } {
  const b = new StatementBuilder();
  plainFault(b);
  return b;
}

/** Micro-ops of one form, with what every instruction of its row shares: mode check, event count, the way out of the block. */
export function liftForm(form: Form): { statements: readonly Statement[]; temps: number } {
  const b = new Builder(form);
  if (form.spec.protectedOnly) requireProtectedMode(b);
  LIFTS[form.spec.lift](b);
  const statements = b.statements;
  const terminal = endsBlock(statements.at(-1)) ? statements.pop() : undefined;
  const counts = countsOf(form.spec);
  for (const s of statements) {
    const apart = s.k === 'rarely' ? s.then : s.k === 'attempt' ? s.otherwise : [];
    if (apart.at(-1)?.k === 'dispatch') (apart as Statement[]).splice(-1, 0, ...counts);
  }
  statements.push(...counts);
  if (terminal) statements.push(terminal);
  else if (form.spec.flow === 'system') statements.push({ k: 'dispatch', at: 'next' });
  return { statements, temps: b.temps };
}
