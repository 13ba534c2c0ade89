/** What KVM offers a guest that knows of it: clock, end of interrupt without an exit, hypercalls. Numbers: kvmAbi.ts. */
import type { DeviceState } from '../../devices/contract';
import type { EoiFlag } from '../../devices/interruptController';
import type { GuestMemory } from '../../memory/guestMemory';
import type { ExecutionContext, ParavirtualInterface } from '../../semantics/system/context';
import { timeStamp } from '../../semantics/system/modelSpecific';
import { EAX, EBX, ECX } from '../../x86/registers';
import { KVM_ERROR, KVM_HYPERCALL, KVM_MSRS, type KvmRegister, MSR_ENABLE } from './kvmAbi';
import { type KvmMoment, writeClockPairing, writeSystemTime, writeWallClock } from './kvmClock';

const WALL_CLOCK = 0;

const powerOn = (): Record<KvmRegister, number> => ({ wallClock: 0, systemTime: 0, endOfInterrupt: 0 });

export interface KvmHost {
  readonly context: ExecutionContext;
  readonly memory: GuestMemory;
  /** Date and time at power-on, milliseconds since 1970. */
  readonly startDate: number;
  /** Guest time, nanoseconds. */
  now(): number;
}

export class KvmInterface implements ParavirtualInterface {
  /** Low halves of the registers: physical address and an enable bit. */
  #s = powerOn();

  constructor(private readonly host: KvmHost) {}

  get #moment(): KvmMoment {
    const [high, low] = timeStamp(this.host.context);
    return { now: this.host.now(), timeStamp: (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0) };
  }

  readMsr(address: number): readonly [high: number, low: number] | undefined {
    const register = KVM_MSRS.get(address);
    return register && [0, this.#s[register]];
  }

  writeMsr(address: number, high: number, low: number): boolean | undefined {
    const register = KVM_MSRS.get(address);
    if (!register) return undefined;
    // Four-byte aligned, below 4 GiB.
    if (high !== 0 || low & 2) return false;
    if (register === 'endOfInterrupt') this.#changingEoi();
    this.#s[register] = low >>> 0;
    if (register === 'wallClock') writeWallClock(this.host.memory, low >>> 0, this.host.startDate);
    if (register === 'systemTime') this.timeStampWritten();
    return true;
  }

  /** The page holds what the counter was at a time: a new one, whenever the guest sets the counter. */
  timeStampWritten(): void {
    const { systemTime } = this.#s;
    if (systemTime & MSR_ENABLE) writeSystemTime(this.host.memory, (systemTime & ~MSR_ENABLE) >>> 0, this.#moment);
  }

  /** The local APIC is to forget a flag that it set at the old address. */
  eoiMoving: () => void = () => {};

  #changingEoi(): void {
    this.eoiMoving();
  }

  /** The doubleword whose bit 0 stands for the end of the interrupt in service. */
  readonly eoiFlag: EoiFlag = {
    set: () => this.#eoiAddress >= 0 && this.#writeEoi(1),
    clear: () => void this.#writeEoi(0),
    isSet: () => (this.host.memory.read8(this.#eoiAddress) & 1) !== 0,
  };

  get #eoiAddress(): number {
    const { endOfInterrupt } = this.#s;
    return endOfInterrupt & MSR_ENABLE ? (endOfInterrupt & ~MSR_ENABLE) >>> 0 : -1;
  }

  #writeEoi(bit: 0 | 1): boolean {
    const { memory } = this.host;
    const address = this.#eoiAddress;
    if (!memory.isRam(address)) return false;
    memory.write8(address, (memory.read8(address) & ~1) | bit);
    return true;
  }

  hypercall(): number {
    const { cpu } = this.host.context;
    if (cpu.cpl > 0) return -KVM_ERROR.EPERM;
    switch (cpu.reg(EAX)) {
      case KVM_HYPERCALL.VAPIC_POLL_IRQ:
        return 0;
      case KVM_HYPERCALL.CLOCK_PAIRING:
        if (cpu.reg(ECX) !== WALL_CLOCK) return -KVM_ERROR.EOPNOTSUPP;
        return writeClockPairing(this.host.memory, cpu.reg(EBX), this.host.startDate, this.#moment) ? 0 : -KVM_ERROR.EFAULT;
      default:
        return -KVM_ERROR.ENOSYS;
    }
  }

  /** The guest has used none of it: this machine is like any other. */
  get untouched(): boolean {
    return Object.values(this.#s).every((value) => value === 0);
  }

  reset(): void {
    this.#s = powerOn();
  }

  save(): DeviceState {
    return { ...this.#s };
  }

  restore(state: DeviceState): void {
    this.#s = { ...state } as ReturnType<typeof powerOn>;
  }
}
