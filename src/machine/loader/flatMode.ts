/** Protected mode as a boot loader leaves it: a three-entry GDT in low memory and flat segments. */
import { EBDA } from '../memoryMap';
import type { InitialState, MemoryWrite } from './guest';

/** In the extended BIOS data area, where no program goes. */
const GDT_ADDRESS = EBDA + 0x300;
export const CODE_SELECTOR = 0x08;
export const DATA_SELECTOR = 0x10;
const EFLAGS_RESERVED = 0x02;

/** Null; code, read/execute; data, read/write: base 0, limit 4 GiB, 32-bit, DPL 0 (SDM vol. 3 §3.4.5). */
// biome-ignore format: one descriptor a line
const GDT = Uint8Array.of(
  0, 0, 0, 0, 0, 0, 0, 0,
  0xff, 0xff, 0, 0, 0, 0x9b, 0xcf, 0,
  0xff, 0xff, 0, 0, 0, 0x93, 0xcf, 0,
);

export const flatState = (entry: number, registers: Readonly<Record<string, number>> = {}): { initial: InitialState; gdt: MemoryWrite } => ({
  gdt: { address: GDT_ADDRESS, bytes: GDT },
  initial: {
    mode: 'flat32',
    registers: {
      eip: entry,
      eflags: EFLAGS_RESERVED,
      cs: CODE_SELECTOR,
      ...Object.fromEntries(['ds', 'es', 'ss', 'fs', 'gs'].map((name) => [name, DATA_SELECTOR])),
      'gdtr.base': GDT_ADDRESS,
      'gdtr.limit': GDT.length - 1,
      ...registers,
    },
  },
});

const EFLAGS_IF = 0x200;

/** Real mode at `cs:ip`, as the BIOS jumps to a boot sector: interrupts on, stack below the code. */
export const realState = (cs: number, ip: number, drive: number): InitialState => ({
  mode: 'real',
  registers: { cs, eip: ip, eflags: EFLAGS_RESERVED | EFLAGS_IF, ds: 0, es: 0, ss: 0, esp: 0x7c00, edx: drive },
});

/** Real mode with everything in one segment, the stack at its end: as DOS starts a .COM program. */
export const oneSegmentState = (segment: number, ip: number): InitialState => ({
  mode: 'real',
  registers: { cs: segment, eip: ip, eflags: EFLAGS_RESERVED | EFLAGS_IF, ds: segment, es: segment, ss: segment, esp: 0xfffe },
});
