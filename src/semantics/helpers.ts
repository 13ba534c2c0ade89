/**
 * The helpers by the name micro-ops use, and the boundary where a guest fault inside one becomes the pending-fault cells.
 */
import { CPU } from '../x86/cpuState';
import * as control from './system/control';
import { type ExecutionContext, GuestFault } from './system/context';
import * as interrupts from './system/interrupts';
import * as privilege from './system/privilege';
import * as segments from './system/segments';
import * as transfers from './system/transfers';
import { executeVector, maskedStore, requireSse } from './vector/execute';
import { loadMxcsr, restoreState, saveState } from './vector/state';

/** Arguments and result are 32-bit. */
export type Helper = (context: ExecutionContext, ...args: number[]) => number | void;

export const HELPERS: Readonly<Record<string, Helper>> = {
  loadSegment: segments.loadSegment,
  loadLdt: segments.loadLdt,
  loadTaskRegister: segments.loadTaskRegister,
  loadAccessRights: segments.loadAccessRights,
  loadSegmentLimit: segments.loadSegmentLimit,
  verifySegment: segments.verifySegment,
  adjustRpl: segments.adjustRpl,
  farJump: transfers.farJump,
  farCall: transfers.farCall,
  farReturn: transfers.farReturn,
  enter: transfers.enter,
  softwareInterrupt: interrupts.softwareInterrupt,
  debugTrap: interrupts.debugTrap,
  interruptReturn: interrupts.interruptReturn,
  popFlags: privilege.popFlags,
  readControl: control.readControl,
  writeControl: control.writeControl,
  readDebug: control.readDebug,
  writeDebug: control.writeDebug,
  readTest: control.readTest,
  writeTest: control.writeTest,
  invalidatePage: control.invalidatePage,
  checkPort: control.checkPort,
  portIn: control.portIn,
  portOut: control.portOut,
  checkTimeStampAccess: control.checkTimeStampAccess,
  timeStampLow: control.timeStampLow,
  timeStampHigh: control.timeStampHigh,
  readPerformanceCounter: control.readPerformanceCounter,
  readModelSpecific: control.readModelSpecific,
  writeModelSpecific: control.writeModelSpecific,
  identify: control.identify,
  systemEnter: control.systemEnter,
  systemExit: control.systemExit,
  vector: executeVector,
  maskedStore,
  requireSse,
  loadMxcsr,
  saveState,
  restoreState,
};

/** Bind the helpers to one CPU: what generated code imports. */
export function bindHelpers(context: ExecutionContext): Record<string, (...args: number[]) => number> {
  const guarded =
    (helper: Helper) =>
    (...args: number[]): number => {
      try {
        return helper(context, ...args) ?? 0;
      } catch (fault) {
        if (!(fault instanceof GuestFault)) throw fault;
        context.cpu.set(CPU.FAULT, fault.vector + 1);
        context.cpu.set(CPU.FAULT_CODE, fault.errorCode);
        return 0;
      }
    };
  return Object.fromEntries(Object.entries(HELPERS).map(([name, helper]) => [name, guarded(helper)]));
}
