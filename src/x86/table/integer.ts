/** Data movement, arithmetic, logic, shifts, bits: SDM Vol. 2, appendix A, tables. */
import { type Columns, type Row, row } from '../instructionSpec';
import { CONDITIONS } from '../conditions';

const ARITHMETIC: Columns = { w: 'oszapc' };
const LOGIC: Columns = { w: 'oszpc', u: 'a' };

/** The eight two-operand ALU operations share one layout: six encodings at 8*n, and the immediate group 80..83 /n. */
const alu = (n: number, mnemonic: string, columns: Columns, writes = true): Row[] => {
  const at = (k: number) => (8 * n + k).toString(16).padStart(2, '0').toUpperCase();
  const locked: Columns = writes ? { ...columns, lock: true } : columns;
  return [
    row(`${at(0)} /r`, mnemonic, 'Eb Gb', locked),
    row(`${at(1)} /r`, mnemonic, 'Ev Gv', locked),
    row(`${at(2)} /r`, mnemonic, 'Gb Eb', columns),
    row(`${at(3)} /r`, mnemonic, 'Gv Ev', columns),
    row(at(4), mnemonic, 'AL Ib', columns),
    row(at(5), mnemonic, 'eAX Iz', columns),
    row(`80 /${n}`, mnemonic, 'Eb Ib', locked),
    row(`81 /${n}`, mnemonic, 'Ev Iz', locked),
    row(`82 /${n}`, mnemonic, 'Eb Ib', { ...locked, undocumented: true }),
    row(`83 /${n}`, mnemonic, 'Ev Ibs', locked),
  ];
};

/** Shifts and rotates: D0..D3 and C0/C1, one extension each. */
const shift = (n: number, mnemonic: string, columns: Columns): Row[] => [
  row(`C0 /${n}`, mnemonic, 'Eb Ib', { since: '186', ...columns }),
  row(`C1 /${n}`, mnemonic, 'Ev Ib', { since: '186', ...columns }),
  row(`D0 /${n}`, mnemonic, 'Eb 1', columns),
  row(`D1 /${n}`, mnemonic, 'Ev 1', columns),
  row(`D2 /${n}`, mnemonic, 'Eb CL', columns),
  row(`D3 /${n}`, mnemonic, 'Ev CL', columns),
];

const ROTATE: Columns = { w: 'c', u: 'o' };
const ROTATE_THROUGH: Columns = { w: 'c', u: 'o', r: 'c' };
const SHIFT: Columns = { w: 'szpc', u: 'oa' };

/** Bit tests: register form 0F A3+8n and immediate form 0F BA /4+n. */
const bitTest = (n: number, mnemonic: string, writes: boolean): Row[] => {
  const columns: Columns = { w: 'c', u: 'osap', since: '386', ...(writes ? { lock: true as const } : {}) };
  return [row(`0F ${(0xa3 + 8 * n).toString(16).toUpperCase()} /r`, mnemonic, 'Ev Gv', columns), row(`0F BA /${4 + n}`, mnemonic, 'Ev Ib', columns)];
};

export const INTEGER: readonly Row[] = [
  ...alu(0, 'add', ARITHMETIC),
  ...alu(1, 'or', LOGIC),
  ...alu(2, 'adc', { ...ARITHMETIC, r: 'c' }),
  ...alu(3, 'sbb', { ...ARITHMETIC, r: 'c' }),
  ...alu(4, 'and', LOGIC),
  ...alu(5, 'sub', ARITHMETIC),
  ...alu(6, 'xor', LOGIC),
  ...alu(7, 'cmp', ARITHMETIC, false),

  row('27', 'daa', '', { w: 'szapc', u: 'o', r: 'ac' }),
  row('2F', 'das', '', { w: 'szapc', u: 'o', r: 'ac' }),
  row('37', 'aaa', '', { w: 'ac', u: 'oszp', r: 'a' }),
  row('3F', 'aas', '', { w: 'ac', u: 'oszp', r: 'a' }),
  row('D4', 'aam', 'Ib', { w: 'szp', u: 'oac' }),
  row('D5', 'aad', 'Ib', { w: 'szp', u: 'oac' }),
  row('D6', 'salc', '', { r: 'c', undocumented: true }),

  row('40', 'inc', 'Zv', { w: 'oszap' }),
  row('48', 'dec', 'Zv', { w: 'oszap' }),
  row('FE /0', 'inc', 'Eb', { w: 'oszap', lock: true }),
  row('FE /1', 'dec', 'Eb', { w: 'oszap', lock: true }),
  row('FF /0', 'inc', 'Ev', { w: 'oszap', lock: true }),
  row('FF /1', 'dec', 'Ev', { w: 'oszap', lock: true }),

  row('84 /r', 'test', 'Eb Gb', LOGIC),
  row('85 /r', 'test', 'Ev Gv', LOGIC),
  row('A8', 'test', 'AL Ib', LOGIC),
  row('A9', 'test', 'eAX Iz', LOGIC),
  row('F6 /0', 'test', 'Eb Ib', LOGIC),
  row('F6 /1', 'test', 'Eb Ib', { ...LOGIC, undocumented: true }),
  row('F6 /2', 'not', 'Eb', { lock: true }),
  row('F6 /3', 'neg', 'Eb', { w: 'oszapc', lock: true }),
  row('F6 /4', 'mul', 'Eb', { w: 'oc', u: 'szap' }),
  row('F6 /5', 'imul', 'Eb', { w: 'oc', u: 'szap', lift: 'imulWide' }),
  row('F6 /6', 'div', 'Eb', { u: 'oszapc' }),
  row('F6 /7', 'idiv', 'Eb', { u: 'oszapc' }),
  row('F7 /0', 'test', 'Ev Iz', LOGIC),
  row('F7 /1', 'test', 'Ev Iz', { ...LOGIC, undocumented: true }),
  row('F7 /2', 'not', 'Ev', { lock: true }),
  row('F7 /3', 'neg', 'Ev', { w: 'oszapc', lock: true }),
  row('F7 /4', 'mul', 'Ev', { w: 'oc', u: 'szap' }),
  row('F7 /5', 'imul', 'Ev', { w: 'oc', u: 'szap', lift: 'imulWide' }),
  row('F7 /6', 'div', 'Ev', { u: 'oszapc' }),
  row('F7 /7', 'idiv', 'Ev', { u: 'oszapc' }),
  row('0F AF /r', 'imul', 'Gv Ev', { w: 'oc', u: 'szap', since: '386' }),
  row('69 /r', 'imul', 'Gv Ev Iz', { w: 'oc', u: 'szap', since: '186' }),
  row('6B /r', 'imul', 'Gv Ev Ibs', { w: 'oc', u: 'szap', since: '186' }),

  ...shift(0, 'rol', ROTATE),
  ...shift(1, 'ror', ROTATE),
  ...shift(2, 'rcl', ROTATE_THROUGH),
  ...shift(3, 'rcr', ROTATE_THROUGH),
  ...shift(4, 'shl', SHIFT),
  ...shift(5, 'shr', SHIFT),
  ...shift(6, 'shl', { ...SHIFT, undocumented: true }),
  ...shift(7, 'sar', SHIFT),
  row('0F A4 /r', 'shld', 'Ev Gv Ib', { w: 'szpc', u: 'oa', since: '386' }),
  row('0F A5 /r', 'shld', 'Ev Gv CL', { w: 'szpc', u: 'oa', since: '386' }),
  row('0F AC /r', 'shrd', 'Ev Gv Ib', { w: 'szpc', u: 'oa', since: '386' }),
  row('0F AD /r', 'shrd', 'Ev Gv CL', { w: 'szpc', u: 'oa', since: '386' }),

  ...bitTest(0, 'bt', false),
  ...bitTest(1, 'bts', true),
  ...bitTest(2, 'btr', true),
  ...bitTest(3, 'btc', true),
  row('0F BC /r', 'bsf', 'Gv Ev', { w: 'z', u: 'osapc', since: '386' }),
  row('0F BD /r', 'bsr', 'Gv Ev', { w: 'z', u: 'osapc', since: '386' }),

  row('88 /r', 'mov', 'Eb Gb'),
  row('89 /r', 'mov', 'Ev Gv'),
  row('8A /r', 'mov', 'Gb Eb'),
  row('8B /r', 'mov', 'Gv Ev'),
  row('A0', 'mov', 'AL Ob'),
  row('A1', 'mov', 'eAX Ov'),
  row('A2', 'mov', 'Ob AL'),
  row('A3', 'mov', 'Ov eAX'),
  row('B0', 'mov', 'Zb Ib'),
  row('B8', 'mov', 'Zv Iz'),
  row('C6 /0', 'mov', 'Eb Ib'),
  row('C7 /0', 'mov', 'Ev Iz'),
  row('0F B6 /r', 'movzx', 'Gv Eb', { since: '386' }),
  row('0F B7 /r', 'movzx', 'Gv Ew', { since: '386' }),
  row('0F BE /r', 'movsx', 'Gv Eb', { since: '386' }),
  row('0F BF /r', 'movsx', 'Gv Ew', { since: '386' }),
  row('8D /r', 'lea', 'Gv M'),
  row('86 /r', 'xchg', 'Eb Gb', { lock: true }),
  row('87 /r', 'xchg', 'Ev Gv', { lock: true }),
  row('90', 'nop'),
  row('90', 'xchg', 'Zv eAX'),
  row('98', 'cbw|cwde'),
  row('99', 'cwd|cdq'),
  row('9E', 'sahf', '', { w: 'szapc' }),
  row('9F', 'lahf', '', { r: 'szapc' }),
  row('D7', 'xlatb'),
  row('F5', 'cmc', '', { w: 'c', r: 'c' }),
  row('F8', 'clc', '', { w: 'c' }),
  row('F9', 'stc', '', { w: 'c' }),
  row('FC', 'cld', '', { w: 'd' }),
  row('FD', 'std', '', { w: 'd' }),
  ...CONDITIONS.map((cc, n) => row(`0F ${(0x90 + n).toString(16).toUpperCase()} /r`, `set${cc.name}`, 'Eb', { r: cc.reads, since: '386', lift: 'setcc' })),
  ...CONDITIONS.map((cc, n) => row(`0F ${(0x40 + n).toString(16)} /r`, `cmov${cc.name}`, 'Gv Ev', { r: cc.reads, since: 'p6', lift: 'cmovcc' })),

  row('50', 'push', 'Zv'),
  row('58', 'pop', 'Zv'),
  row('68', 'push', 'Iz', { since: '186' }),
  row('6A', 'push', 'Ibs', { since: '186' }),
  row('FF /6', 'push', 'Ev'),
  row('8F /0', 'pop', 'Ev'),
  row('60', 'pusha|pushad', '', { since: '186' }),
  row('61', 'popa|popad', '', { since: '186' }),
  row('C8', 'enter', 'Iw Ib', { since: '186' }),
  row('C9', 'leave', '', { since: '186' }),

  row('0F B0 /r', 'cmpxchg', 'Eb Gb', { ...ARITHMETIC, lock: true, since: '486' }),
  row('0F B1 /r', 'cmpxchg', 'Ev Gv', { ...ARITHMETIC, lock: true, since: '486' }),
  row('0F C0 /r', 'xadd', 'Eb Gb', { ...ARITHMETIC, lock: true, since: '486' }),
  row('0F C1 /r', 'xadd', 'Ev Gv', { ...ARITHMETIC, lock: true, since: '486' }),
  row('0F C8', 'bswap', 'Zv', { since: '486' }),
  row('0F C7 /1', 'cmpxchg8b', 'Mq', { w: 'z', lock: true, since: 'pentium' }),
  row('0F 1F /0', 'nop', 'Ev', { since: 'p6' }),
  // Reserved for hints: later processors give them a meaning (ENDBR32 is one) that earlier ones may ignore.
  ...['0D /r', '18 /4', '18 /5', '18 /6', '18 /7', '19 /r', '1A /r', '1B /r', '1C /r', '1D /r', '1E /r', ...[1, 2, 3, 4, 5, 6, 7].map((n) => `1F /${n}`)].map((encoding) =>
    row(`0F ${encoding}`, 'nop', 'Ev', { since: 'p6', undocumented: true }),
  ),
  ...[0, 1, 2, 3].map((n) => row(`0F 18 /${n}`, 'nop', 'Ev', { since: 'p6', undocumented: true, registerOnly: true })),
];
