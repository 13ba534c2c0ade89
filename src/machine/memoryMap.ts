/** Who owns guest-physical memory, as the BIOS (INT 15h E820h) and the boot loader tell the guest. */
export const EBDA = 0x9fc00;
/** In the extended BIOS data area: number of the CD drive that a diskette or hard disk is emulated from; 0 for none. */
export const EMULATED_CD = EBDA + 0x60;
export const VGA_TEXT = 0xb8000;
/** Video memory and option ROMs: below the system's ROM. */
export const ISA_DEVICES_END = 0xc0000;
/** Where devices of the PCI bus have their memory: above the largest RAM, below the APICs. */
export const PCI_MEMORY = { start: 0xe0000000, end: 0xfec00000 } as const;
export const ROM_BASE = 0xf0000;
export const HIGH_MEMORY = 0x100000;
export const IO_APIC_BASE = 0xfec00000;
export const LOCAL_APIC_BASE = 0xfee00000;
/** The firmware ACPI control structure: the one table that the guest writes to. In the extended BIOS data area, on a 64-byte boundary. */
export const FACS = 0x9ffc0;
/** The other tables are in the ROM, below the entry points. */
export const TABLES = 0xf4000;
export const TABLES_END = 0xf8000;
const APIC_PAGE = 0x1000;
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
  for (const base of [IO_APIC_BASE, LOCAL_APIC_BASE]) map.push({ base, length: APIC_PAGE, type: 'reserved' });
  return map;
};
