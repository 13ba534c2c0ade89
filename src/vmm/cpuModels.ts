/** CPU models as data: what exists on which processor (SDM Vol. 1, chapter 20; Vol. 2, CPUID). */
import type { CpuGeneration } from '../x86/instructionSpec';
import {
  CR0_AM,
  CR0_CD,
  CR0_EM,
  CR0_ET,
  CR0_MP,
  CR0_NE,
  CR0_NW,
  CR0_PE,
  CR0_PG,
  CR0_TS,
  CR0_WP,
  CR4_DE,
  CR4_OSFXSR,
  CR4_OSXMMEXCPT,
  CR4_PCE,
  CR4_PSE,
  CR4_TSD,
  EFLAGS_AC,
  EFLAGS_ID,
} from '../x86/flags';
import type { CpuModel } from '../semantics/system/context';

const CR0_386 = CR0_PE | CR0_MP | CR0_EM | CR0_TS | CR0_ET | CR0_PG;
const CR0_486 = CR0_386 | CR0_NE | CR0_WP | CR0_AM | CR0_NW | CR0_CD;
const VENDOR = 'GenuineIntel';

/** CPUID.1:EDX bits. */
const FPU = 1 << 0;
const PSE = 1 << 3;
const TSC = 1 << 4;
const MSR = 1 << 5;
const CX8 = 1 << 8;
const CMOV = 1 << 15;
const CLFSH = 1 << 19;
const MMX = 1 << 23;
const FXSR = 1 << 24;
const SSE = 1 << 25;
const SSE2 = 1 << 26;

export const CPU_MODELS: Readonly<Record<'386' | '486' | 'pentium' | 'p6' | 'p3' | 'p4', CpuModel & { readonly generation: CpuGeneration }>> = {
  '386': { name: '386', generation: '386', family: 3, signature: 0x303, vendor: VENDOR, features: 0, hasCpuid: false, cr0Bits: CR0_386, cr4Bits: 0, eflagsBits: 0 },
  '486': {
    name: '486',
    generation: '486',
    family: 4,
    signature: 0x480,
    vendor: VENDOR,
    features: FPU,
    hasCpuid: true,
    cr0Bits: CR0_486,
    cr4Bits: 0,
    eflagsBits: EFLAGS_AC | EFLAGS_ID,
  },
  pentium: {
    name: 'pentium',
    generation: 'pentium',
    family: 5,
    signature: 0x52c,
    vendor: VENDOR,
    features: FPU | PSE | TSC | MSR | CX8,
    hasCpuid: true,
    cr0Bits: CR0_486,
    cr4Bits: CR4_TSD | CR4_DE | CR4_PSE,
    eflagsBits: EFLAGS_AC | EFLAGS_ID,
  },
  p6: {
    name: 'p6',
    generation: 'p6',
    family: 6,
    signature: 0x652,
    vendor: VENDOR,
    features: FPU | PSE | TSC | MSR | CX8 | CMOV | MMX,
    hasCpuid: true,
    cr0Bits: CR0_486,
    cr4Bits: CR4_TSD | CR4_DE | CR4_PSE | CR4_PCE,
    eflagsBits: EFLAGS_AC | EFLAGS_ID,
  },
  p3: {
    name: 'p3',
    generation: 'p3',
    family: 6,
    signature: 0x68a,
    vendor: VENDOR,
    features: FPU | PSE | TSC | MSR | CX8 | CMOV | MMX | FXSR | SSE,
    hasCpuid: true,
    cr0Bits: CR0_486,
    cr4Bits: CR4_TSD | CR4_DE | CR4_PSE | CR4_PCE | CR4_OSFXSR | CR4_OSXMMEXCPT,
    eflagsBits: EFLAGS_AC | EFLAGS_ID,
  },
  p4: {
    name: 'p4',
    generation: 'p4',
    family: 15,
    signature: 0xf29,
    vendor: VENDOR,
    features: FPU | PSE | TSC | MSR | CX8 | CMOV | CLFSH | MMX | FXSR | SSE | SSE2,
    hasCpuid: true,
    cr0Bits: CR0_486,
    cr4Bits: CR4_TSD | CR4_DE | CR4_PSE | CR4_PCE | CR4_OSFXSR | CR4_OSXMMEXCPT,
    eflagsBits: EFLAGS_AC | EFLAGS_ID,
  },
}; // prettier-ignore

export type CpuModelName = keyof typeof CPU_MODELS;
