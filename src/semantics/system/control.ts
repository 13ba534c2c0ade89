/** Control, debug, test and model-specific registers, CPUID, time stamp, port permissions. SDM Vol. 2; Vol. 3, 2.5 and 19.5. */
import { CPU } from '../../x86/cpuState';
import { GP, UD } from '../../x86/exceptions';
import { CR0_CD, CR0_ET, CR0_NW, CR0_PE, CR0_PG, CR0_WP, CR4_DE, CR4_PCE, CR4_TSD } from '../../x86/flags';
import { EAX, EBX, ECX, EDX, TR } from '../../x86/registers';
import { type ExecutionContext, raise, readSystem, unimplemented } from './context';
import { ioplOf } from './privilege';

const CONTROL_CELLS: Readonly<Record<number, number>> = { 0: CPU.CR0, 2: CPU.CR2, 3: CPU.CR3, 4: CPU.CR4 };

export const readControl = (context: ExecutionContext, n: number): number => context.cpu.get(CONTROL_CELLS[n]);

export function writeControl(context: ExecutionContext, n: number, rawValue: number): void {
  const value = rawValue >>> 0;
  if (n === 0) writeCr0(context, value);
  else if (n === 4) writeCr4(context, value);
  else {
    context.cpu.set(CONTROL_CELLS[n], value);
    if (n === 3) context.stateChanged('translation');
  }
}

function writeCr0(context: ExecutionContext, value: number): void {
  const { cpu } = context;
  if ((value & CR0_PG) !== 0 && !(value & CR0_PE)) raise(GP, 0);
  if (value & context.model.cr0Bits & CR0_NW && !(value & CR0_CD)) raise(GP, 0);
  const before = cpu.cr0;
  const after = ((value & context.model.cr0Bits) | CR0_ET) >>> 0;
  cpu.set(CPU.CR0, after);
  if ((before ^ after) & (CR0_PG | CR0_PE | CR0_WP)) context.stateChanged('translation');
  if ((before ^ after) & CR0_PE) context.stateChanged('privilege');
}

function writeCr4(context: ExecutionContext, value: number): void {
  if (context.model.cr4Bits === 0) raise(UD);
  if (value & ~context.model.cr4Bits) raise(GP, 0);
  context.cpu.set(CPU.CR4, value);
  context.stateChanged('translation');
}

export function invalidatePage(context: ExecutionContext, linear: number): void {
  context.stateChanged('page', linear >>> 0);
}

/** DR4 and DR5 are DR6 and DR7, or #UD with CR4.DE. */
const debugCell = (context: ExecutionContext, n: number): number => {
  if ((n === 4 || n === 5) && context.cpu.get(CPU.CR4) & CR4_DE) raise(UD);
  return CPU.DR0 + 4 * (n === 4 || n === 5 ? n + 2 : n);
};

export const readDebug = (context: ExecutionContext, n: number): number => context.cpu.get(debugCell(context, n));

export function writeDebug(context: ExecutionContext, n: number, value: number): void {
  const cell = debugCell(context, n);
  const fixed = cell === CPU.DR0 + 24 ? (value | 0xffff0ff0) & ~0x1000 : cell === CPU.DR0 + 28 ? (value | 0x400) & ~0xd800 : value;
  context.cpu.set(cell, fixed);
}

const testCell = (n: number): number => (n === 7 ? CPU.TR7 : CPU.TR6);
export const readTest = (context: ExecutionContext, n: number): number => context.cpu.get(testCell(n));
export const writeTest = (context: ExecutionContext, n: number, value: number): void => context.cpu.set(testCell(n), value);

/** Port permission: IOPL, then the I/O bitmap of a 32-bit TSS; otherwise #GP(0) (SDM Vol. 3, 19.5.2). */
export function checkPort(context: ExecutionContext, port: number, size: number): void {
  const { cpu } = context;
  if (!cpu.protectedMode || (!cpu.v86 && cpu.cpl <= ioplOf(context))) return;
  const tss = cpu.segment(TR);
  if ((tss.attributes & 0x9f) !== 0x8b || tss.limit < 103) raise(GP, 0);
  const at = readSystem(context, tss.base + 102, 2) + (port >>> 3);
  // Two bytes are read, so that ports across a byte boundary are covered.
  if (at + 1 > tss.limit) raise(GP, 0);
  const bits = readSystem(context, tss.base + at, 2) >>> (port & 7);
  if (bits & ((1 << size) - 1)) raise(GP, 0);
}

export const portIn = (context: ExecutionContext, port: number, size: number): number => context.readPort(port, size as 1 | 2 | 4);
export const portOut = (context: ExecutionContext, port: number, size: number, value: number): void => context.writePort(port, size as 1 | 2 | 4, value >>> 0);

export function checkTimeStampAccess(context: ExecutionContext): void {
  if (context.cpu.get(CPU.CR4) & CR4_TSD && context.cpu.cpl > 0) raise(GP, 0);
}
export const timeStampLow = (context: ExecutionContext): number => context.timeStamp() % 0x1_0000_0000;
export const timeStampHigh = (context: ExecutionContext): number => Math.floor(context.timeStamp() / 0x1_0000_0000);

export function readPerformanceCounter(context: ExecutionContext): void {
  if (!(context.cpu.get(CPU.CR4) & CR4_PCE) && context.cpu.cpl > 0) raise(GP, 0);
  unimplemented(context, 'RDPMC');
}

const MSR_TSC = 0x10;
const MSR_APIC_BASE = 0x1b;
const MSR_SYSENTER_CS = 0x174;
const MSR_CELLS: Readonly<Record<number, number>> = { [MSR_APIC_BASE]: CPU.APIC_BASE, [MSR_SYSENTER_CS]: CPU.SYSENTER_CS, 0x175: CPU.SYSENTER_ESP, 0x176: CPU.SYSENTER_EIP };

/** `RDMSR`: an unknown register is #GP(0). */
export function readModelSpecific(context: ExecutionContext): void {
  const { cpu } = context;
  const msr = cpu.reg(ECX);
  if (msr !== MSR_TSC && MSR_CELLS[msr] === undefined) raise(GP, 0);
  cpu.setReg(EAX, msr === MSR_TSC ? timeStampLow(context) : cpu.get(MSR_CELLS[msr]));
  cpu.setReg(EDX, msr === MSR_TSC ? timeStampHigh(context) : 0);
}

export function writeModelSpecific(context: ExecutionContext): void {
  const { cpu } = context;
  const msr = cpu.reg(ECX);
  if (msr === MSR_TSC) return unimplemented(context, 'writing the time-stamp counter');
  if (MSR_CELLS[msr] === undefined) raise(GP, 0);
  cpu.set(MSR_CELLS[msr], cpu.reg(EAX));
}

const word = (text: string, at: number): number => [0, 1, 2, 3].reduce((value, i) => value | (text.charCodeAt(at + i) << (8 * i)), 0);

const CPUID_CLFSH = 1 << 19;
/** In CPUID.1:EBX, bits 8 to 15: 64 bytes, in units of 8. */
const CLFLUSH_LINE = 8 << 8;

/** `CPUID`: vendor in leaf 0, family and features in leaf 1. */
export function identify(context: ExecutionContext): void {
  const { cpu, model } = context;
  const leaf = cpu.reg(EAX);
  const set = (a: number, b: number, c: number, d: number): void => {
    cpu.setReg(EAX, a);
    cpu.setReg(EBX, b);
    cpu.setReg(ECX, c);
    cpu.setReg(EDX, d);
  };
  if (leaf === 0) set(1, word(model.vendor, 0), word(model.vendor, 8), word(model.vendor, 4));
  else if (leaf === 1) set(model.signature, model.features & CPUID_CLFSH ? CLFLUSH_LINE : 0, 0, model.features);
  else set(0, 0, 0, 0);
}

/** `SYSENTER`, `SYSEXIT` (SDM Vol. 2): flat segments derived from the SYSENTER_CS MSR. */
export function systemEnter(context: ExecutionContext): void {
  if (!context.cpu.protectedMode || (context.cpu.get(CPU.SYSENTER_CS) & 0xfffc) === 0) raise(GP, 0);
  unimplemented(context, 'SYSENTER');
}
export function systemExit(context: ExecutionContext): void {
  if (!context.cpu.protectedMode || (context.cpu.get(CPU.SYSENTER_CS) & 0xfffc) === 0) raise(GP, 0);
  unimplemented(context, 'SYSEXIT');
}
