/** EFLAGS, CR0 and CR4 bits, named as the SDM names them (Vol. 3, 2.3 and 2.5). */

export const EFLAGS_CF = 1 << 0;
export const EFLAGS_PF = 1 << 2;
export const EFLAGS_AF = 1 << 4;
export const EFLAGS_ZF = 1 << 6;
export const EFLAGS_SF = 1 << 7;
export const EFLAGS_TF = 1 << 8;
export const EFLAGS_IF = 1 << 9;
export const EFLAGS_DF = 1 << 10;
export const EFLAGS_OF = 1 << 11;
export const EFLAGS_IOPL = 3 << 12;
export const EFLAGS_NT = 1 << 14;
export const EFLAGS_RF = 1 << 16;
export const EFLAGS_VM = 1 << 17;
export const EFLAGS_AC = 1 << 18;
export const EFLAGS_VIF = 1 << 19;
export const EFLAGS_VIP = 1 << 20;
export const EFLAGS_ID = 1 << 21;
/** Always reads as one. */
export const EFLAGS_FIXED = 1 << 1;

/** The six status flags that arithmetic writes. */
export const STATUS_FLAGS = EFLAGS_CF | EFLAGS_PF | EFLAGS_AF | EFLAGS_ZF | EFLAGS_SF | EFLAGS_OF;

export const EFLAGS_BITS: readonly (readonly [name: string, mask: number, meaning: string])[] = [
  ['CF', EFLAGS_CF, 'carry'],
  ['PF', EFLAGS_PF, 'parity even'],
  ['AF', EFLAGS_AF, 'auxiliary carry'],
  ['ZF', EFLAGS_ZF, 'zero'],
  ['SF', EFLAGS_SF, 'sign'],
  ['TF', EFLAGS_TF, 'trap: single-step'],
  ['IF', EFLAGS_IF, 'interrupt enable'],
  ['DF', EFLAGS_DF, 'direction: down'],
  ['OF', EFLAGS_OF, 'overflow'],
  ['IOPL', EFLAGS_IOPL, 'I/O privilege level'],
  ['NT', EFLAGS_NT, 'nested task'],
  ['RF', EFLAGS_RF, 'resume'],
  ['VM', EFLAGS_VM, 'virtual-8086 mode'],
  ['AC', EFLAGS_AC, 'alignment check'],
  ['VIF', EFLAGS_VIF, 'virtual interrupt enable'],
  ['VIP', EFLAGS_VIP, 'virtual interrupt pending'],
  ['ID', EFLAGS_ID, 'CPUID present'],
];

export const CR0_PE = 1 << 0;
export const CR0_MP = 1 << 1;
export const CR0_EM = 1 << 2;
export const CR0_TS = 1 << 3;
export const CR0_ET = 1 << 4;
export const CR0_NE = 1 << 5;
export const CR0_WP = 1 << 16;
export const CR0_AM = 1 << 18;
export const CR0_NW = 1 << 29;
export const CR0_CD = 1 << 30;
export const CR0_PG = 1 << 31;

export const CR0_BITS: readonly (readonly [name: string, mask: number, meaning: string])[] = [
  ['PE', CR0_PE, 'protection enable'],
  ['MP', CR0_MP, 'monitor coprocessor'],
  ['EM', CR0_EM, 'emulation: no x87'],
  ['TS', CR0_TS, 'task switched'],
  ['ET', CR0_ET, 'extension type: 387'],
  ['NE', CR0_NE, 'numeric error'],
  ['WP', CR0_WP, 'write protect'],
  ['AM', CR0_AM, 'alignment mask'],
  ['NW', CR0_NW, 'not write-through'],
  ['CD', CR0_CD, 'cache disable'],
  ['PG', CR0_PG, 'paging'],
];

/** Causes of a debug exception in DR6 (SDM Vol. 3, 17.2.3). */
export const DR6_BREAKPOINTS = 0xf;
export const DR6_BD = 1 << 13;
export const DR6_BS = 1 << 14;
export const DR6_BT = 1 << 15;
/** Enables in DR7 (SDM Vol. 3, 17.2.4): L0..L3 and LE, which a task switch clears; all of L and G. */
export const DR7_LOCAL = 0x155;
export const DR7_ENABLED = 0xff;
export const DR7_GD = 1 << 13;
/** DEBUGCTL: single steps on branches only (SDM Vol. 3, 17.4.1). */
export const DEBUGCTL_BTF = 1 << 1;

export const CR4_VME = 1 << 0;
export const CR4_PVI = 1 << 1;
export const CR4_TSD = 1 << 2;
export const CR4_DE = 1 << 3;
export const CR4_PSE = 1 << 4;
export const CR4_PAE = 1 << 5;
export const CR4_MCE = 1 << 6;
export const CR4_PGE = 1 << 7;
export const CR4_PCE = 1 << 8;
export const CR4_OSFXSR = 1 << 9;
export const CR4_OSXMMEXCPT = 1 << 10;
export const CR4_UMIP = 1 << 11;
