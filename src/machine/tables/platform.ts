/** What the tables say of the board and its processor. */

export const OEM = 'RINGSIDE';
/** Local APICs come first: the only processor's has ID 0. */
export const LOCAL_APIC_ID = 0;
export const IO_APIC_ID = 1;

/** The processor as CPUID leaf 1 has it: EAX and EDX. */
export interface Processor {
  readonly signature: number;
  readonly features: number;
}

/** CPUID.1:EDX. */
export const FEATURE_APIC = 1 << 9;
export const hasLocalApic = ({ features }: Processor): boolean => (features & FEATURE_APIC) !== 0;
