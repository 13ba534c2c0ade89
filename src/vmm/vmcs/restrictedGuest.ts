/**
 * VT-x of the first generation: no extended page tables, and no unrestricted guests. The processor insists on CR0.PE and
 * CR0.PG, so that the guest's real mode is virtual-8086 mode, with IOPL 0: what would look at flags or rings is a general
 * protection fault, hence an exit. Segments that VM entry refuses (real mode with large limits, protected mode before its
 * first far jump) cannot run at all: the VMM executes such instructions itself. SDM Vol. 3, 20.2, 23.8, 26.3.1.
 */
import type { ExecutionContext } from '../../semantics/system/context';
import { REAL_ATTRIBUTES, V86_ATTRIBUTES } from '../../semantics/system/segments';
import { ATTR_CODE, ATTR_DC, ATTR_DPL, ATTR_P, ATTR_RW, ATTR_S, CPU, type CpuState, type SegmentCache } from '../../x86/cpuState';
import type { Instruction } from '../../x86/decoder';
import { GP } from '../../x86/exceptions';
import { CR0_PE, CR0_PG, CR0_WP, CR4_PAE, CR4_PCE, CR4_PGE, CR4_PSE, CR4_TSD, EFLAGS_IOPL, EFLAGS_VM } from '../../x86/flags';
import { CS, SS, TR } from '../../x86/registers';
import type { SensitivityName } from '../../x86/sensitivity';
import { type VmcsFieldName, segmentField } from './fields';

const DPL_SHIFT = 5;
const dplOf = ({ attributes }: SegmentCache): number => (attributes & ATTR_DPL) >> DPL_SHIFT;

/** What the guest's CR0 and CR4 are on the processor, beside what the guest believes. */
export const RESTRICTED_CR0 = CR0_PE | CR0_PG | CR0_WP;
/** The shadow page tables are 32-bit ones of 4-KiB pages, and nothing in them is global. */
const OWN_PAGING = CR4_PAE | CR4_PSE | CR4_PGE;

/** The VMM's TSS for virtual-8086 mode permits every port (the I/O bitmaps of the VMCS decide); it is where no guest has memory. */
const V86_TSS = { selector: 0, base: 0xfffbd000, limit: 0x2067, attributes: 0x8b } as const;

/** Sensitive to flags, and a fault in virtual-8086 mode with IOPL below 3. */
const IOPL_SENSITIVE: readonly SensitivityName[] = ['pushf', 'popf', 'iret'];

/** The exception that an instruction of the guest's real mode raises because it is virtual-8086 mode; undefined when it runs. */
export function faultInV86({ spec }: Instruction, cpu: CpuState): number | undefined {
  const { sensitivity, sensitive } = spec;
  if (sensitivity === 'movFromDebug' || sensitivity === 'movToDebug' || sensitivity === 'io') return undefined; // exits of their own
  if (spec.lift === 'int3' || spec.lift === 'into') return undefined;
  const cr4 = cpu.get(CPU.CR4);
  if (sensitivity === 'rdtsc') return cr4 & CR4_TSD ? GP : undefined;
  if (sensitivity === 'rdpmc') return cr4 & CR4_PCE ? undefined : GP;
  const faults = sensitive?.gate === 'cpl' || sensitive?.gate === 'iopl' || sensitivity === 'softwareInterrupt' || IOPL_SENSITIVE.includes(sensitivity as SensitivityName);
  return faults ? GP : undefined;
}

/** Could it, whatever flags and registers hold? */
export const mayFaultInV86 = ({ spec: { sensitive, sensitivity } }: Instruction): boolean =>
  sensitive?.gate === 'cpl' ||
  sensitive?.gate === 'iopl' ||
  sensitive?.gate === 'cr4' ||
  sensitivity === 'softwareInterrupt' ||
  IOPL_SENSITIVE.includes(sensitivity as SensitivityName);

export class RestrictedGuest {
  constructor(
    readonly context: ExecutionContext,
    /** Host-physical address of the current shadow root. */
    readonly root: () => number | undefined,
  ) {}

  /** The guest believes that it is in real mode. */
  get realMode(): boolean {
    return !this.context.cpu.protectedMode;
  }

  /** Does VM entry accept the guest's segments? */
  get enterable(): boolean {
    const { cpu } = this.context;
    if (cpu.realSegments) return [0, 1, 2, 3, 4, 5].every((s) => isV86(cpu.segment(s), cpu.v86 ? V86_ATTRIBUTES : REAL_ATTRIBUTES));
    const [code, stack] = [cpu.segment(CS), cpu.segment(SS)];
    if (!isCode(code) || !isStack(stack, code)) return false;
    return [0, 3, 4, 5].every((s) => isData(cpu.segment(s)));
  }

  /** A field of the guest-state area as the processor has it; `believed`: what the guest thinks it is. */
  field(name: VmcsFieldName, believed: number): number {
    switch (name) {
      case 'guestCr0':
        return (believed | RESTRICTED_CR0) >>> 0;
      case 'guestCr3':
        return this.root() ?? believed;
      case 'guestCr4':
        return (believed & ~OWN_PAGING) >>> 0;
      default:
        return this.realMode ? this.#inRealMode(name, believed) : believed;
    }
  }

  #inRealMode(name: VmcsFieldName, believed: number): number {
    if (name === 'exceptionBitmap') return 0xffffffff; // every exception is the VMM's: it delivers by the vector table
    if (name === 'guestEflags') return (believed & ~EFLAGS_IOPL) | EFLAGS_VM;
    return V86_FIELDS.get(name) ?? believed;
  }
}

const V86_FIELDS: ReadonlyMap<VmcsFieldName, number> = new Map([
  ...[0, 1, 2, 3, 4, 5].map((s): [VmcsFieldName, number] => [segmentField(s, 'AccessRights'), V86_ATTRIBUTES]),
  [segmentField(TR, 'Selector'), V86_TSS.selector],
  [segmentField(TR, 'Base'), V86_TSS.base],
  [segmentField(TR, 'Limit'), V86_TSS.limit],
  [segmentField(TR, 'AccessRights'), V86_TSS.attributes],
]);

/** SDM Vol. 3, 26.3.1.2: base from the selector, 64 KiB, writable data. */
const isV86 = ({ selector, base, limit, attributes }: SegmentCache, usual: number): boolean => base === selector << 4 && limit === 0xffff && attributes === usual;

const isPresentSegment = ({ attributes }: SegmentCache): boolean => (attributes & (ATTR_P | ATTR_S)) === (ATTR_P | ATTR_S);

/** DPL is CPL, or above it for conforming code. */
function isCode(code: SegmentCache): boolean {
  if (!isPresentSegment(code) || !(code.attributes & ATTR_CODE)) return false;
  const rpl = code.selector & 3;
  return code.attributes & ATTR_DC ? dplOf(code) <= rpl : dplOf(code) === rpl;
}

function isStack(stack: SegmentCache, code: SegmentCache): boolean {
  if ((stack.selector & 3) !== (code.selector & 3)) return false;
  if (!(stack.attributes & ATTR_P)) return true; // unusable
  return isPresentSegment(stack) && !(stack.attributes & ATTR_CODE) && (stack.attributes & ATTR_RW) !== 0 && dplOf(stack) === (stack.selector & 3);
}

/** Data and non-conforming code: RPL no greater than DPL. */
function isData(data: SegmentCache): boolean {
  if (!(data.attributes & ATTR_P)) return true; // unusable
  if (!isPresentSegment(data)) return false;
  return (data.attributes & (ATTR_CODE | ATTR_DC)) === (ATTR_CODE | ATTR_DC) || dplOf(data) >= (data.selector & 3);
}
