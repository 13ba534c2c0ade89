/**
 * The helpers by the name micro-ops use, and the boundary where a guest fault inside one becomes the pending-fault cells.
 */
import { CPU } from '../x86/cpuState';
import * as control from './system/control';
import { type ExecutionContext, GuestFault } from './system/context';
import * as debug from './system/debug';
import * as interrupts from './system/interrupts';
import * as modelSpecific from './system/modelSpecific';
import * as segments from './system/segments';
import * as transfers from './system/transfers';
import * as virtualInterrupts from './system/virtualInterrupts';
import { executeVector, maskedStore, requireSse } from './vector/execute';
import { requireMmx } from './vector/mmxState';
import { loadMxcsr, restoreState, saveState } from './vector/state';
import * as x87Arithmetic from './x87/arithmeticHelpers';
import * as x87Environment from './x87/environment';
import * as x87Transfers from './x87/transferHelpers';

/** Arguments and result are 32-bit. */
export type Helper = (context: ExecutionContext, ...args: number[]) => number | void;

export const HELPERS: Readonly<Record<string, Helper>> = {
  loadSegment: segments.loadSegment,
  loadLdt: segments.loadLdt,
  loadTaskRegister: segments.loadTaskRegister,
  loadAccessRights: segments.loadAccessRights,
  loadSegmentLimit: segments.loadSegmentLimit,
  verifySegment: segments.verifySegment,
  farJump: transfers.farJump,
  farCall: transfers.farCall,
  farReturn: transfers.farReturn,
  enter: transfers.enter,
  interrupt: interrupts.interrupt,
  softwareInterrupt: interrupts.softwareInterrupt,
  debugTrap: interrupts.debugTrap,
  interruptReturn: interrupts.interruptReturn,
  popFlags: interrupts.popFlags,
  requireVirtualFlags: virtualInterrupts.requireVirtualFlags,
  virtualFlags: virtualInterrupts.virtualFlags,
  clearVirtualInterrupt: virtualInterrupts.clearVirtualInterrupt,
  setVirtualInterrupt: virtualInterrupts.setVirtualInterrupt,
  writeControl: control.writeControl,
  readDebug: debug.readDebug,
  writeDebug: debug.writeDebug,
  readTest: control.readTest,
  writeTest: control.writeTest,
  invalidatePage: control.invalidatePage,
  checkPort: control.checkPort,
  portIn: control.portIn,
  portOut: control.portOut,
  readPerformanceCounter: modelSpecific.readPerformanceCounter,
  readModelSpecific: modelSpecific.readModelSpecific,
  writeModelSpecific: modelSpecific.writeModelSpecific,
  identify: control.identify,
  hypercall: control.hypercall,
  systemEnter: control.systemEnter,
  systemExit: control.systemExit,
  vector: executeVector,
  maskedStore,
  requireSse,
  requireMmx,
  loadMxcsr,
  saveState,
  restoreState,
  x87Arithmetic: x87Arithmetic.x87Arithmetic,
  x87ArithmeticSingle: x87Arithmetic.x87ArithmeticSingle,
  x87ArithmeticDouble: x87Arithmetic.x87ArithmeticDouble,
  x87ArithmeticInteger: x87Arithmetic.x87ArithmeticInteger,
  x87Compare: x87Arithmetic.x87Compare,
  x87CompareSingle: x87Arithmetic.x87CompareSingle,
  x87CompareDouble: x87Arithmetic.x87CompareDouble,
  x87CompareInteger: x87Arithmetic.x87CompareInteger,
  x87CompareFlags: x87Arithmetic.x87CompareFlags,
  x87Test: x87Arithmetic.x87Test,
  x87Examine: x87Arithmetic.x87Examine,
  x87SetSign: x87Arithmetic.x87SetSign,
  x87Unary: x87Arithmetic.x87Unary,
  x87UnaryPush: x87Arithmetic.x87UnaryPush,
  x87Extract: x87Arithmetic.x87Extract,
  x87Remainder: x87Arithmetic.x87Remainder,
  x87Scale: x87Arithmetic.x87Scale,
  x87Popping: x87Arithmetic.x87Popping,
  x87LoadSingle: x87Transfers.x87LoadSingle,
  x87LoadDouble: x87Transfers.x87LoadDouble,
  x87LoadInteger: x87Transfers.x87LoadInteger,
  x87LoadBcd: x87Transfers.x87LoadBcd,
  x87LoadExtended: x87Transfers.x87LoadExtended,
  x87LoadRegister: x87Transfers.x87LoadRegister,
  x87LoadConstant: x87Transfers.x87LoadConstant,
  x87CompleteStore: x87Transfers.x87CompleteStore,
  x87ConvertSingle: x87Transfers.x87ConvertSingle,
  x87ConvertDouble: x87Transfers.x87ConvertDouble,
  x87ConvertExtended: x87Transfers.x87ConvertExtended,
  x87ConvertInteger: x87Transfers.x87ConvertInteger,
  x87StoreBcd: x87Transfers.x87StoreBcd,
  x87StoreRegister: x87Transfers.x87StoreRegister,
  x87Exchange: x87Transfers.x87Exchange,
  x87MoveOnCondition: x87Transfers.x87MoveOnCondition,
  x87StoreUnchecked: x87Transfers.x87StoreUnchecked,
  x87Pending: x87Environment.x87Pending,
  x87Initialize: x87Environment.x87Initialize,
  x87ClearExceptions: x87Environment.x87ClearExceptions,
  x87LoadControl: x87Environment.x87LoadControl,
  x87StoreEnvironment: x87Environment.x87StoreEnvironment,
  x87LoadEnvironment: x87Environment.x87LoadEnvironment,
  x87Save: x87Environment.x87Save,
  x87Restore: x87Environment.x87Restore,
};

type Bound = (...args: number[]) => number;

/** A guest fault inside a helper becomes the pending-fault cells. */
function noteFault({ cpu }: ExecutionContext, fault: unknown): number {
  if (!(fault instanceof GuestFault)) throw fault;
  cpu.set(CPU.FAULT, fault.vector + 1);
  cpu.set(CPU.FAULT_CODE, fault.errorCode);
  return 0;
}

/** Run `access`; a guest fault in it becomes the pending-fault cells. */
export function catchFault(context: ExecutionContext, access: () => void): void {
  try {
    access();
  } catch (fault) {
    noteFault(context, fault);
  }
}

/** Hot: as many arguments as any helper takes, written out, cost less than a list of them. */
function bind(context: ExecutionContext, helper: Helper): Bound {
  return (a, b, c, d, e, f) => {
    try {
      return helper(context, a, b, c, d, e, f) ?? 0;
    } catch (fault) {
      return noteFault(context, fault);
    }
  };
}

/** Those that run often have functions of their own, so that V8 sees what each calls. */
const bindOften = (context: ExecutionContext): Record<string, Bound> => ({
  portIn: (port, size) => {
    try {
      return control.portIn(context, port, size);
    } catch (fault) {
      return noteFault(context, fault);
    }
  },
  portOut: (port, size, value) => {
    try {
      control.portOut(context, port, size, value);
      return 0;
    } catch (fault) {
      return noteFault(context, fault);
    }
  },
  writeControl: (n, value) => {
    try {
      control.writeControl(context, n, value);
      return 0;
    } catch (fault) {
      return noteFault(context, fault);
    }
  },
  invalidatePage: (linear) => {
    try {
      control.invalidatePage(context, linear);
      return 0;
    } catch (fault) {
      return noteFault(context, fault);
    }
  },
});

/** Bind the helpers to one CPU: what generated code imports. */
export const bindHelpers = (context: ExecutionContext): Record<string, Bound> => ({
  ...Object.fromEntries(Object.entries(HELPERS).map(([name, helper]) => [name, bind(context, helper)])),
  ...bindOften(context),
});
