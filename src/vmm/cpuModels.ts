/** CPU models as data: what exists on which processor (SDM Vol. 1, chapter 20; Vol. 2, CPUID; Vol. 3, 2.5 and 22). */
import type { PagingFeatures } from '../memory/guestPaging';
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
  CR4_MCE,
  CR4_OSFXSR,
  CR4_OSXMMEXCPT,
  CR4_PAE,
  CR4_PCE,
  CR4_PGE,
  CR4_PSE,
  CR4_PVI,
  CR4_TSD,
  CR4_VME,
  EFLAGS_AC,
  EFLAGS_ID,
  EFLAGS_VIF,
  EFLAGS_VIP,
} from '../x86/flags';
import type { CpuModel } from '../semantics/system/context';

const CR0_386 = CR0_PE | CR0_MP | CR0_EM | CR0_TS | CR0_ET | CR0_PG;
const CR0_486 = CR0_386 | CR0_NE | CR0_WP | CR0_AM | CR0_NW | CR0_CD;
const CR4_PENTIUM = CR4_VME | CR4_PVI | CR4_TSD | CR4_DE | CR4_PSE | CR4_MCE;
const CR4_P6 = CR4_PENTIUM | CR4_PAE | CR4_PGE | CR4_PCE;
const CR4_SSE = CR4_P6 | CR4_OSFXSR | CR4_OSXMMEXCPT;
const VENDOR = 'GenuineIntel';

/** CPUID.1:EDX (SDM Vol. 2, table 3-11). */
const FEATURE = {
  FPU: 1 << 0,
  VME: 1 << 1,
  DE: 1 << 2,
  PSE: 1 << 3,
  TSC: 1 << 4,
  MSR: 1 << 5,
  PAE: 1 << 6,
  MCE: 1 << 7,
  CX8: 1 << 8,
  SEP: 1 << 11,
  MTRR: 1 << 12,
  PGE: 1 << 13,
  MCA: 1 << 14,
  CMOV: 1 << 15,
  PAT: 1 << 16,
  PSE36: 1 << 17,
  CLFSH: 1 << 19,
  MMX: 1 << 23,
  FXSR: 1 << 24,
  SSE: 1 << 25,
  SSE2: 1 << 26,
} as const;

type Feature = keyof typeof FEATURE;
const features = (...names: readonly Feature[]): number => names.reduce((bits, name) => bits | FEATURE[name], 0);
const PENTIUM: readonly Feature[] = ['FPU', 'VME', 'DE', 'PSE', 'TSC', 'MSR', 'MCE', 'CX8'];
const P6: readonly Feature[] = [...PENTIUM, 'PAE', 'SEP', 'MTRR', 'PGE', 'MCA', 'CMOV', 'PAT', 'PSE36', 'MMX'];

/** Address bits and page sizes that follow from the feature bits. */
export const pagingFeatures = ({ features: bits }: CpuModel): PagingFeatures => ({ physicalBits: bits & FEATURE.PAE ? 36 : 32, pse36: (bits & FEATURE.PSE36) !== 0 });

const NO_LEAVES = { brand: 0, leaves: [], localApic: false } as const;

export const CPU_MODELS: Readonly<Record<'386' | '486' | 'pentium' | 'p6' | 'p3' | 'p4', CpuModel & { readonly generation: CpuGeneration }>> = {
  '386': { name: '386', generation: '386', family: 3, signature: 0x303, vendor: VENDOR, features: 0, hasCpuid: false, ...NO_LEAVES, cr0Bits: CR0_386, cr4Bits: 0, eflagsBits: 0 },
  '486': {
    name: '486',
    generation: '486',
    family: 4,
    signature: 0x480,
    vendor: VENDOR,
    features: FEATURE.FPU,
    hasCpuid: true,
    ...NO_LEAVES,
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
    features: features(...PENTIUM),
    hasCpuid: true,
    ...NO_LEAVES,
    cr0Bits: CR0_486,
    cr4Bits: CR4_PENTIUM,
    eflagsBits: EFLAGS_AC | EFLAGS_ID | EFLAGS_VIF | EFLAGS_VIP,
  },
  // A Pentium II: family 6, model 5. Before model 3 SYSENTER does not count, whatever the feature bit says.
  p6: {
    name: 'p6',
    generation: 'p6',
    family: 6,
    signature: 0x652,
    vendor: VENDOR,
    features: features(...P6),
    hasCpuid: true,
    brand: 0,
    // TLBs; 16-KiB instruction and data caches, 512-KiB second-level cache (SDM Vol. 2, CPUID, table of descriptors).
    leaves: [[0x03020101, 0, 0, 0x0c040843]],
    localApic: true,
    cr0Bits: CR0_486,
    cr4Bits: CR4_P6,
    eflagsBits: EFLAGS_AC | EFLAGS_ID | EFLAGS_VIF | EFLAGS_VIP,
  },
  p3: {
    name: 'p3',
    generation: 'p3',
    family: 6,
    signature: 0x68a,
    vendor: VENDOR,
    features: features(...P6, 'FXSR', 'SSE'),
    hasCpuid: true,
    brand: 2,
    // As above, with 256 KiB.
    leaves: [[0x03020101, 0, 0, 0x0c040882]],
    localApic: true,
    cr0Bits: CR0_486,
    cr4Bits: CR4_SSE,
    eflagsBits: EFLAGS_AC | EFLAGS_ID | EFLAGS_VIF | EFLAGS_VIP,
  },
  p4: {
    name: 'p4',
    generation: 'p4',
    family: 15,
    signature: 0xf29,
    vendor: VENDOR,
    features: features(...P6, 'FXSR', 'SSE', 'SSE2', 'CLFSH'),
    hasCpuid: true,
    brand: 9,
    // The Pentium 4 of the manual's example (SDM Vol. 2, CPUID leaf 2).
    leaves: [[0x665b5001, 0, 0, 0x007a7000]],
    localApic: true,
    cr0Bits: CR0_486,
    cr4Bits: CR4_SSE,
    eflagsBits: EFLAGS_AC | EFLAGS_ID | EFLAGS_VIF | EFLAGS_VIP,
  },
}; // prettier-ignore

/** APIC_BASE register (SDM Vol. 3, 10.4.4): address of the register page, global enable, bootstrap processor. */
export const APIC_BASE_ENABLE = 1 << 11;
const APIC_BASE_BSP = 1 << 8;
const APIC_BASE_ADDRESS = 0xfee00000;
/** After RESET. */
export const apicBaseAtReset = (model: CpuModel): number => (model.localApic ? APIC_BASE_ADDRESS + APIC_BASE_ENABLE + APIC_BASE_BSP : 0);

export type CpuModelName = keyof typeof CPU_MODELS;
