/** Control and test registers, CPUID, SYSENTER, port permissions. SDM Vol. 2; Vol. 3, 2.5 and 19.5. */
import { PTE_P } from '../../memory/pageWalker';
import { CPU } from '../../x86/cpuState';
import { GP, UD } from '../../x86/exceptions';
import { CR0_CD, CR0_ET, CR0_NW, CR0_PE, CR0_PG, CR0_WP, CR4_PAE, CR4_PGE, CR4_PSE, EFLAGS_IF, EFLAGS_RF, EFLAGS_VM } from '../../x86/flags';
import { CS, EAX, EBX, ECX, EDX, ESP, SS, TR } from '../../x86/registers';
import { type ExecutionContext, raise, readSystem } from './context';
import { notePort } from './debug';
import { apicEnabled } from './modelSpecific';
import { ioplOf, setCpl, writeFlags } from './privilege';

export function writeControl(context: ExecutionContext, n: number, rawValue: number): void {
  const value = rawValue >>> 0;
  if (n === 0) writeCr0(context, value);
  else if (n === 2) context.cpu.set(CPU.CR2, value);
  else if (n === 3) loadAddressSpace(context, value);
  else writeCr4(context, value);
}

function writeCr0(context: ExecutionContext, value: number): void {
  const { cpu } = context;
  if ((value & CR0_PG) !== 0 && !(value & CR0_PE)) raise(GP, 0);
  if (value & context.model.cr0Bits & CR0_NW && !(value & CR0_CD)) raise(GP, 0);
  const before = cpu.cr0;
  const after = ((value & context.model.cr0Bits) | CR0_ET) >>> 0;
  if ((before ^ after) & (CR0_PG | CR0_CD | CR0_NW)) loadPointers(context, after, cpu.get(CPU.CR4), cpu.get(CPU.CR3));
  cpu.set(CPU.CR0, after);
  if ((before ^ after) & (CR0_PG | CR0_PE | CR0_WP)) context.stateChanged('translation');
  if ((before ^ after) & CR0_PE) context.stateChanged('privilege');
}

function writeCr4(context: ExecutionContext, value: number): void {
  const { cpu, model } = context;
  if (model.cr4Bits === 0) raise(UD);
  if (value & ~model.cr4Bits) raise(GP, 0);
  const changed = cpu.get(CPU.CR4) ^ value;
  if (changed & (CR4_PAE | CR4_PGE | CR4_PSE)) loadPointers(context, cpu.cr0, value, cpu.get(CPU.CR3));
  cpu.set(CPU.CR4, value);
  context.stateChanged('translation');
}

/** `MOV CR3`, and the CR3 of a new task. */
export function loadAddressSpace(context: ExecutionContext, cr3: number): void {
  const { cpu } = context;
  loadPointers(context, cpu.cr0, cpu.get(CPU.CR4), cr3);
  cpu.set(CPU.CR3, cr3);
  context.stateChanged('addressSpace');
}

/** Bits of a page-directory-pointer-table entry that must be zero: in the low half, and above the address in the high half. */
const PDPTE_RESERVED = 0x1e6;
const PDPTE_RESERVED_HIGH = ~0xf;

/** With PAE paging, load the four entries CR3 points at; a reserved bit in one that is present is #GP(0) (SDM Vol. 3, 4.4.1). */
function loadPointers({ cpu, memory }: ExecutionContext, cr0: number, cr4: number, cr3: number): void {
  if (!(cr0 & CR0_PG) || !(cr4 & CR4_PAE)) return;
  const table = (cr3 & 0xffffffe0) >>> 0;
  const words = Array.from({ length: 8 }, (_, n) => memory.physical.read(table + 4 * n, 4));
  for (let n = 0; n < 8; n += 2) if (words[n] & PTE_P && (words[n] & PDPTE_RESERVED || words[n + 1] & PDPTE_RESERVED_HIGH)) raise(GP, 0);
  words.forEach((word, n) => cpu.set(CPU.PDPTE + 4 * n, word));
}

export function invalidatePage(context: ExecutionContext, linear: number): void {
  context.stateChanged('page', linear >>> 0);
}

/** TR3 to TR7 on the 486; the 386 has TR6 and TR7 only. The caches and the TLB they test are not modelled. */
function testCell({ model }: ExecutionContext, n: number): number {
  if (n < 6 && model.family < 4) raise(UD);
  return n < 6 ? CPU.TR3 + 4 * (n - 3) : CPU.TR6 + 4 * (n - 6);
}
export const readTest = (context: ExecutionContext, n: number): number => context.cpu.get(testCell(context, n));
export const writeTest = (context: ExecutionContext, n: number, value: number): void => context.cpu.set(testCell(context, n), value);

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

export function portIn(context: ExecutionContext, port: number, size: number): number {
  notePort(context, port, size);
  return context.readPort(port, size as 1 | 2 | 4);
}

export function portOut(context: ExecutionContext, port: number, size: number, value: number): void {
  notePort(context, port, size);
  context.writePort(port, size as 1 | 2 | 4, value >>> 0);
}

const word = (text: string, at: number): number => [0, 1, 2, 3].reduce((value, i) => value | (text.charCodeAt(at + i) << (8 * i)), 0);

const APIC_FEATURE = 1 << 9;
const CLFLUSH_FEATURE = 1 << 19;
/** In CPUID.1:EBX, bits 8 to 15: 64 bytes, in units of 8. */
const CLFLUSH_LINE = 8 << 8;

/** CPUID.1:ECX: there is a hypervisor, which has leaves from 40000000h on. */
const HYPERVISOR_FEATURE = 1 << 31;
const FIRST_HYPERVISOR_LEAF = 0x40000000;
const LAST_HYPERVISOR_LEAF = 0x4fffffff;
const NO_LEAF = [0, 0, 0, 0];

/** `CPUID`: vendor in leaf 0, family and features in leaf 1, the rest as the model has it; beyond the last leaf, the last. */
export function identify(context: ExecutionContext): void {
  const { cpu, model } = context;
  const features = model.features | (model.localApic && apicEnabled(context) ? APIC_FEATURE : 0);
  const leaves = [
    [model.leaves.length + 1, word(model.vendor, 0), word(model.vendor, 8), word(model.vendor, 4)],
    [model.signature, model.brand | (features & CLFLUSH_FEATURE ? CLFLUSH_LINE : 0), model.hypervisorLeaves ? HYPERVISOR_FEATURE : 0, features],
    ...model.leaves,
  ];
  const number = cpu.reg(EAX);
  const hypervisor = model.hypervisorLeaves && number >= FIRST_HYPERVISOR_LEAF && number <= LAST_HYPERVISOR_LEAF;
  const leaf = hypervisor ? (model.hypervisorLeaves.get(number) ?? NO_LEAF) : leaves[Math.min(number, leaves.length - 1)];
  [EAX, EBX, ECX, EDX].forEach((register, n) => cpu.setReg(register, leaf[n]));
}

/** `VMCALL`, `VMMCALL`: undefined without a hypervisor to call. */
export function hypercall(context: ExecutionContext): void {
  const { cpu, paravirtual } = context;
  if (!paravirtual) raise(UD);
  cpu.setReg(EAX, paravirtual.hypercall());
}

/** Flat 32-bit segments that SYSENTER and SYSEXIT load without looking at a descriptor, at ring 0. */
const FLAT_CODE = 0xc09b;
const FLAT_DATA = 0xc093;

function enterFlat(context: ExecutionContext, codeSelector: number, cpl: number, eip: number, esp: number): void {
  const { cpu } = context;
  const load = (segment: number, selector: number, attributes: number): void =>
    cpu.setSegment(segment, { selector: (selector & 0xfffc) | cpl, base: 0, limit: 0xffffffff, attributes: attributes | (cpl << 5) });
  load(CS, codeSelector, FLAT_CODE);
  load(SS, codeSelector + 8, FLAT_DATA);
  cpu.eip = eip;
  cpu.setReg(ESP, esp);
  setCpl(context, cpl);
}

const sysenterCs = ({ cpu }: ExecutionContext): number => {
  const selector = cpu.get(CPU.SYSENTER_CS);
  if (!cpu.protectedMode || (selector & 0xfffc) === 0) raise(GP, 0);
  return selector;
};

/** `SYSENTER` (SDM Vol. 2): ring 0 at the address in the MSRs, interrupts off, out of virtual-8086 mode too. */
export function systemEnter(context: ExecutionContext): void {
  const { cpu } = context;
  const selector = sysenterCs(context);
  writeFlags(context, 0, EFLAGS_VM | EFLAGS_IF | EFLAGS_RF);
  enterFlat(context, selector, 0, cpu.get(CPU.SYSENTER_EIP), cpu.get(CPU.SYSENTER_ESP));
}

/** `SYSEXIT`: ring 3 at EDX, with the stack at ECX. */
export function systemExit(context: ExecutionContext): void {
  const { cpu } = context;
  enterFlat(context, sysenterCs(context) + 16, 3, cpu.reg(EDX), cpu.reg(ECX));
}
