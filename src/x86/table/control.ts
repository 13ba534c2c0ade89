/** Branches, calls, returns, interrupts: SDM Vol. 2, appendix A. */
import { CONDITIONS } from '../conditions';
import { type Row, row } from '../instructionSpec';

export const CONTROL: readonly Row[] = [
  ...CONDITIONS.map((cc, n) => row((0x70 + n).toString(16), `j${cc.name}`, 'Jb', { r: cc.reads, flow: 'branch', lift: 'jcc' })),
  ...CONDITIONS.map((cc, n) => row(`0F ${(0x80 + n).toString(16)}`, `j${cc.name}`, 'Jz', { r: cc.reads, flow: 'branch', lift: 'jcc', since: '386' })),
  row('E0', 'loopne', 'Jb', { r: 'z', flow: 'branch' }),
  row('E1', 'loope', 'Jb', { r: 'z', flow: 'branch' }),
  row('E2', 'loop', 'Jb', { flow: 'branch' }),
  row('E3', 'jcxz', 'Jb', { flow: 'branch' }), // jecxz with 32-bit addresses
  row('EB', 'jmp', 'Jb', { flow: 'jump', lift: 'jump' }),
  row('E9', 'jmp', 'Jz', { flow: 'jump', lift: 'jump' }),
  row('FF /4', 'jmp', 'Ev', { flow: 'jump', lift: 'jump' }),
  row('E8', 'call', 'Jz', { flow: 'call' }),
  row('FF /2', 'call', 'Ev', { flow: 'call' }),
  row('C3', 'ret', '', { flow: 'return' }),
  row('C2', 'ret', 'Iw', { flow: 'return' }),

  row('EA', 'jmp', 'Ap', { flow: 'farJump', sensitivity: 'farJump', lift: 'farJump' }),
  row('FF /5', 'jmp', 'Mp', { flow: 'farJump', sensitivity: 'farJump', lift: 'farJump' }),
  row('9A', 'call', 'Ap', { flow: 'farCall', sensitivity: 'farCall', lift: 'farCall' }),
  row('FF /3', 'call', 'Mp', { flow: 'farCall', sensitivity: 'farCall', lift: 'farCall' }),
  row('CB', 'retf', '', { flow: 'farReturn', sensitivity: 'farReturn' }),
  row('CA', 'retf', 'Iw', { flow: 'farReturn', sensitivity: 'farReturn' }),

  row('CC', 'int3', '', { flow: 'interrupt', sensitivity: 'softwareInterrupt' }),
  row('CD', 'int', 'Ib', { flow: 'interrupt', sensitivity: 'softwareInterrupt' }),
  row('CE', 'into', '', { r: 'o', flow: 'interrupt', sensitivity: 'softwareInterrupt' }),
  row('F1', 'int1', '', { flow: 'interrupt', undocumented: true }),
  row('CF', 'iret|iretd', '', { w: 'oszapcditnv', flow: 'farReturn', sensitivity: 'iret' }),
  row('62 /r', 'bound', 'Gv Ma', { since: '186' }),
  row('0F 0B', 'ud2', ''),
  row('0F B9 /r', 'ud1', 'Gv Ev', { undocumented: true, lift: 'ud2' }),
];
