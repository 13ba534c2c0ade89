/**
 * Hardware task switching: far jumps, calls, interrupts and IRET that lead to a task-state segment. SDM Vol. 3, chapter 7.
 * Up to the moment the old state is saved a fault belongs to the old task and nothing has changed. From then on the new
 * task runs: what is wrong with its segments is its own fault, noted in the DUE_FAULT cells and delivered before its first instruction.
 */
import { CPU, type SegmentCache } from '../../x86/cpuState';
import { GP, NP, SS_FAULT, TS } from '../../x86/exceptions';
import { CR0_PG, CR0_TS, DR6_BT, DR7_LOCAL, EFLAGS_NT, EFLAGS_RF, EFLAGS_VM } from '../../x86/flags';
import { CS, DS, ES, FS, GS, LDTR, SS, TR } from '../../x86/registers';
import { type ExecutionContext, GuestFault, type TaskSwitchCause, check, raise, readSystem, writeSystem } from './context';
import { type Descriptor, TYPE_LDT, TYPE_TSS_16, TYPE_TSS_16_BUSY, TYPE_TSS_32, TYPE_TSS_32_BUSY, asErrorCode, cacheOf, isNull, lookDescriptor, rplOf } from './descriptors';
import { loadAddressSpace } from './control';
import { existingFlags, setCpl } from './privilege';
import { V86_ATTRIBUTES } from './segments';
import { noteVirtualInterrupt } from './virtualInterrupts';

/** Where a TSS keeps what (SDM Vol. 3, figures 7-2 and 7-10); registers and segments in the order of their numbers. */
interface TssFormat {
  readonly size: 2 | 4;
  /** Least limit: the bytes a switch reads. */
  readonly limit: number;
  readonly cr3?: number;
  readonly eip: number;
  readonly eflags: number;
  readonly registers: number;
  readonly segments: number;
  readonly segmentCount: number;
  readonly ldt: number;
  /** The T flag, bit 0 of the word. */
  readonly trap?: number;
}

const TSS_32: TssFormat = { size: 4, limit: 0x67, cr3: 0x1c, eip: 0x20, eflags: 0x24, registers: 0x28, segments: 0x48, segmentCount: 6, ldt: 0x60, trap: 0x64 };
const TSS_16: TssFormat = { size: 2, limit: 0x2b, eip: 0x0e, eflags: 0x10, registers: 0x12, segments: 0x22, segmentCount: 4, ldt: 0x2a };

const formatOf = (attributes: number): TssFormat => (attributes & 8 ? TSS_32 : TSS_16);

export const isTss = (d: Descriptor): boolean => !d.segment && [TYPE_TSS_16, TYPE_TSS_16_BUSY, TYPE_TSS_32, TYPE_TSS_32_BUSY].includes(d.type);
const isAvailableTss = (d: Descriptor): boolean => !d.segment && (d.type === TYPE_TSS_16 || d.type === TYPE_TSS_32);
const isBusyTss = (d: Descriptor): boolean => !d.segment && (d.type === TYPE_TSS_16_BUSY || d.type === TYPE_TSS_32_BUSY);
const BUSY = 2;

export interface TaskSwitch {
  readonly cause: TaskSwitchCause;
  /** EIP the old task continues at. */
  readonly next: number;
  /** EXT bit of error codes. */
  readonly ext: number;
  /** RF in the saved EFLAGS: the event is a fault. */
  readonly resume?: boolean;
}

/** The TSS a selector names: in the GDT, available (busy for IRET), present (SDM Vol. 3, table 7-1). */
function findTss(context: ExecutionContext, selector: number, { cause, ext }: TaskSwitch): Descriptor {
  const returning = cause === 'return';
  const error = asErrorCode(selector) + ext;
  const d = isNull(selector) || selector & 4 ? undefined : lookDescriptor(context, selector);
  if (!d || !(returning ? isBusyTss(d) : isAvailableTss(d))) raise(returning ? TS : GP, error);
  if (!d.present) raise(NP, error);
  return d;
}

/** Through a task gate; the caller has checked its privilege and presence. */
export const switchThroughGate = (context: ExecutionContext, gate: Descriptor, how: TaskSwitch): void => switchTask(context, gate.low >>> 16, how);

/** Fault now if any byte of [linear, linear + length) could not be read, or written. */
function probe(context: ExecutionContext, linear: number, length: number, write: boolean): void {
  for (const at of [linear, linear + length - 1]) {
    context.memory.probeSystem(at >>> 0, write);
    check(context);
  }
}

function setBusy(context: ExecutionContext, descriptorAt: number, busy: boolean): void {
  const type = readSystem(context, descriptorAt + 5, 1);
  writeSystem(context, descriptorAt + 5, 1, busy ? type | BUSY : type & ~BUSY);
}

/** The state a TSS holds. */
interface Task {
  readonly eip: number;
  readonly eflags: number;
  readonly registers: readonly number[];
  readonly selectors: readonly number[];
  readonly ldt: number;
  readonly cr3: number | undefined;
  readonly trap: boolean;
}

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

function readTask(context: ExecutionContext, base: number, format: TssFormat): Task {
  const { size } = format;
  const at = (offset: number, bytes: 2 | 4 = size): number => readSystem(context, base + offset, bytes);
  // A 16-bit TSS has no upper halves: they are all ones; FS and GS become null.
  const upper = size === 2 ? 0xffff0000 : 0;
  return {
    eip: at(format.eip),
    eflags: at(format.eflags),
    registers: range(8).map((n) => (at(format.registers + size * n) | upper) >>> 0),
    selectors: range(6).map((n) => (n < format.segmentCount ? at(format.segments + size * n, 2) : 0)),
    ldt: at(format.ldt, 2),
    cr3: format.cr3 === undefined ? undefined : at(format.cr3),
    trap: format.trap !== undefined && (at(format.trap, 2) & 1) !== 0,
  };
}

function saveTask(context: ExecutionContext, tss: SegmentCache, next: number, eflags: number): void {
  const { cpu } = context;
  const format = formatOf(tss.attributes);
  const { size } = format;
  const put = (offset: number, value: number, bytes: 2 | 4 = size): void => writeSystem(context, tss.base + offset, bytes, value);
  put(format.eip, next);
  put(format.eflags, eflags);
  for (const n of range(8)) put(format.registers + size * n, cpu.reg(n));
  for (const n of range(format.segmentCount)) put(format.segments + size * n, cpu.selector(n), 2);
}

export function switchTask(context: ExecutionContext, rawSelector: number, how: TaskSwitch): void {
  const { cpu } = context;
  const selector = rawSelector & 0xffff;
  const { cause, ext } = how;
  const nests = cause === 'call' || cause === 'event';
  const d = findTss(context, selector, how);
  context.taskSwitching?.(selector, cause);
  const format = formatOf(d.attributes);
  if (d.limit < format.limit) raise(TS, asErrorCode(selector) + ext);
  const old = cpu.segment(TR);
  const oldFormat = formatOf(old.attributes);
  if (old.limit < oldFormat.limit) raise(TS, asErrorCode(old.selector) + ext);
  probe(context, old.base, oldFormat.limit + 1, true);
  probe(context, d.base, format.limit + 1, nests);
  const oldDescriptor = (cpu.get(CPU.GDTR_BASE) + (old.selector & 0xfff8)) >>> 0;
  if (!nests) probe(context, oldDescriptor + 5, 1, true);
  probe(context, d.at + 5, 1, true);

  if (!nests) setBusy(context, oldDescriptor, false);
  saveTask(context, old, how.next, (cause === 'return' ? cpu.eflags & ~EFLAGS_NT : cpu.eflags) | (how.resume ? EFLAGS_RF : 0));
  const task = readTask(context, d.base, format);
  if (nests) writeSystem(context, d.base, 2, old.selector);
  if (cause !== 'return') setBusy(context, d.at, true);
  cpu.setSegment(TR, { selector, base: d.base, limit: d.limit, attributes: d.attributes | BUSY });
  loadTask(context, task, nests);
  try {
    loadSegments(context, task, ext);
    noteVirtualInterrupt(context);
    if (task.trap) cpu.set(CPU.PENDING_DEBUG, cpu.get(CPU.PENDING_DEBUG) | DR6_BT);
  } catch (fault) {
    if (!(fault instanceof GuestFault)) throw fault;
    cpu.set(CPU.FAULT, 0);
    cpu.set(CPU.DUE_FAULT, fault.vector + 1);
    cpu.set(CPU.DUE_FAULT_CODE, fault.errorCode);
  }
  context.stateChanged('task');
}

/** The fault that is due before the next instruction, taken out of the cells. */
export function takeDueFault({ cpu }: ExecutionContext): GuestFault | undefined {
  const vector = cpu.get(CPU.DUE_FAULT);
  if (vector === 0) return undefined;
  cpu.set(CPU.DUE_FAULT, 0);
  return new GuestFault(vector - 1, cpu.get(CPU.DUE_FAULT_CODE));
}

/** Everything but CR3 and descriptors: EFLAGS, EIP, general registers, selectors. */
function loadTask(context: ExecutionContext, task: Task, nests: boolean): void {
  const { cpu } = context;
  cpu.set(CPU.CR0, cpu.cr0 | CR0_TS);
  cpu.set(CPU.DR0 + 28, cpu.get(CPU.DR0 + 28) & ~DR7_LOCAL);
  cpu.eflags = (task.eflags & existingFlags(context)) | (nests ? EFLAGS_NT : 0);
  cpu.eip = task.eip;
  task.registers.forEach((value, n) => cpu.setReg(n, value));
  // Selectors without descriptors: not present until each has been checked.
  task.selectors.forEach((selector, s) => cpu.setSegment(s, { selector, base: 0, limit: 0, attributes: 0 }));
  cpu.setSegment(LDTR, { selector: task.ldt, base: 0, limit: 0, attributes: 0 });
  setCpl(context, task.eflags & EFLAGS_VM ? 3 : rplOf(task.selectors[CS]));
}

/** CR3 (with paging) and the descriptors of the new task, checked in the order of SDM Vol. 3, table 7-1. */
function loadSegments(context: ExecutionContext, { selectors, ldt, eflags, cr3 }: Task, ext: number): void {
  const { cpu } = context;
  if (cr3 !== undefined && cpu.cr0 & CR0_PG) loadAddressSpace(context, cr3);
  const refuse = (vector: number, selector: number): never => raise(vector, asErrorCode(selector) + ext);
  const look = (selector: number): Descriptor => (isNull(selector) ? undefined : lookDescriptor(context, selector)) ?? refuse(TS, selector);

  if (!isNull(ldt)) {
    const d = ldt & 4 ? refuse(TS, ldt) : look(ldt);
    if (d.segment || d.type !== TYPE_LDT || !d.present) refuse(TS, ldt);
    cpu.setSegment(LDTR, { selector: ldt, base: d.base, limit: d.limit, attributes: d.attributes });
  }
  if (eflags & EFLAGS_VM) {
    selectors.forEach((selector, s) => cpu.setSegment(s, { selector, base: selector << 4, limit: 0xffff, attributes: V86_ATTRIBUTES }));
    return;
  }
  const { cpl } = cpu;
  const cs = selectors[CS];
  const code = look(cs);
  if (!code.code || (code.conforming ? code.dpl > cpl : code.dpl !== cpl)) refuse(TS, cs);
  const ss = selectors[SS];
  const stack = look(ss);
  if (!stack.writable) refuse(TS, ss);
  if (!stack.present) refuse(SS_FAULT, ss);
  if (stack.dpl !== cpl) refuse(TS, ss);
  if (!code.present) refuse(NP, cs);
  if (rplOf(ss) !== cpl) refuse(TS, ss);
  cpu.setSegment(CS, cacheOf(context, cs, code));
  cpu.setSegment(SS, cacheOf(context, ss, stack));
  for (const s of [DS, ES, FS, GS]) {
    const selector = selectors[s];
    if (isNull(selector)) continue;
    const d = look(selector);
    if (!d.readable) refuse(TS, selector);
    if (!d.present) refuse(NP, selector);
    if (!d.conforming && (d.dpl < cpl || d.dpl < rplOf(selector))) refuse(TS, selector);
    cpu.setSegment(s, cacheOf(context, selector, d));
  }
}

/** Size of what the current task's stack frames hold: an error code behind a switch. */
export const taskSize = ({ cpu }: ExecutionContext): 2 | 4 => formatOf(cpu.segment(TR).attributes).size;
