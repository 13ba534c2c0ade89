/**
 * Model-specific registers: which exist on which family, which bits can be written, what they hold after RESET.
 * SDM Vol. 3, chapter 11 (MTRR, PAT), 15 (machine check), appendix B.5 and B.6 (P6 and Pentium). Memory types, machine
 * checks and branch records (but not DEBUGCTL.BTF) have no effect here; performance counters hold what is written and do not count.
 */
import { CPU } from '../../x86/cpuState';
import { GP } from '../../x86/exceptions';
import { CR4_PCE } from '../../x86/flags';
import { EAX, ECX, EDX } from '../../x86/registers';
import { type ExecutionContext, raise } from './context';

/** High and low doubleword. */
type Quad = readonly [high: number, low: number];

interface Msr {
  readonly address: number;
  readonly name: string;
  /** First family that has it. */
  readonly family: 5 | 6;
  /** Also the last. */
  readonly only: boolean;
  readonly reset: Quad;
  /** Bits that can be written; any other bit set is #GP(0). Undefined: writing at all is. */
  readonly writable: Quad | undefined;
  /** A write also needs this. */
  readonly allows: (value: Quad) => boolean;
  /** 40 bits, written as 32 with their sign (SDM Vol. 3, 18.7.3). */
  readonly counter: boolean;
  /** A 32-bit cell of its own, in place of two in the file. */
  readonly own: number | undefined;
}

interface Placed extends Msr {
  /** CPU cell of the low half; the high half follows, unless the register has 32 bits. */
  readonly cell: number;
  readonly wide: boolean;
}

interface Columns {
  readonly only?: boolean;
  readonly reset?: Quad;
  readonly writable?: Quad;
  readonly allows?: (value: Quad) => boolean;
  readonly counter?: boolean;
  readonly own?: number;
}

const ALL: Quad = [-1, -1];
const LOW: Quad = [0, -1];
const ADDRESS_36 = 0xf;

/** UC, WC, WT, WP, WB (SDM Vol. 3, table 11-8); the PAT has UC- besides. */
const MTRR_TYPES = [0, 1, 4, 5, 6];
const PAT_TYPES = [...MTRR_TYPES, 7];
const bytesOf = ([high, low]: Quad): number[] => [low, high].flatMap((half) => [0, 8, 16, 24].map((shift) => (half >>> shift) & 0xff));
const eachByte =
  (types: readonly number[]) =>
  (value: Quad): boolean =>
    bytesOf(value).every((type) => types.includes(type));
const lowByte = ([, low]: Quad): boolean => MTRR_TYPES.includes(low & 0xff);
/** Status registers of machine checks are only cleared. */
const zero = ([high, low]: Quad): boolean => high === 0 && low === 0;

const msr = (address: number, name: string, family: 5 | 6, { only = false, reset = [0, 0], writable, allows = () => true, counter = false, own }: Columns = {}): Msr => ({
  address,
  name,
  family,
  only,
  reset,
  writable,
  allows,
  counter,
  own,
});
const each = (count: number, make: (n: number) => Msr): Msr[] => Array.from({ length: count }, (_, n) => make(n));

/** The time-stamp counter is made from guest time. */
const TSC = 0x10;
const FIXED_RANGES = [0x250, 0x258, 0x259, 0x268, 0x269, 0x26a, 0x26b, 0x26c, 0x26d, 0x26e, 0x26f];
const MACHINE_CHECK_BANKS = 5;

// biome-ignore format: a table
const ROWS: readonly Msr[] = [
  msr(0x000, 'P5_MC_ADDR', 5, { writable: ALL }),
  msr(0x001, 'P5_MC_TYPE', 5, { writable: ALL }),
  msr(0x011, 'CESR', 5, { only: true, writable: [0, 0x03ff03ff] }),
  msr(0x012, 'CTR0', 5, { only: true, writable: [0xff, -1] }),
  msr(0x013, 'CTR1', 5, { only: true, writable: [0xff, -1] }),
  msr(0x017, 'PLATFORM_ID', 6),
  msr(0x01b, 'APIC_BASE', 6, { reset: [0, 0xfee00100], writable: [0, 0xfffff900], own: CPU.APIC_BASE }),
  msr(0x02a, 'EBL_CR_POWERON', 6, { writable: [0, 0x0000005e] }),
  msr(0x08b, 'BIOS_SIGN_ID', 6, { writable: ALL }),
  msr(0x0c1, 'PERFCTR0', 6, { writable: ALL, counter: true }),
  msr(0x0c2, 'PERFCTR1', 6, { writable: ALL, counter: true }),
  msr(0x0fe, 'MTRRCAP', 6, { reset: [0, 0x508] }),                     // eight variable ranges, fixed ranges, write combining
  msr(0x119, 'BBL_CR_CTL', 6, { writable: LOW }),
  msr(0x174, 'SYSENTER_CS', 6, { writable: LOW, own: CPU.SYSENTER_CS }),
  msr(0x175, 'SYSENTER_ESP', 6, { writable: LOW, own: CPU.SYSENTER_ESP }),
  msr(0x176, 'SYSENTER_EIP', 6, { writable: LOW, own: CPU.SYSENTER_EIP }),
  msr(0x179, 'MCG_CAP', 6, { reset: [0, 0x100 | MACHINE_CHECK_BANKS] }), // MCG_CTL is there
  msr(0x17a, 'MCG_STATUS', 6, { writable: [0, 7] }),
  msr(0x17b, 'MCG_CTL', 6, { writable: ALL }),
  msr(0x186, 'PERFEVTSEL0', 6, { writable: [0, 0xffdfffff | 0] }),
  msr(0x187, 'PERFEVTSEL1', 6, { writable: [0, 0xff9fffff | 0] }),
  msr(0x1d9, 'DEBUGCTL', 6, { writable: [0, 0x7f], own: CPU.DEBUG_CONTROL }),
  msr(0x1db, 'LASTBRANCHFROMIP', 6),
  msr(0x1dc, 'LASTBRANCHTOIP', 6),
  msr(0x1dd, 'LASTINTFROMIP', 6),
  msr(0x1de, 'LASTINTTOIP', 6),
  ...each(16, (n) =>
    n & 1
      ? msr(0x200 + n, `MTRRPHYSMASK${n >> 1}`, 6, { writable: [ADDRESS_36, 0xfffff800] })
      : msr(0x200 + n, `MTRRPHYSBASE${n >> 1}`, 6, { writable: [ADDRESS_36, 0xfffff0ff], allows: lowByte }),
  ),
  ...FIXED_RANGES.map((address) => msr(address, 'MTRRFIX', 6, { writable: ALL, allows: eachByte(MTRR_TYPES) })),
  msr(0x277, 'PAT', 6, { reset: [0x00070406, 0x00070406], writable: ALL, allows: eachByte(PAT_TYPES) }),
  msr(0x2ff, 'MTRRDEFTYPE', 6, { writable: [0, 0xcff], allows: lowByte }),
  ...each(4 * MACHINE_CHECK_BANKS, (n) => msr(0x400 + n, ['CTL', 'STATUS', 'ADDR', 'MISC'][n & 3], 6, { writable: ALL, ...(n & 3 ? { allows: zero } : {}) })),
];

export const MSRS: readonly Placed[] = ROWS.map((row, n) => ({ ...row, cell: row.own ?? CPU.MSRS + 8 * n, wide: row.own === undefined }));

const BY_ADDRESS = new Map(MSRS.map((row) => [row.address, row]));

const find = ({ model }: ExecutionContext, address: number): Placed => {
  const found = BY_ADDRESS.get(address);
  return found && (found.only ? model.family === found.family : model.family >= found.family) ? found : raise(GP, 0);
};

/** What RESET leaves in them. */
export function resetModelSpecific(cpu: ExecutionContext['cpu']): void {
  for (const { cell, wide, reset } of MSRS) {
    cpu.set(cell, reset[1]);
    if (wide) cpu.set(cell + 4, reset[0]);
  }
}

// The time-stamp counter: guest time, and what WRMSR has added to it.

const quad = (high: number, low: number): bigint => (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);

export function timeStamp(context: ExecutionContext): Quad {
  const { cpu } = context;
  const now = context.timeStamp();
  const [high, low] = [cpu.get(CPU.TSC_OFFSET + 4), cpu.get(CPU.TSC_OFFSET)];
  if (high === 0 && low === 0) return [Math.floor(now / 0x1_0000_0000), now % 0x1_0000_0000];
  const sum = BigInt.asUintN(64, BigInt(Math.floor(now)) + quad(high, low));
  return [Number(sum >> 32n), Number(sum & 0xffffffffn)];
}

/** Families 5 and 6 write the low half; the high half becomes zero. */
function setTimeStamp(context: ExecutionContext, low: number): void {
  const offset = BigInt.asUintN(64, quad(0, low) - BigInt(Math.floor(context.timeStamp())));
  context.cpu.set(CPU.TSC_OFFSET, Number(offset & 0xffffffffn));
  context.cpu.set(CPU.TSC_OFFSET + 4, Number(offset >> 32n));
  context.paravirtual?.timeStampWritten();
}

/** `RDMSR`: an unknown register is #GP(0). */
export function readModelSpecific(context: ExecutionContext): void {
  const { cpu } = context;
  const address = cpu.reg(ECX);
  const own = context.paravirtual?.readMsr(address);
  const row = own || address === TSC ? undefined : find(context, address);
  const [high, low] = own ? own : row ? [row.wide ? cpu.get(row.cell + 4) : 0, cpu.get(row.cell)] : timeStamp(context);
  cpu.setReg(EAX, low);
  cpu.setReg(EDX, high);
}

/** `WRMSR`: so is a reserved bit, or any write to one that is read-only. */
export function writeModelSpecific(context: ExecutionContext): void {
  const { cpu } = context;
  const address = cpu.reg(ECX);
  const value: Quad = [cpu.reg(EDX), cpu.reg(EAX)];
  if (address === TSC) return setTimeStamp(context, value[1]);
  const accepted = context.paravirtual?.writeMsr(address, value[0], value[1]);
  if (accepted === false) raise(GP, 0);
  if (accepted) return;
  const { writable, allows, cell, wide, counter } = find(context, address);
  if (!writable || value[0] & ~writable[0] || value[1] & ~writable[1] || !allows(value)) raise(GP, 0);
  const high = counter ? (value[1] >> 31) & 0xff : value[0];
  cpu.set(cell, value[1]);
  if (wide) cpu.set(cell + 4, high);
}

/** `RDPMC`: PERFCTR0 and PERFCTR1, at CPL > 0 with CR4.PCE. */
export function readPerformanceCounter(context: ExecutionContext): void {
  const { cpu } = context;
  if (!(cpu.get(CPU.CR4) & CR4_PCE) && cpu.cpl > 0) raise(GP, 0);
  const n = cpu.reg(ECX);
  if (n > 1) raise(GP, 0);
  const { cell } = find(context, 0xc1 + n);
  cpu.setReg(EAX, cpu.get(cell));
  cpu.setReg(EDX, cpu.get(cell + 4));
}

/** Bit 11 of APIC_BASE, where there is one: a local APIC that is off is not in CPUID. */
export const apicEnabled = ({ cpu }: ExecutionContext): boolean => (cpu.get(CPU.APIC_BASE) & 0x800) !== 0;
