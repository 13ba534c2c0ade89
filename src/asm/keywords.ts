/** Words of the language other than mnemonics, one fact a line. */

/** Operand sizes in bytes. */
export const SIZES: ReadonlyMap<string, number> = new Map([
  ['byte', 1],
  ['word', 2],
  ['dword', 4],
  ['qword', 8],
  ['tword', 10],
  ['tbyte', 10],
  ['oword', 16],
  ['yword', 32],
]);

export const DISTANCES = new Set(['near', 'far', 'short'] as const);

/** DB and its wider kin: bytes of a unit. */
export const DATA: ReadonlyMap<string, number> = new Map([
  ['db', 1],
  ['dw', 2],
  ['dd', 4],
  ['dq', 8],
  ['dt', 10],
  ['do', 16],
]);

export const RESERVE: ReadonlyMap<string, number> = new Map([
  ['resb', 1],
  ['resw', 2],
  ['resd', 4],
  ['resq', 8],
  ['rest', 10],
  ['reso', 16],
]);

/** Directives, and the standard macros that act like them. */
export const DIRECTIVES = new Set([
  'org',
  'bits',
  'use16',
  'use32',
  'section',
  'segment',
  'absolute',
  'global',
  'extern',
  'common',
  'static',
  'cpu',
  'default',
  'float',
  'warning',
  'map',
  'list',
  'debug',
  'sectalign',
  'struc',
  'endstruc',
  'istruc',
  'iend',
  '__sect__',
]);

export const ALIGN_FILL: ReadonlyMap<string, 'nop' | 'reserve'> = new Map([
  ['align', 'nop'],
  ['alignb', 'reserve'],
]);
