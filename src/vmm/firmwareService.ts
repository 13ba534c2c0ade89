/** Lets the built-in BIOS serve a call from its ROM: registers, the interrupt frame, memory, A20, where to go on. */
import { UserError } from '../base/userError';
import type { ExecutionContext } from '../semantics/system/context';
import { realModeSegment } from '../semantics/system/segments';
import { CPU } from '../x86/cpuState';
import { EFLAGS_CF, EFLAGS_IF, EFLAGS_ZF } from '../x86/flags';
import { CS, ESP, SS } from '../x86/registers';
import type { Firmware, FirmwareContext } from './firmwareContext';
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

/** Serve call `service` of the instruction of `length` bytes at EIP. `retried`: it waits for an interrupt and did not retire. */
export function serve(firmware: Firmware, service: number, length: number, host: FirmwareHost): { sentence: string; retried: boolean } {
  const { context } = host;
  const { cpu, memory } = context;
  const at = cpu.eip;
  cpu.eip = (at + length) & 0xffff;
  let retried = false;
  const frame = (): number => (cpu.segmentBase(SS) + ((cpu.reg(ESP) + 4) & 0xffff)) >>> 0;
  const services: FirmwareContext = {
    read: (register) => readRegister(cpu, register) ?? unknownRegister(register),
    write: (register, value) => void (writeRegister(context, register, value) || unknownRegister(register)),
    setReturnFlag(flag, on) {
      const flags = memory.read(frame(), 2, false, false);
      memory.write(frame(), 2, on ? flags | FLAG_BITS[flag] : flags & ~FLAG_BITS[flag], false);
    },
    memory: memory.physical,
    physical: (selector, offset) => (((selector << 4) + offset) & memory.physical.a20Mask) >>> 0,
    retryAfterInterrupt() {
      retried = true;
    },
    setA20: (enabled) => host.setA20(enabled),
    get a20() {
      return host.a20;
    },
    jump(selector, offset) {
      cpu.setSegment(CS, realModeSegment(context, CS, selector));
      cpu.eip = offset & 0xffff;
    },
    now: () => host.now(),
  };
  const sentence = firmware.call(service, services);
  if (retried) {
    cpu.eip = at;
    cpu.set(CPU.EFLAGS, cpu.get(CPU.EFLAGS) | EFLAGS_IF);
    cpu.set(CPU.HALTED, 1);
  }
  return { sentence, retried };
}

const unknownRegister = (name: string): never => {
  throw new UserError('firmware.register', `the BIOS asked for an unknown register ${name}`);
};
