/** Registers by name, as debuggers, firmware and loaders use them. Values are unsigned. */
import { UserError } from '../base/userError';
import { GuestFault, type ExecutionContext } from '../semantics/system/context';
import { cacheOf, fetchDescriptor } from '../semantics/system/descriptors';
import { writeControl } from '../semantics/system/control';
import { setDebugCell } from '../semantics/system/debug';
import { loadSegment, realModeSegment } from '../semantics/system/segments';
import { kept, tagWord } from '../semantics/x87/tags';
import { CPU, type CpuState, byteRegisterOffset } from '../x86/cpuState';
import { CS, LDTR, REGISTERS_16, REGISTERS_32, REGISTERS_8, SEGMENT_REGISTERS, TR } from '../x86/registers';
import { hexh } from '../base/bits';

const CELLS: Readonly<Record<string, number>> = {
  eip: CPU.EIP,
  cr0: CPU.CR0,
  cr2: CPU.CR2,
  cr3: CPU.CR3,
  cr4: CPU.CR4,
  ...Object.fromEntries([0, 1, 2, 3, 6, 7].map((n) => [`dr${n}`, CPU.DR0 + 4 * n])),
  'gdtr.base': CPU.GDTR_BASE,
  'gdtr.limit': CPU.GDTR_LIMIT,
  'idtr.base': CPU.IDTR_BASE,
  'idtr.limit': CPU.IDTR_LIMIT,
  cpl: CPU.CPL,
  fctrl: CPU.X87_CONTROL,
  fstat: CPU.X87_STATUS,
  fop: CPU.X87_OPCODE,
  fiseg: CPU.X87_CS,
  fioff: CPU.X87_EIP,
  foseg: CPU.X87_DS,
  fooff: CPU.X87_DATA,
};

const SEGMENTS: Readonly<Record<string, number>> = { ...Object.fromEntries(SEGMENT_REGISTERS.map((name, n) => [name, n])), ldtr: LDTR, tr: TR };

export const segmentNumber = (name: string): number => SEGMENTS[name];

const GENERAL: ReadonlyMap<string, { readonly n: number; readonly size: 1 | 2 | 4 }> = new Map(
  (
    [
      [REGISTERS_32, 4],
      [REGISTERS_16, 2],
      [REGISTERS_8, 1],
    ] as const
  ).flatMap(([names, size]) => names.map((name, n) => [name, { n, size }] as const)),
);

const general = (name: string) => GENERAL.get(name);

export function readRegister(cpu: CpuState, name: string): number | undefined {
  const gpr = general(name);
  if (gpr) return cpu.regSized(gpr.n, gpr.size);
  if (name === 'eflags') return cpu.eflags;
  if (name === 'ftag') return tagWord((cell) => cpu.i32[cell >> 2]);
  if (Object.hasOwn(SEGMENTS, name)) return cpu.selector(SEGMENTS[name]);
  return Object.hasOwn(CELLS, name) ? cpu.get(CELLS[name]) : undefined;
}

/** Read a register out of saved state. */
export function readSaved(saved: Int32Array, name: string, eflags: (saved: Int32Array) => number): number | undefined {
  const at = (offset: number): number => saved[(offset - CPU.GPR) >> 2] >>> 0;
  const gpr = general(name);
  if (gpr)
    return gpr.size === 1
      ? (at((CPU.GPR + byteRegisterOffset(gpr.n)) & ~3) >>> (8 * (byteRegisterOffset(gpr.n) & 3))) & 0xff
      : gpr.size === 2
        ? at(CPU.GPR + 4 * gpr.n) & 0xffff
        : at(CPU.GPR + 4 * gpr.n);
  if (name === 'eflags') return eflags(saved);
  if (name === 'ftag') return tagWord(at);
  if (Object.hasOwn(SEGMENTS, name)) return at(CPU.SEGMENTS + 64 * SEGMENTS[name]);
  return Object.hasOwn(CELLS, name) ? at(CELLS[name]) : undefined;
}

/** False for an unknown or read-only name. Throws UserError for a selector or control value the CPU would refuse. */
export function writeRegister(context: ExecutionContext, name: string, value: number): boolean {
  const { cpu } = context;
  const gpr = general(name);
  if (gpr) cpu.setRegSized(gpr.n, gpr.size, value);
  else if (name === 'eflags') {
    cpu.eflags = value;
    context.stateChanged('privilege');
  } else if (name === 'ftag') cpu.set(CPU.X87_TAGS, kept(value));
  else if (name === 'ldtr' || name === 'tr' || name === 'cpl') return false;
  else if (Object.hasOwn(SEGMENTS, name)) guarded(context, `${name} = ${hexh(value, 4)}`, () => writeSegment(context, SEGMENTS[name], value & 0xffff));
  else if (/^cr[034]$/.test(name)) guarded(context, `${name} = ${hexh(value, 8)}`, () => writeControl(context, Number(name[2]), value));
  else if (/^dr[0-7]$/.test(name) && Object.hasOwn(CELLS, name)) setDebugCell(context, CELLS[name], value);
  else if (Object.hasOwn(CELLS, name)) cpu.set(CELLS[name], value);
  else return false;
  return true;
}

function writeSegment(context: ExecutionContext, s: number, selector: number): void {
  const { cpu } = context;
  if (s !== CS) {
    loadSegment(context, s, selector);
    cpu.set(CPU.INHIBIT, 0);
  } else if (cpu.realSegments) cpu.setSegment(CS, realModeSegment(context, CS, selector));
  else {
    const d = fetchDescriptor(context, selector);
    if (!d.code || !d.present) throw new GuestFault(13, selector & 0xfffc);
    cpu.setSegment(CS, cacheOf(context, (selector & ~3) | cpu.cpl, d));
  }
}

function guarded(context: ExecutionContext, what: string, action: () => void): void {
  try {
    action();
  } catch (fault) {
    if (!(fault instanceof GuestFault)) throw fault;
    context.cpu.set(CPU.FAULT, 0);
    throw new UserError('register.refused', `${what}: the CPU would raise exception ${fault.vector} (error code ${hexh(fault.errorCode, 4)}); the register is unchanged.`);
  }
}
