/**
 * What the rare system operations (helpers) may touch. Both executors call one function for each.
 * Inside a helper a guest fault leaves by `raise`, caught once at the helper boundary (helpers.ts), where it becomes
 * the pending-fault cells: no exception of ours ever stands for a guest's.
 */
import type { LinearMemory } from '../../memory/linearMemory';
import { CPU, type CpuState } from '../../x86/cpuState';
import type { X87 } from '../x87/unit';
import type { DescriptorCache } from './descriptors';

export interface ExecutionContext {
  readonly cpu: CpuState;
  readonly memory: LinearMemory;
  readonly x87: X87;
  readonly descriptors: DescriptorCache;
  /** Model identification: family/model/stepping and feature bits for CPUID and RESET. */
  readonly model: CpuModel;
  readonly fpuError: FpuErrorLine;
  readPort(port: number, size: 1 | 2 | 4): number;
  writePort(port: number, size: 1 | 2 | 4, value: number): void;
  /** What a hypervisor that the guest may know of answers; nothing without one, and while the silicon’s state is in the CPU. */
  readonly paravirtual?: ParavirtualInterface | undefined;
  /** Time-stamp counter: retired instructions, plus time skipped while halted. */
  timeStamp(): number;
  /** What a paravirtualized guest has told the VMM in place of IDT and TSS; nothing while the silicon’s state is in the CPU. */
  readonly registered?: RegisteredTraps | undefined;
  /** Something Ringside does not do yet was reached: its name. The run stops there. */
  noteUnimplemented(what: string): void;
  /** A task switch begins; nothing has changed yet. May `raise` REFUSED_VECTOR. */
  taskSwitching?(selector: number, cause: TaskSwitchCause): void;
  /** CR0, CR3, CR4, EFLAGS, CS, CPL changed: caches that depend on them are stale. */
  stateChanged(what: StateChange, linear?: number): void;
}

export interface RegisteredTraps {
  /** Doublewords of the gate of `vector`, as in an IDT; undefined when the IDT in memory counts. */
  gate(vector: number): readonly [low: number, high: number] | undefined;
  /** Stack of ring 0; undefined when the TSS counts. */
  readonly kernelStack: { readonly selector: number; readonly esp: number } | undefined;
}

/** What starts a switch: IRET returns to the previous task; calls and events nest. */
export type TaskSwitchCause = 'jump' | 'call' | 'event' | 'return';

/** Instructions that a hypervisor gives a meaning of its own. */
export interface ParavirtualInterface {
  /** Undefined: not a register of the hypervisor's. */
  readMsr(address: number): readonly [high: number, low: number] | undefined;
  /** Undefined: not a register of the hypervisor's. False: #GP(0). */
  writeMsr(address: number, high: number, low: number): boolean | undefined;
  /** The guest has set its time-stamp counter. */
  timeStampWritten(): void;
  /** The call whose number is in EAX; its result, for EAX. */
  hypercall(): number;
}

/** `addressSpace`: CR3 alone; `code`: CS, perhaps CPL; `flags`: interrupts are on now, or TF or RF is set; `task`: all of them. */
export type StateChange = 'translation' | 'addressSpace' | 'privilege' | 'code' | 'page' | 'flags' | 'task';

/** FERR# and IGNNE#, through which the board is told of x87 errors while CR0.NE is clear (SDM Vol. 1, appendix D). */
export interface FpuErrorLine {
  assert(): void;
  release(): void;
  /** IGNNE#. */
  readonly ignored: boolean;
}

export interface CpuModel {
  readonly name: string;
  readonly family: number;
  readonly signature: number;
  readonly vendor: string;
  /** CPUID.1:EDX; 0 when the model has no CPUID. */
  readonly features: number;
  readonly hasCpuid: boolean;
  /** CPUID.1:EBX: brand index. */
  readonly brand: number;
  /** CPUID leaves from 2 on: EAX, EBX, ECX, EDX. */
  readonly leaves: readonly (readonly number[])[];
  /** CPUID leaves from 40000000h up, of the hypervisor there is; CPUID.1:ECX then has bit 31. */
  readonly hypervisorLeaves?: ReadonlyMap<number, readonly number[]>;
  /** There is a local APIC to enable. */
  readonly localApic: boolean;
  /** CR0 bits that exist; CR4 bits that exist. */
  readonly cr0Bits: number;
  readonly cr4Bits: number;
  /** EFLAGS bits that can be changed. */
  readonly eflagsBits: number;
}

/** Thrown by `raise`, caught at the helper boundary only. */
export class GuestFault {
  constructor(
    readonly vector: number,
    readonly errorCode: number,
  ) {}
}

/** End the helper with exception `vector`. */
export function raise(vector: number, errorCode = 0): never {
  throw new GuestFault(vector, errorCode);
}

/** In place of a vector: the helper met something that Ringside does not do yet. */
export const UNIMPLEMENTED_VECTOR = 256;

/** Vectors above 255 are no exceptions of the guest: they end a run for the VMM. */
export const isGuestVector = (vector: number): boolean => vector < UNIMPLEMENTED_VECTOR;

/** In place of a vector: the instruction has not run, and the CPU waits for an interrupt before it tries again. */
export const WAIT_VECTOR = 257;

export { REFUSED_VECTOR } from '../../memory/linearMemory';

export function waitForInterrupt(context: ExecutionContext): never {
  context.cpu.set(CPU.HALTED, 1);
  throw new GuestFault(WAIT_VECTOR, 0);
}

/** Stop with the name of something Ringside does not do yet. */
export function unimplemented(context: ExecutionContext, what: string): never {
  context.noteUnimplemented(what);
  throw new GuestFault(UNIMPLEMENTED_VECTOR, 0);
}

/** Give up the helper if a memory access inside it faulted. */
export function check(context: ExecutionContext): void {
  const pending = context.cpu.get(CPU.FAULT);
  if (pending) throw new GuestFault(pending - 1, context.cpu.get(CPU.FAULT_CODE));
}

export const readSystem = (context: ExecutionContext, linear: number, size: 1 | 2 | 4): number => {
  const value = context.memory.readSystem(linear >>> 0, size);
  check(context);
  return value;
};

export const writeSystem = (context: ExecutionContext, linear: number, size: 1 | 2 | 4, value: number): void => {
  context.memory.writeSystem(linear >>> 0, size, value);
  check(context);
};
