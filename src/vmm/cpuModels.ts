/** CPU models as data: what exists on which processor (SDM Vol. 1, chapter 20; Vol. 2, CPUID). */
import type { CpuGeneration } from '../x86/instructionSpec';
import { CR0_AM, CR0_CD, CR0_EM, CR0_ET, CR0_MP, CR0_NE, CR0_NW, CR0_PE, CR0_PG, CR0_TS, CR0_WP, CR4_DE, CR4_PCE, CR4_PSE, CR4_TSD, EFLAGS_AC, EFLAGS_ID } from '../x86/flags';
import type { CpuModel } from '../semantics/system/context';

const CR0_386 = CR0_PE | CR0_MP | CR0_EM | CR0_TS | CR0_ET | CR0_PG;
const CR0_486 = CR0_386 | CR0_NE | CR0_WP | CR0_AM | CR0_NW | CR0_CD;
const VENDOR = 'GenuineIntel';

/** CPUID.1:EDX bits. */
const PSE = 1 << 3;
const TSC = 1 << 4;
const MSR = 1 << 5;
const CX8 = 1 << 8;
const APIC = 1 << 9;
const CMOV = 1 << 15;

export const CPU_MODELS: Readonly<Record<'386' | '486' | 'pentium' | 'p6', CpuModel & { readonly generation: CpuGeneration }>> = {
  '386': { name: '386', generation: '386', family: 3, signature: 0x303, vendor: VENDOR, features: 0, hasCpuid: false, cr0Bits: CR0_386, cr4Bits: 0, eflagsBits: 0 },
  '486': {
    name: '486',
    generation: '486',
    family: 4,
    signature: 0x480,
    vendor: VENDOR,
    features: 0,
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
    features: PSE | TSC | MSR | CX8 | APIC,
    hasCpuid: true,
    cr0Bits: CR0_486,
    cr4Bits: CR4_TSD | CR4_DE | CR4_PSE,
    eflagsBits: EFLAGS_AC | EFLAGS_ID,
  },
  p6: {
    name: 'p6',
    generation: 'p6',
    family: 6,
    signature: 0x619,
    vendor: VENDOR,
    features: PSE | TSC | MSR | CX8 | APIC | CMOV,
    hasCpuid: true,
    cr0Bits: CR0_486,
    cr4Bits: CR4_TSD | CR4_DE | CR4_PSE | CR4_PCE,
    eflagsBits: EFLAGS_AC | EFLAGS_ID,
  },
}; // prettier-ignore

/** APIC_BASE register (SDM Vol. 3, 10.4.4): address of the register page, global enable, bootstrap processor. */
export const APIC_BASE_ENABLE = 1 << 11;
const APIC_BASE_BSP = 1 << 8;
const APIC_BASE_ADDRESS = 0xfee00000;
export const hasApic = (model: CpuModel): boolean => (model.features & APIC) !== 0;
/** After RESET. */
export const apicBaseAtReset = (model: CpuModel): number => (hasApic(model) ? APIC_BASE_ADDRESS + APIC_BASE_ENABLE + APIC_BASE_BSP : 0);

export type CpuModelName = keyof typeof CPU_MODELS;
