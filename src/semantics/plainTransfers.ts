/**
 * The ordinary course of INT n, of faults, of IRET and of segment loads: flat 32-bit code and stacks before and behind, gates and descriptors in the GDT and
 * IDT, present and accessed, all memory in the software TLB. Whatever is not so gives up, before anything has changed, and the helpers
 * (system/interrupts, system/segments) do it. SDM Vol. 2: INT n, IRET, MOV; Vol. 3, 5.5 and 6.12.
 */
import { type Expr, STATUS, add, and, binary, cell, constant, equal, isZero, or, register, shl, shrU, sub, xor } from '../ir/microOp';
import type { StatementBuilder } from '../ir/statementBuilder';
import { ENGINE_CELLS } from '../ir/engineCells';
import { CROSSES_PAGE, DENY_SUPERVISOR_READ, DENY_SUPERVISOR_WRITE, DENY_USER_READ, DENY_USER_WRITE } from '../memory/layout';
import { ATTR_ACCESS, CPU, FLAT_STACK, PLAIN_FAULTS, PLAIN_TRANSFERS, SEGMENT, SEGMENT_STRIDE } from '../x86/cpuState';
import { EXCEPTIONS, DB, PF } from '../x86/exceptions';
import { CR0_PE, EFLAGS_FIXED, EFLAGS_IF, EFLAGS_NT, EFLAGS_RF, EFLAGS_TF, EFLAGS_VIF, EFLAGS_VIP, EFLAGS_VM, STATUS_FLAGS } from '../x86/flags';
import { CS, ESP, SS, TR } from '../x86/registers';
import { changeableFlags } from './lift';

const segmentField = (segment: number, field: number): number => CPU.SEGMENTS + segment * SEGMENT_STRIDE + field;
const segmentCell = (segment: number, field: number): Expr => cell(segmentField(segment, field));
const not = (x: Expr): Expr => xor(x, constant(-1));
const lessU = (x: Expr, y: Expr): Expr => binary('lessU', x, y);
const any = (...conditions: Expr[]): Expr => conditions.reduce(or);
const dplOf = (high: Expr): Expr => and(shrU(high, constant(13)), constant(3));
const attributesOf = (high: Expr): Expr => and(shrU(high, constant(8)), constant(0xf0ff));

const SYSTEM_READ = { write: false, system: true } as const;
const SYSTEM_WRITE = { write: true, system: true } as const;

/** What the doublewords of a flat, present, accessed 4-GiB descriptor are, and which bits of the high one may be either. */
interface Pattern {
  readonly high: number;
  readonly either: number;
}
const FLAT_LOW = 0x0000ffff;
/** Base, DPL and AVL aside: code that does not conform, readable or not; data that may be written. */
const FLAT_CODE: Pattern = { high: 0x00cf9900, either: 0x00106200 };
const FLAT_DATA: Pattern = { high: 0x00cf9300, either: 0x00106000 };

/** The high doubleword of a descriptor in the GDT that has the pattern. */
function descriptor(b: StatementBuilder, selector: Expr, { high, either }: Pattern): Expr {
  b.giveUp(or(and(selector, constant(4)), isZero(and(selector, constant(0xfffc)))));
  const index = b.let(and(selector, constant(0xfff8)));
  b.giveUp(lessU(cell(CPU.GDTR_LIMIT), add(index, constant(7))));
  const at = b.place(add(cell(CPU.GDTR_BASE), index), 8, SYSTEM_READ);
  const found = b.let({ k: 'placed', place: at, offset: 4 });
  b.giveUp(or(xor({ k: 'placed', place: at, offset: 0 }, constant(FLAT_LOW)), xor(and(found, constant(~either)), constant(high))));
  return found;
}

/** Protected mode, and the run loop asks for nothing else; code and stack are flat. */
function requirePlain(b: StatementBuilder, kind: number): void {
  const flat = (1 << SS) | FLAT_STACK;
  b.giveUp(
    any(
      isZero(and(cell(CPU.PLAIN), constant(kind))),
      isZero(and(cell(CPU.CR0), constant(CR0_PE))),
      and(cell(CPU.EFLAGS), constant(EFLAGS_VM)),
      xor(and(cell(CPU.FLAT), constant(flat)), constant(flat)),
      segmentCell(CS, SEGMENT.BASE),
      not(segmentCell(CS, SEGMENT.LIMIT)),
    ),
  );
}

/** Loads and stores through CS are as they were once it has these attributes. */
const keepCodeAccess = (b: StatementBuilder, attributes: Expr): void => b.giveUp(and(xor(attributes, segmentCell(CS, SEGMENT.ATTRIBUTES)), constant(ATTR_ACCESS)));

/** Flat before and behind: selector and attributes are all that differs. */
function setFlatSegment(b: StatementBuilder, segment: number, selector: Expr, attributes: Expr): void {
  b.setCell(segmentField(segment, SEGMENT.SELECTOR), selector);
  b.setCell(segmentField(segment, SEGMENT.ATTRIBUTES), attributes);
}

/** CPL 3 or another one, with all that follows from it. */
function setPrivilege(b: StatementBuilder, cpl: Expr, user: boolean, mode: Expr): void {
  b.setCell(CPU.CPL, cpl);
  b.setCell(CPU.MODE, mode);
  b.setCell(CPU.READ_MASK, constant(CROSSES_PAGE | (user ? DENY_USER_READ : DENY_SUPERVISOR_READ)));
  b.setCell(CPU.WRITE_MASK, constant(CROSSES_PAGE | (user ? DENY_USER_WRITE : DENY_SUPERVISOR_WRITE)));
}

/** The mode of flat code at this privilege. */
function modeOf(b: StatementBuilder, user: boolean): Expr {
  const mode = b.let(cell(CPU.FLAT_MODES + (user ? 4 : 0)));
  b.giveUp(isZero(mode));
  return mode;
}

/**
 * A load of ES, DS, FS or GS, in an attempt: a flat data segment in place of another one, or null again. Only selector and attributes
 * change, so code that relies on flat segments goes on.
 */
export function plainSegment(b: StatementBuilder, segment: Expr, value: Expr): void {
  const field = (offset: number): Expr => ({ k: 'segmentCell', segment, offset });
  const set = (offset: number, to: Expr): void => b.emit({ k: 'setSegmentCell', segment, offset, value: to });
  b.giveUp(any(equal(segment, constant(SS)), isZero(and(cell(CPU.CR0), constant(CR0_PE))), and(cell(CPU.EFLAGS), constant(EFLAGS_VM))));
  const selector = b.let(and(value, constant(0xffff)));
  b.if(
    and(selector, constant(0xfffc)),
    () => {
      const found = descriptor(b, selector, FLAT_DATA);
      const dpl = b.let(dplOf(found));
      const isFlat = and(shrU(cell(CPU.FLAT), segment), constant(1));
      b.giveUp(any(lessU(dpl, and(selector, constant(3))), lessU(dpl, cell(CPU.CPL)), isZero(isFlat)));
      set(SEGMENT.ATTRIBUTES, attributesOf(found));
    },
    () => b.giveUp(any(field(SEGMENT.BASE), field(SEGMENT.LIMIT), field(SEGMENT.ATTRIBUTES))),
  );
  set(SEGMENT.SELECTOR, selector);
}

interface PlainEvent {
  readonly vector: Expr;
  readonly returnEip: Expr;
  /** INT n: the gate's DPL is checked. */
  readonly software: boolean;
  readonly errorCode?: Expr;
  /** RF, in the flags that are pushed. */
  readonly resume: boolean;
}

/** An interrupt or trap gate, and the code behind it. */
interface Target {
  readonly selector: Expr;
  readonly code: Expr;
  readonly eip: Expr;
  readonly gate: Expr;
  readonly cpl: Expr;
}

/** Bits of the high doubleword of a gate that tell a 32-bit interrupt or trap gate that is present. */
const GATE_BITS = 0x9e00;
const GATE_32 = 0x8e00;
/** Set in a trap gate, which leaves IF alone. */
const TRAP_GATE = 0x100;

function gateOf(b: StatementBuilder, { vector, software }: PlainEvent): Target {
  const offset = b.let(shl(vector, constant(3)));
  b.giveUp(lessU(cell(CPU.IDTR_LIMIT), add(offset, constant(7))));
  const at = b.place(add(cell(CPU.IDTR_BASE), offset), 8, SYSTEM_READ);
  const low = b.let({ k: 'placed', place: at, offset: 0 });
  const gate = b.let({ k: 'placed', place: at, offset: 4 });
  b.giveUp(xor(and(gate, constant(GATE_BITS)), constant(GATE_32)));
  if (software) b.giveUp(lessU(dplOf(gate), cell(CPU.CPL)));
  const selector = b.let(shrU(low, constant(16)));
  const code = descriptor(b, selector, FLAT_CODE);
  keepCodeAccess(b, attributesOf(code));
  const cpl = b.let(dplOf(code));
  b.giveUp(or(lessU(cell(CPU.CPL), cpl), equal(cpl, constant(3))));
  return { selector, code, eip: or(and(low, constant(0xffff)), and(gate, constant(0xffff0000))), gate, cpl };
}

/** Flags, CS, EIP and the error code into the lowest doublewords of a frame, whose place this is, and on to the handler. */
function enterHandler(b: StatementBuilder, frame: Expr, { selector, code, eip, gate, cpl }: Target, { returnEip, errorCode, resume }: PlainEvent): void {
  const flags = or(or(cell(CPU.EFLAGS), STATUS), constant(EFLAGS_FIXED | (resume ? EFLAGS_RF : 0)));
  const pushed = [...(errorCode ? [errorCode] : []), returnEip, segmentCell(CS, SEGMENT.SELECTOR), flags];
  pushed.forEach((value, n) => b.setPlaced(frame, 4 * n, value));
  b.setCell(CPU.SINGLE_STEP, constant(0));
  const kept = or(constant(~(EFLAGS_TF | EFLAGS_NT | EFLAGS_RF | EFLAGS_VM | EFLAGS_IF)), shl(and(gate, constant(TRAP_GATE)), constant(1)));
  b.setCell(CPU.EFLAGS, and(cell(CPU.EFLAGS), kept));
  setFlatSegment(b, CS, or(and(selector, constant(0xfffc)), cpl), attributesOf(code));
  b.setCell(CPU.EIP, eip);
}

/** The handler runs at the privilege of what it interrupts, on its stack. */
function enterSameRing(b: StatementBuilder, target: Target, event: PlainEvent): void {
  const bytes = event.errorCode ? 16 : 12;
  const esp = b.let(sub(register(ESP, 4), constant(bytes)));
  const frame = b.place(esp, bytes, SYSTEM_WRITE);
  enterHandler(b, frame, target, event);
  b.setRegister(ESP, 4, esp);
}

/** SS and ESP of the inner ring come from a 32-bit TSS. */
function enterInnerRing(b: StatementBuilder, target: Target, event: PlainEvent): void {
  const { cpl } = target;
  const mode = modeOf(b, false);
  const offset = b.let(add(shl(cpl, constant(3)), constant(4)));
  const isSmall = isZero(and(segmentCell(TR, SEGMENT.ATTRIBUTES), constant(8)));
  b.giveUp(or(isSmall, lessU(segmentCell(TR, SEGMENT.LIMIT), add(offset, constant(7)))));
  const tss = b.place(add(segmentCell(TR, SEGMENT.BASE), offset), 8, SYSTEM_READ);
  const selector = b.let(and({ k: 'placed', place: tss, offset: 4 }, constant(0xffff)));
  const stack = descriptor(b, selector, FLAT_DATA);
  b.giveUp(or(xor(and(selector, constant(3)), cpl), xor(dplOf(stack), cpl)));
  const bytes = event.errorCode ? 24 : 20;
  const esp = b.let(sub({ k: 'placed', place: tss, offset: 0 }, constant(bytes)));
  const frame = b.place(esp, bytes, SYSTEM_WRITE);
  b.setPlaced(frame, bytes - 8, register(ESP, 4));
  b.setPlaced(frame, bytes - 4, segmentCell(SS, SEGMENT.SELECTOR));
  enterHandler(b, frame, target, event);
  setFlatSegment(b, SS, selector, attributesOf(stack));
  setPrivilege(b, cpl, false, mode);
  b.setRegister(ESP, 4, esp);
}

function enterGate(b: StatementBuilder, event: PlainEvent): void {
  const target = gateOf(b, event);
  b.if(
    lessU(target.cpl, cell(CPU.CPL)),
    () => enterInnerRing(b, target, event),
    () => enterSameRing(b, target, event),
  );
}

/** `INT n`, in an attempt. */
export function plainInterrupt(b: StatementBuilder, vector: Expr, returnEip: Expr): void {
  requirePlain(b, PLAIN_TRANSFERS);
  enterGate(b, { vector, returnEip, software: true, resume: false });
}

const bitsOf = (vectors: readonly number[]): number => vectors.reduce((bits, vector) => bits | (1 << vector), 0);
const FAULTS = EXCEPTIONS.filter(({ kind, vector }) => kind === 'fault' && vector !== DB);

/** The fault in the cells, at the instruction that raised it, in an attempt. */
export function plainFault(b: StatementBuilder): void {
  requirePlain(b, PLAIN_FAULTS);
  const vector = b.let(sub(cell(CPU.FAULT), constant(1)));
  const isOne = (bits: number): Expr => and(shrU(constant(bits), vector), constant(1));
  b.giveUp(or(lessU(constant(31), vector), isZero(isOne(bitsOf(FAULTS.map((fault) => fault.vector))))));
  const event = { vector, returnEip: { k: 'field', field: 'eip' }, software: false, resume: true } as const;
  b.if(
    isOne(bitsOf(FAULTS.filter(({ errorCode }) => errorCode).map((fault) => fault.vector))),
    () => enterGate(b, { ...event, errorCode: cell(CPU.FAULT_CODE) }),
    () => enterGate(b, event),
  );
  b.setCell(CPU.PENDING_DEBUG, constant(0));
  const count = (at: number): void => b.setCell(at, add(cell(at), constant(1)));
  b.if(
    equal(vector, constant(PF)),
    () => count(ENGINE_CELLS.pageFault),
    () => count(ENGINE_CELLS.guestFault),
  );
}

/** Flags that lead elsewhere: virtual-8086 mode, the debugger, the extensions of virtual-8086 mode. */
const UNUSUAL = EFLAGS_VM | EFLAGS_TF | EFLAGS_VIF | EFLAGS_VIP;

/** `IRETD`, in an attempt. */
export function plainReturn(b: StatementBuilder): void {
  requirePlain(b, PLAIN_TRANSFERS);
  b.giveUp(or(cell(CPU.NMI_BLOCKED), and(cell(CPU.EFLAGS), constant(UNUSUAL | EFLAGS_NT))));
  const frame = b.place(register(ESP, 4), 12, { write: false, system: false });
  const selector = b.let(and({ k: 'placed', place: frame, offset: 4 }, constant(0xffff)));
  const flags = b.let({ k: 'placed', place: frame, offset: 8 });
  const code = descriptor(b, selector, FLAT_CODE);
  const rpl = b.let(and(selector, constant(3)));
  keepCodeAccess(b, attributesOf(code));
  b.giveUp(or(lessU(rpl, cell(CPU.CPL)), xor(dplOf(code), rpl)));
  const mask = b.let(changeableFlags(4));
  const after = b.let(or(and(cell(CPU.EFLAGS), not(mask)), and(flags, mask)));
  const resumesUnseen = isZero(and(cell(CPU.PLAIN), constant(PLAIN_FAULTS)));
  b.giveUp(any(and(flags, constant(UNUSUAL)), and(after, cell(CPU.INTERRUPT_WAITS)), and(shrU(after, constant(16)), resumesUnseen)));
  const eip = b.let({ k: 'placed', place: frame, offset: 0 });
  const commit = (esp: Expr): void => {
    setFlatSegment(b, CS, selector, attributesOf(code));
    b.setCell(CPU.EIP, eip);
    b.setCell(CPU.EFLAGS, and(after, constant(~STATUS_FLAGS)));
    b.setRegister(ESP, 4, esp);
  };
  b.if(
    lessU(cell(CPU.CPL), rpl),
    () => returnToUser(b, rpl, commit),
    () => commit(b.let(add(register(ESP, 4), constant(12)))),
  );
  b.emit({ k: 'setStatus', value: flags });
}

function returnToUser(b: StatementBuilder, rpl: Expr, commit: (esp: Expr) => void): void {
  b.giveUp(or(xor(rpl, constant(3)), any(...[0, 3, 4, 5].map(isDropped))));
  const mode = modeOf(b, true);
  const outer = b.place(add(register(ESP, 4), constant(12)), 8, SYSTEM_READ);
  const selector = b.let(and({ k: 'placed', place: outer, offset: 4 }, constant(0xffff)));
  const stack = descriptor(b, selector, FLAT_DATA);
  b.giveUp(or(xor(and(selector, constant(3)), constant(3)), xor(dplOf(stack), constant(3))));
  commit(b.let({ k: 'placed', place: outer, offset: 0 }));
  setFlatSegment(b, SS, selector, attributesOf(stack));
  setPrivilege(b, constant(3), true, mode);
}

/** Would a data segment register become null, or may it? Not when it is null already, or for everybody. */
function isDropped(segment: number): Expr {
  const attributes = segmentCell(segment, SEGMENT.ATTRIBUTES);
  const holds = any(segmentCell(segment, SEGMENT.SELECTOR), segmentCell(segment, SEGMENT.BASE), segmentCell(segment, SEGMENT.LIMIT), attributes);
  return and(binary('notEqual', holds, constant(0)), binary('notEqual', and(attributes, constant(0x60)), constant(0x60)));
}
