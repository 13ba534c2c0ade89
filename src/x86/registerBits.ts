/** Fields of system registers, named as the SDM names them (Vol. 3, 2.5 and 17.2): name, mask, meaning. */
import { CR4_DE, CR4_MCE, CR4_OSFXSR, CR4_OSXMMEXCPT, CR4_PAE, CR4_PCE, CR4_PGE, CR4_PSE, CR4_PVI, CR4_TSD, CR4_UMIP, CR4_VME, DR6_BD, DR6_BS, DR6_BT, DR7_GD } from './flags';

export type RegisterBits = readonly (readonly [name: string, mask: number, meaning: string])[];

export const CR3_BITS: RegisterBits = [
  ['PWT', 1 << 3, 'page-level write-through'],
  ['PCD', 1 << 4, 'page-level cache disable'],
  ['base', ~0xfff, 'page directory, as a page number'],
];

// biome-ignore format: a table
export const CR4_BITS: RegisterBits = [
  ['VME',        CR4_VME,        'virtual-8086 mode extensions'],
  ['PVI',        CR4_PVI,        'protected-mode virtual interrupts'],
  ['TSD',        CR4_TSD,        'time stamp disable: RDTSC in ring 0 only'],
  ['DE',         CR4_DE,         'debugging extensions: I/O breakpoints'],
  ['PSE',        CR4_PSE,        'page size extensions: 4-MiB pages'],
  ['PAE',        CR4_PAE,        'physical address extension'],
  ['MCE',        CR4_MCE,        'machine-check enable'],
  ['PGE',        CR4_PGE,        'page global enable'],
  ['PCE',        CR4_PCE,        'performance counters at any ring'],
  ['OSFXSR',     CR4_OSFXSR,     'the system saves SSE state'],
  ['OSXMMEXCPT', CR4_OSXMMEXCPT, 'the system handles #XM'],
  ['UMIP',       CR4_UMIP,       'user-mode instruction prevention'],
  ['VMXE',       1 << 13,        'VMX enable'],
];

// biome-ignore format: a table
export const DR6_BITS: RegisterBits = [
  ['B0', 1 << 0, 'condition of DR0 met'],
  ['B1', 1 << 1, 'condition of DR1 met'],
  ['B2', 1 << 2, 'condition of DR2 met'],
  ['B3', 1 << 3, 'condition of DR3 met'],
  ['BD', DR6_BD, 'debug registers accessed'],
  ['BS', DR6_BS, 'single step'],
  ['BT', DR6_BT, 'task switch'],
];

const breakpointFields = (n: number): RegisterBits => [
  [`L${n}`, 1 << (2 * n), `DR${n} enabled in this task`],
  [`G${n}`, 2 << (2 * n), `DR${n} enabled in all tasks`],
  [`R/W${n}`, 3 << (16 + 4 * n), `DR${n}: 0 execute, 1 write, 2 port, 3 access`],
  [`LEN${n}`, 3 << (18 + 4 * n), `DR${n}: 0 one byte, 1 two, 3 four`],
];

export const DR7_BITS: RegisterBits = [
  ...[0, 1, 2, 3].flatMap(breakpointFields),
  ['LE', 1 << 8, 'local exact'],
  ['GE', 1 << 9, 'global exact'],
  ['GD', DR7_GD, 'general detect: accesses to debug registers fault'],
];
