/** Lets the built-in BIOS serve a call from its ROM: registers, the interrupt frame, memory, A20, where to go on. */
import { UserError } from '../base/userError';
import type { ExecutionContext } from '../semantics/system/context';
import { realModeSegment } from '../semantics/system/segments';
import { CPU } from '../x86/cpuState';
import { EFLAGS_CF, EFLAGS_IF, EFLAGS_ZF } from '../x86/flags';
import { CS, ESP, SS } from '../x86/registers';
import type { PhysicalMemory } from '../devices/contract';
import type { Firmware, FirmwareContext, Sentence } from './firmwareContext';
import { readRegister, writeRegister } from './registerFile';

/** Where the ROM may call from: the last 64 KiB below 1 MiB. */
export const inFirmware = (linear: number): boolean => linear >= 0xf0000 && linear <= 0xfffff;

const FLAG_BITS = { CF: EFLAGS_CF, ZF: EFLAGS_ZF, IF: EFLAGS_IF } as const;

export interface FirmwareHost {
  readonly context: ExecutionContext;
  setA20(enabled: boolean): void;
  readonly a20: boolean;
  now(): number;
}

/** The guest as the BIOS sees it: one object a VM, so that a call costs little. */
export class FirmwareService implements FirmwareContext {
  readonly #host: FirmwareHost;
  #retried = false;

  constructor(host: FirmwareHost) {
    this.#host = host;
  }

  /** Serve call `service` of the instruction of `length` bytes at EIP. `retried`: it waits for an interrupt and did not retire. */
  serve(firmware: Firmware, service: number, length: number): { sentence: Sentence; retried: boolean } {
    const { cpu } = this.#host.context;
    const at = cpu.eip;
    cpu.eip = (at + length) & 0xffff;
    this.#retried = false;
    const sentence = firmware.call(service, this);
    if (this.#retried) {
      cpu.eip = at;
      cpu.set(CPU.EFLAGS, cpu.get(CPU.EFLAGS) | EFLAGS_IF);
      cpu.set(CPU.HALTED, 1);
    }
    return { sentence, retried: this.#retried };
  }

  read(register: string): number {
    return readRegister(this.#host.context.cpu, register) ?? unknownRegister(register);
  }

  write(register: string, value: number): void {
    if (!writeRegister(this.#host.context, register, value)) unknownRegister(register);
  }

  setReturnFlag(flag: 'CF' | 'ZF' | 'IF', on: boolean): void {
    const { cpu, memory } = this.#host.context;
    const frame = (cpu.segmentBase(SS) + ((cpu.reg(ESP) + 4) & 0xffff)) >>> 0;
    const flags = memory.read(frame, 2, false, false);
    memory.write(frame, 2, on ? flags | FLAG_BITS[flag] : flags & ~FLAG_BITS[flag], false);
  }

  get memory(): PhysicalMemory {
    return this.#host.context.memory.physical;
  }

  physical(selector: number, offset: number): number {
    return (((selector << 4) + offset) & this.#host.context.memory.physical.a20Mask) >>> 0;
  }

  retryAfterInterrupt(): void {
    this.#retried = true;
  }

  setA20(enabled: boolean): void {
    this.#host.setA20(enabled);
  }

  get a20(): boolean {
    return this.#host.a20;
  }

  jump(selector: number, offset: number): void {
    const { context } = this.#host;
    context.cpu.setSegment(CS, realModeSegment(context, CS, selector));
    context.cpu.eip = offset & 0xffff;
  }

  now(): number {
    return this.#host.now();
  }
}

const unknownRegister = (name: string): never => {
  throw new UserError('firmware.register', `the BIOS asked for an unknown register ${name}`);
};

/** The event of a call; what the BIOS did is said when somebody reads it. A class: literals with accessors cost microseconds each. */
export class FirmwareDraft {
  readonly kind = 'firmware';

  constructor(private readonly told: Sentence) {}

  get sentence(): string {
    return typeof this.told === 'function' ? this.told() : this.told;
  }

  get reason(): string {
    return this.sentence.split(/[: ]/, 2).join(' ');
  }
}
