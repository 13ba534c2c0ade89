/**
 * KVM's clock: a page from which the guest computes time with the time-stamp counter, and its wall-clock time at power-on.
 * A guest reads them without leaving; the version, odd while the host writes, tells it to read again. Source: Linux,
 * arch/x86/include/asm/pvclock-abi.h; Documentation/virt/kvm/x86/msr.rst.
 */
import type { PhysicalMemory } from '../../devices/contract';
import { TSC_MULTIPLIER, TSC_SHIFT } from './kvmAbi';

const SECOND = 1_000_000_000;
const MILLISECOND = 1_000_000;
/** Offsets in `pvclock_vcpu_time_info`. */
const TIME = { version: 0, timeStamp: 8, systemTime: 16, multiplier: 24, shift: 28, flags: 29, bytes: 32 } as const;
const FLAG_STABLE = 1;
const WALL_CLOCK_BYTES = 12;

export interface KvmMoment {
  /** Guest time, nanoseconds since power-on. */
  readonly now: number;
  /** The guest's time-stamp counter. */
  readonly timeStamp: bigint;
}

/** Fill in a structure with its version odd, then make it even. */
const publish = (memory: PhysicalMemory, address: number, bytes: number, fill: (view: DataView) => void): void => {
  const old = new DataView(memory.readBytes(address, 4).buffer).getUint32(0, true);
  const odd = ((old & ~1) + 1) >>> 0;
  const view = new DataView(new ArrayBuffer(bytes));
  fill(view);
  view.setUint32(0, odd, true);
  memory.writeBytes(address, new Uint8Array(view.buffer));
  view.setUint32(0, odd + 1, true);
  memory.writeBytes(address, new Uint8Array(view.buffer, 0, 4));
};

const inRam = (memory: PhysicalMemory, address: number, bytes: number): boolean => address + bytes <= memory.size;

/** What the time-stamp counter means, as of `moment`. An address outside RAM is ignored, as by KVM. */
export const writeSystemTime = (memory: PhysicalMemory, address: number, { now, timeStamp }: KvmMoment): void => {
  if (!inRam(memory, address, TIME.bytes)) return;
  publish(memory, address, TIME.bytes, (view) => {
    view.setBigUint64(TIME.timeStamp, timeStamp, true);
    view.setBigUint64(TIME.systemTime, BigInt(now), true);
    view.setUint32(TIME.multiplier, TSC_MULTIPLIER, true);
    view.setInt8(TIME.shift, TSC_SHIFT);
    view.setUint8(TIME.flags, FLAG_STABLE);
  });
};

/** Date and time at power-on, `startDate` milliseconds since 1970. */
export const writeWallClock = (memory: PhysicalMemory, address: number, startDate: number): void => {
  if (!inRam(memory, address, WALL_CLOCK_BYTES)) return;
  publish(memory, address, WALL_CLOCK_BYTES, (view) => {
    view.setUint32(4, Math.floor(startDate / 1000), true);
    view.setUint32(8, (startDate % 1000) * MILLISECOND, true);
  });
};

const PAIRING_BYTES = 64;

/** `kvm_clock_pairing`: wall-clock time and the time-stamp counter of one moment. False: the address is not RAM. */
export const writeClockPairing = (memory: PhysicalMemory, address: number, startDate: number, { now, timeStamp }: KvmMoment): boolean => {
  if (!inRam(memory, address, PAIRING_BYTES)) return false;
  const nanoseconds = BigInt(startDate) * BigInt(MILLISECOND) + BigInt(now);
  const view = new DataView(new ArrayBuffer(PAIRING_BYTES));
  view.setBigInt64(0, nanoseconds / BigInt(SECOND), true);
  view.setBigInt64(8, nanoseconds % BigInt(SECOND), true);
  view.setBigUint64(16, timeStamp, true);
  memory.writeBytes(address, new Uint8Array(view.buffer));
  return true;
};
