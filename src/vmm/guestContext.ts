/** What the instructions of a VM may touch. A class: an object literal with accessors is a hash table to V8, and every instruction of the system looks here. */
import type { LinearMemory } from '../memory/linearMemory';
import type { CpuModel, ExecutionContext, FpuErrorLine, ParavirtualInterface, RegisteredTraps, StateChange, TaskSwitchCause } from '../semantics/system/context';
import { DescriptorCache } from '../semantics/system/descriptors';
import { X87 } from '../semantics/x87/unit';
import { CPU, type CpuState } from '../x86/cpuState';
import type { DeviceAccess } from './deviceAccess';

export interface ContextHost {
  readonly cpu: CpuState;
  readonly linear: LinearMemory;
  readonly devices: DeviceAccess;
  readonly platform: { readonly fpuError?: FpuErrorLine };
  readonly technique: { taskSwitching?(selector: number, cause: TaskSwitchCause): void };
  readonly registeredTraps: RegisteredTraps | undefined;
  readonly paravirtual: ParavirtualInterface | undefined;
  timeStamp(): number;
  noteUnimplemented(what: string): void;
  stateChanged(what: StateChange, linear: number): void;
}

/** FERR# and IGNNE# of the board, if it has them. */
class FpuErrorPins implements FpuErrorLine {
  constructor(readonly host: ContextHost) {}

  assert(): void {
    this.#changed();
    this.host.platform.fpuError?.assert();
  }
  release(): void {
    this.#changed();
    this.host.platform.fpuError?.release();
  }
  /** An interrupt may wait, or wait no longer: the next port access is to see that. */
  #changed(): void {
    this.host.cpu.set(CPU.PORT_GENERATION, 0);
  }
  get ignored(): boolean {
    return this.host.platform.fpuError?.ignored ?? false;
  }
}

export class GuestContext implements ExecutionContext {
  readonly cpu: CpuState;
  readonly memory: LinearMemory;
  readonly x87: X87;
  readonly descriptors = new DescriptorCache();
  readonly fpuError: FpuErrorLine;

  constructor(
    private readonly host: ContextHost,
    readonly model: CpuModel,
  ) {
    this.cpu = host.cpu;
    this.memory = host.linear;
    this.x87 = new X87(host.cpu);
    this.fpuError = new FpuErrorPins(host);
  }

  get registered(): RegisteredTraps | undefined {
    return this.host.registeredTraps;
  }
  get paravirtual(): ParavirtualInterface | undefined {
    return this.host.paravirtual;
  }
  readPort(port: number, size: 1 | 2 | 4): number {
    return this.host.devices.readPort(port, size);
  }
  writePort(port: number, size: 1 | 2 | 4, value: number): void {
    this.host.devices.writePort(port, size, value);
  }
  timeStamp(): number {
    return this.host.timeStamp();
  }
  taskSwitching(selector: number, cause: TaskSwitchCause): void {
    this.host.technique.taskSwitching?.(selector, cause);
  }
  noteUnimplemented(what: string): void {
    this.host.noteUnimplemented(what);
  }
  stateChanged(what: StateChange, linear = 0): void {
    this.host.stateChanged(what, linear);
  }
}
