/**
 * KVM's paravirtual interface as numbers. Sources: Linux, Documentation/virt/kvm/x86/{cpuid,msr,hypercalls}.rst,
 * include/uapi/linux/kvm_para.h and arch/x86/include/uapi/asm/kvm_para.h.
 */
import { NANOSECONDS_PER_TICK } from '../guestTime';

/** CPUID 40000001h EAX: what is offered. */
export const KVM_FEATURE = {
  CLOCKSOURCE: 1 << 0,
  NOP_IO_DELAY: 1 << 1,
  CLOCKSOURCE2: 1 << 3,
  PV_EOI: 1 << 6,
  CLOCKSOURCE_STABLE: 1 << 24,
} as const;

const FEATURES = Object.values(KVM_FEATURE).reduce((bits, bit) => bits | bit, 0);
const FIRST_LEAF = 0x40000000;
const SIGNATURE = 'KVMKVMKVM\0\0\0';
const word = (at: number): number => [0, 1, 2, 3].reduce((value, i) => value | (SIGNATURE.charCodeAt(at + i) << (8 * i)), 0);

/** CPUID leaves: EAX, EBX, ECX, EDX. */
export const KVM_LEAVES: ReadonlyMap<number, readonly number[]> = new Map([
  [FIRST_LEAF, [FIRST_LEAF + 1, word(0), word(4), word(8)]],
  [FIRST_LEAF + 1, [FEATURES, 0, 0, 0]],
]);

export type KvmRegister = 'wallClock' | 'systemTime' | 'endOfInterrupt';

/** Model-specific registers by address; the first two are those of before CLOCKSOURCE2. */
export const KVM_MSRS: ReadonlyMap<number, KvmRegister> = new Map([
  [0x11, 'wallClock'],
  [0x12, 'systemTime'],
  [0x4b564d00, 'wallClock'],
  [0x4b564d01, 'systemTime'],
  [0x4b564d04, 'endOfInterrupt'],
]);
export const MSR_ENABLE = 1;

/** Negative results of hypercalls. */
export const KVM_ERROR = { EPERM: 1, EFAULT: 14, EOPNOTSUPP: 95, ENOSYS: 1000 } as const;
export const KVM_HYPERCALL = { VAPIC_POLL_IRQ: 1, CLOCK_PAIRING: 9 } as const;

/**
 * From ticks of the time-stamp counter to nanoseconds: shift left, multiply, and drop 32 bits. The multiplier has its
 * highest bit set, as KVM chooses it.
 */
export const TSC_SHIFT = Math.ceil(Math.log2(NANOSECONDS_PER_TICK));
export const TSC_MULTIPLIER = (NANOSECONDS_PER_TICK / 2 ** TSC_SHIFT) * 2 ** 32;
