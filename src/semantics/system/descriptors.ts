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

const DESCRIPTORS_KNOWN = 512;

/** A descriptor: its two doublewords, and what they say. */
export class Descriptor {
  readonly attributes: number;
  readonly base: number;
  readonly limit: number;
  readonly type: number;
  readonly dpl: number;
  readonly present: boolean;
  /** Code or data, not system. */
  readonly segment: boolean;
  readonly code: boolean;
  readonly conforming: boolean;
  readonly readable: boolean;
  readonly writable: boolean;
  /** What segment registers hold that were loaded from it, by RPL of the selector. */
  readonly #loaded: (SegmentCache | undefined)[] = [undefined, undefined, undefined, undefined];

  constructor(
    /** As 32-bit integers. */
    readonly low: number,
    readonly high: number,
    /** Linear address of the descriptor itself. */
    readonly at: number,
  ) {
    const attributes = (high >>> 8) & 0xf0ff;
    const raw = (low & 0xffff) | (high & 0xf0000);
    this.attributes = attributes;
    this.base = ((low >>> 16) | ((high & 0xff) << 16) | (high & 0xff000000)) >>> 0;
    this.limit = (attributes & ATTR_G ? (raw << 12) | 0xfff : raw) >>> 0;
    this.type = attributes & ATTR_TYPE;
    this.dpl = (attributes & ATTR_DPL) >> 5;
    this.present = (attributes & ATTR_P) !== 0;
    this.segment = (attributes & ATTR_S) !== 0;
    this.code = (attributes & (ATTR_S | ATTR_CODE)) === (ATTR_S | ATTR_CODE);
    this.conforming = this.code && (attributes & ATTR_DC) !== 0;
    this.readable = this.segment && (!this.code || (attributes & ATTR_RW) !== 0);
    this.writable = (attributes & (ATTR_S | ATTR_CODE | ATTR_RW)) === (ATTR_S | ATTR_RW);
  }

  /** A segment register with this descriptor. */
  loaded(selector: number, attributes: number): SegmentCache {
    const known = this.#loaded[rplOf(selector)];
    if (known !== undefined && known.selector === selector && known.attributes === attributes) return known;
    const made = { selector, base: this.base, limit: this.limit, attributes };
    this.#loaded[rplOf(selector)] = made;
    return made;
  }
}

/** Descriptors that have been read lately, by where they are. Only their bytes count: whoever reads one has read those. */
export class DescriptorCache {
  readonly #known = new Array<Descriptor | undefined>(DESCRIPTORS_KNOWN).fill(undefined);

  /** What these doublewords at a linear address say. */
  find(low: number, high: number, at: number): Descriptor {
    const n = ((at >>> 3) ^ (at >>> 12)) & (DESCRIPTORS_KNOWN - 1);
    const known = this.#known[n];
    if (known !== undefined && known.at === at && known.low === (low | 0) && known.high === (high | 0)) return known;
    const read = parseDescriptor(low, high, at);
    this.#known[n] = read;
    return read;
  }
}

export const isNull = (selector: number): boolean => (selector & 0xfffc) === 0;
export const rplOf = (selector: number): number => selector & 3;
/** A selector as an error code: RPL cleared. */
export const asErrorCode = (selector: number): number => selector & 0xfffc;

export const parseDescriptor = (low: number, high: number, at: number): Descriptor => new Descriptor(low | 0, high | 0, at);

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
  return context.descriptors.find(readSystem(context, at, 4), readSystem(context, at + 4, 4), at);
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

export const cacheOf = (context: ExecutionContext, selector: number, d: Descriptor): SegmentCache => d.loaded(selector, markAccessed(context, d));
