/** Who owns guest-physical memory, as the BIOS (INT 15h E820h) and the boot loader tell the guest. */
export const EBDA = 0x9fc00;
export const VGA_TEXT = 0xb8000;
export const ROM_BASE = 0xf0000;
export const HIGH_MEMORY = 0x100000;
export const IO_APIC_BASE = 0xfec00000;
export const LOCAL_APIC_BASE = 0xfee00000;
/** KiB below the extended BIOS data area: INT 12h. */
export const BASE_MEMORY_KIB = EBDA / 1024;

export interface MemoryRange {
  readonly base: number;
  readonly length: number;
  /** Address range types of E820h and Multiboot. */
  readonly type: 'usable' | 'reserved';
}

/** Lowest first, without overlaps, for `ram` bytes of RAM (at least 1 MiB). */
export const memoryMap = (ram: number): MemoryRange[] => {
  const map: MemoryRange[] = [
    { base: 0, length: EBDA, type: 'usable' },
    { base: EBDA, length: 0xa0000 - EBDA, type: 'reserved' },
    { base: ROM_BASE, length: HIGH_MEMORY - ROM_BASE, type: 'reserved' },
  ];
  if (ram > HIGH_MEMORY) map.push({ base: HIGH_MEMORY, length: ram - HIGH_MEMORY, type: 'usable' });
  return map;
};
