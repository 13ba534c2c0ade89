/** Loading segment registers, LDTR and TR; looking at descriptors. SDM Vol. 2: MOV, LLDT, LTR, LAR, LSL, VERR, ARPL; Vol. 3, 5.5 to 5.7. */
import { ATTR_DB, ATTR_G, ATTR_P, CPU, INHIBIT_DEBUG, type SegmentCache } from '../../x86/cpuState';
import { GP, NP, SS_FAULT } from '../../x86/exceptions';
import { EFLAGS_ZF } from '../../x86/flags';
import { LDTR, SS, TR } from '../../x86/registers';
import { type ExecutionContext, raise, writeSystem } from './context';
import {
  type Descriptor,
  TYPE_CALL_GATE_16,
  TYPE_CALL_GATE_32,
  TYPE_LDT,
  TYPE_TASK_GATE,
  TYPE_TSS_16,
  TYPE_TSS_16_BUSY,
  TYPE_TSS_32,
  TYPE_TSS_32_BUSY,
  asErrorCode,
  cacheOf,
  fetchDescriptor,
  isNull,
  lookDescriptor,
  rplOf,
} from './descriptors';

/** A data segment register with a null selector. */
export const NULL_SEGMENT: SegmentCache = { selector: 0, base: 0, limit: 0, attributes: 0 };

/** Present, writable data, DPL 0, accessed: what real mode gives every segment, CS included. */
export const REAL_ATTRIBUTES = 0x0093;
/** Data segment in virtual-8086 mode: writable, present, DPL 3. */
export const V86_ATTRIBUTES = 0x00f3;

/** Real mode keeps limit and attributes of the cache (so "unreal" mode works); virtual-8086 mode sets them. */
export function realModeSegment(context: ExecutionContext, segment: number, selector: number): SegmentCache {
  const { cpu } = context;
  const base = (selector & 0xffff) << 4;
  if (cpu.v86) return { selector: selector & 0xffff, base, limit: 0xffff, attributes: V86_ATTRIBUTES };
  const { limit, attributes } = cpu.segment(segment);
  // A segment that was null in protected mode becomes usable again; code becomes writable (real mode checks no type).
  return { selector: selector & 0xffff, base, limit: attributes & ATTR_P ? limit : 0xffff, attributes: (attributes & (ATTR_DB | ATTR_G)) | REAL_ATTRIBUTES };
}

/** `MOV sreg`, `POP sreg`, `LDS`...: not for CS. */
export function loadSegment(context: ExecutionContext, segment: number, rawSelector: number): void {
  const { cpu } = context;
  const selector = rawSelector & 0xffff;
  if (cpu.realSegments) cpu.setSegment(segment, realModeSegment(context, segment, selector));
  else if (segment === SS) loadStackSegment(context, selector, cpu.cpl);
  else loadDataSegment(context, segment, selector);
  if (segment === SS) cpu.set(CPU.INHIBIT, INHIBIT_DEBUG);
}

/** SS must be writable data with DPL = RPL = CPL. */
export function loadStackSegment(context: ExecutionContext, selector: number, cpl: number, vector = GP): void {
  context.cpu.setSegment(SS, stackSegment(context, selector, cpl, vector));
}

export function stackSegment(context: ExecutionContext, selector: number, cpl: number, vector = GP): SegmentCache {
  if (isNull(selector)) raise(vector, 0);
  const d = fetchDescriptor(context, selector, vector);
  if (rplOf(selector) !== cpl || !d.writable || d.dpl !== cpl) raise(vector, asErrorCode(selector));
  if (!d.present) raise(SS_FAULT, asErrorCode(selector));
  return cacheOf(context, selector, d);
}

function loadDataSegment(context: ExecutionContext, segment: number, selector: number): void {
  const { cpu } = context;
  if (isNull(selector)) return cpu.setSegment(segment, { selector, base: 0, limit: 0, attributes: 0 });
  const d = fetchDescriptor(context, selector);
  if (!d.readable || (!d.conforming && (rplOf(selector) > d.dpl || cpu.cpl > d.dpl))) raise(GP, asErrorCode(selector));
  if (!d.present) raise(NP, asErrorCode(selector));
  cpu.setSegment(segment, cacheOf(context, selector, d));
}

/** ES, DS, FS, GS. */
const DATA_SEGMENTS = [0, 3, 4, 5] as const;

/** After a return to an outer ring: data segments that the new CPL may not use become null (SDM Vol. 3, 5.8.6). */
export function dropInaccessibleSegments(context: ExecutionContext, cpl: number): void {
  const { cpu } = context;
  for (const segment of DATA_SEGMENTS) {
    const attributes = cpu.attributes(segment);
    const dpl = (attributes >> 5) & 3;
    const conformingCode = (attributes & 0x1c) === 0x1c;
    if (dpl < cpl && !conformingCode && !cpu.isNullSegment(segment)) cpu.setSegment(segment, NULL_SEGMENT);
  }
}

export function loadLdt(context: ExecutionContext, rawSelector: number): void {
  const selector = rawSelector & 0xffff;
  const { cpu } = context;
  if (isNull(selector)) return cpu.setSegment(LDTR, { selector, base: 0, limit: 0, attributes: 0 });
  if (selector & 4) raise(GP, asErrorCode(selector));
  const d = fetchDescriptor(context, selector);
  if (d.segment || d.type !== TYPE_LDT) raise(GP, asErrorCode(selector));
  if (!d.present) raise(NP, asErrorCode(selector));
  cpu.setSegment(LDTR, { selector, base: d.base, limit: d.limit, attributes: d.attributes });
}

export function loadTaskRegister(context: ExecutionContext, rawSelector: number): void {
  const selector = rawSelector & 0xffff;
  if (isNull(selector)) raise(GP, 0);
  if (selector & 4) raise(GP, asErrorCode(selector));
  const d = fetchDescriptor(context, selector);
  if (d.segment || (d.type !== TYPE_TSS_16 && d.type !== TYPE_TSS_32)) raise(GP, asErrorCode(selector));
  if (!d.present) raise(NP, asErrorCode(selector));
  writeSystem(context, d.at + 5, 1, ((d.high >>> 8) & 0xff) | 2); // busy
  context.cpu.setSegment(TR, { selector, base: d.base, limit: d.limit, attributes: d.attributes | 2 });
}

const setZero = (context: ExecutionContext, on: boolean): void => {
  const flags = context.cpu.statusFlags;
  context.cpu.statusFlags = on ? flags | EFLAGS_ZF : flags & ~EFLAGS_ZF;
};

/** The descriptor LAR, LSL, VERR and VERW may look at from this CPL, or undefined. */
function visible(context: ExecutionContext, selector: number, systemTypes: readonly number[]): Descriptor | undefined {
  if (isNull(selector)) return undefined;
  const d = lookDescriptor(context, selector);
  if (!d || (!d.segment && !systemTypes.includes(d.type))) return undefined;
  if (!d.conforming && (context.cpu.cpl > d.dpl || rplOf(selector) > d.dpl)) return undefined;
  return d;
}

const LSL_TYPES = [TYPE_TSS_16, TYPE_LDT, TYPE_TSS_16_BUSY, TYPE_TSS_32, TYPE_TSS_32_BUSY];
const LAR_TYPES = [...LSL_TYPES, TYPE_CALL_GATE_16, TYPE_TASK_GATE, TYPE_CALL_GATE_32];

export function loadAccessRights(context: ExecutionContext, selector: number): number {
  const d = visible(context, selector & 0xffff, LAR_TYPES);
  setZero(context, d !== undefined);
  return d ? d.high & 0x00f0ff00 : 0;
}

export function loadSegmentLimit(context: ExecutionContext, selector: number): number {
  const d = visible(context, selector & 0xffff, LSL_TYPES);
  setZero(context, d !== undefined);
  return d ? d.limit : 0;
}

export function verifySegment(context: ExecutionContext, selector: number, write: number): void {
  const d = visible(context, selector & 0xffff, []);
  setZero(context, d !== undefined && (write ? d.writable : d.readable));
}

/** Stack size by the B bit of a segment, in bytes. */
export const stackSizeOf = (attributes: number): 2 | 4 => (attributes & ATTR_DB ? 4 : 2);
