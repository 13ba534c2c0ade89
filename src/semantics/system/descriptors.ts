/** Descriptors and selectors (SDM Vol. 3, 3.4 and 3.5). */
import { ATTR_ACCESSED, ATTR_CODE, ATTR_DC, ATTR_DPL, ATTR_G, ATTR_P, ATTR_RW, ATTR_S, ATTR_TYPE, CPU, type SegmentCache } from '../../x86/cpuState';
import { GP } from '../../x86/exceptions';
import { LDTR } from '../../x86/registers';
import { type ExecutionContext, raise, readSystem, writeSystem } from './context';

/** System descriptor types (SDM Vol. 3, table 3-2). */
export const TYPE_TSS_16 = 1;
export const TYPE_LDT = 2;
export const TYPE_TSS_16_BUSY = 3;
export const TYPE_CALL_GATE_16 = 4;
export const TYPE_TASK_GATE = 5;
export const TYPE_INTERRUPT_GATE_16 = 6;
export const TYPE_TRAP_GATE_16 = 7;
export const TYPE_TSS_32 = 9;
export const TYPE_TSS_32_BUSY = 11;
export const TYPE_CALL_GATE_32 = 12;
export const TYPE_INTERRUPT_GATE_32 = 14;
export const TYPE_TRAP_GATE_32 = 15;

/** A descriptor as its two doublewords; what they say is read off where it is asked for, since most of it never is. */
export class Descriptor {
  constructor(
    readonly low: number,
    readonly high: number,
    /** Linear address of the descriptor itself. */
    readonly at: number,
  ) {}

  get attributes(): number {
    return (this.high >>> 8) & 0xf0ff;
  }
  get base(): number {
    return ((this.low >>> 16) | ((this.high & 0xff) << 16) | (this.high & 0xff000000)) >>> 0;
  }
  get limit(): number {
    const raw = (this.low & 0xffff) | (this.high & 0xf0000);
    return (this.attributes & ATTR_G ? (raw << 12) | 0xfff : raw) >>> 0;
  }
  get type(): number {
    return this.attributes & ATTR_TYPE;
  }
  get dpl(): number {
    return (this.attributes & ATTR_DPL) >> 5;
  }
  get present(): boolean {
    return (this.attributes & ATTR_P) !== 0;
  }
  /** Code or data, not system. */
  get segment(): boolean {
    return (this.attributes & ATTR_S) !== 0;
  }
  get code(): boolean {
    return (this.attributes & (ATTR_S | ATTR_CODE)) === (ATTR_S | ATTR_CODE);
  }
  get conforming(): boolean {
    return this.code && (this.attributes & ATTR_DC) !== 0;
  }
  get readable(): boolean {
    return this.segment && (!this.code || (this.attributes & ATTR_RW) !== 0);
  }
  get writable(): boolean {
    return (this.attributes & (ATTR_S | ATTR_CODE | ATTR_RW)) === (ATTR_S | ATTR_RW);
  }
}

export const isNull = (selector: number): boolean => (selector & 0xfffc) === 0;
export const rplOf = (selector: number): number => selector & 3;
/** A selector as an error code: RPL cleared. */
export const asErrorCode = (selector: number): number => selector & 0xfffc;

export const parseDescriptor = (low: number, high: number, at: number): Descriptor => new Descriptor(low >>> 0, high >>> 0, at);

/** The descriptor a selector names, or undefined when it lies beyond its table. */
export function lookDescriptor(context: ExecutionContext, selector: number): Descriptor | undefined {
  const { cpu } = context;
  const local = (selector & 4) !== 0;
  if (local && !(cpu.attributes(LDTR) & ATTR_P)) return undefined;
  const base = local ? cpu.segmentBase(LDTR) : cpu.get(CPU.GDTR_BASE);
  const limit = local ? cpu.limit(LDTR) : cpu.get(CPU.GDTR_LIMIT);
  const index = selector & 0xfff8;
  if (index + 7 > limit) return undefined;
  const at = (base + index) >>> 0;
  return parseDescriptor(readSystem(context, at, 4), readSystem(context, at + 4, 4), at);
}

/** The descriptor, or `vector`(selector). */
export function fetchDescriptor(context: ExecutionContext, selector: number, vector = GP): Descriptor {
  return lookDescriptor(context, selector) ?? raise(vector, asErrorCode(selector));
}

/** Set the accessed bit, as every load of a segment register does. */
export function markAccessed(context: ExecutionContext, d: Descriptor): SegmentCache['attributes'] {
  if (d.segment && !(d.attributes & ATTR_ACCESSED)) writeSystem(context, d.at + 5, 1, ((d.high >>> 8) & 0xff) | ATTR_ACCESSED);
  return d.segment ? d.attributes | ATTR_ACCESSED : d.attributes;
}

export const cacheOf = (context: ExecutionContext, selector: number, d: Descriptor): SegmentCache => ({
  selector,
  base: d.base,
  limit: d.limit,
  attributes: markAccessed(context, d),
});
