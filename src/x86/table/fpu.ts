/** The x87: escape opcodes D8 to DF and WAIT's companions. SDM Vol. 2, appendix A.5; Vol. 1, chapter 8. */
import { type Columns, type Row, row } from '../instructionSpec';

const UNDOCUMENTED: Columns = { undocumented: true };

/** The eight operations of ModRM.reg that D8 and DC, DA and DE share. */
const OPERATIONS = ['add', 'mul', 'com', 'comp', 'sub', 'subr', 'div', 'divr'] as const;
/** With the destination in ST(i) the reversed forms trade places (SDM Vol. 2, FSUB, FDIV). */
const REVERSED = ['add', 'mul', 'com', 'comp', 'subr', 'sub', 'divr', 'div'] as const;
const isCompare = (operation: string): boolean => operation.startsWith('com');

const memory = (opcode: string, prefix: 'f' | 'fi', operand: string): Row[] => OPERATIONS.map((operation, n) => row(`${opcode} /${n}`, prefix + operation, operand));
const toRegister = (opcode: string, suffix: '' | 'p'): Row[] =>
  REVERSED.flatMap((operation, n) => (isCompare(operation) ? [] : [row(`${opcode} /${n}`, `f${operation}${suffix}`, 'STi ST')]));

const move = (encoding: string, condition: string): Row => row(encoding, `fcmov${condition}`, 'ST STi', { since: 'p6', lift: 'fcmovcc', r: 'zpc' });

// biome-ignore format: a table
export const FPU: readonly Row[] = [
  // First, because the assembler takes them for ST(0) with itself.
  ...toRegister('DC', ''),
  ...memory('D8', 'f', 'Md'),
  ...OPERATIONS.map((operation, n) => row(`D8 /${n}`, `f${operation}`, 'ST STi')),

  row('D9 /0', 'fld', 'Md'),
  row('D9 /2', 'fst', 'Md'),
  row('D9 /3', 'fstp', 'Md'),
  row('D9 /4', 'fldenv', 'Mi'),
  row('D9 /5', 'fldcw', 'Mw'),
  row('D9 /6', 'fnstenv', 'Mi'),
  row('D9 /7', 'fnstcw', 'Mw'),
  row('D9 /0', 'fld', 'STi'),
  row('D9 /1', 'fxch', 'ST STi'),
  row('D9 D0', 'fnop'),
  row('D9 /3', 'fstp', 'STi', UNDOCUMENTED),
  row('D9 E0', 'fchs'),
  row('D9 E1', 'fabs'),
  row('D9 E4', 'ftst'),
  row('D9 E5', 'fxam'),
  row('D9 E8', 'fld1'),
  row('D9 E9', 'fldl2t'),
  row('D9 EA', 'fldl2e'),
  row('D9 EB', 'fldpi'),
  row('D9 EC', 'fldlg2'),
  row('D9 ED', 'fldln2'),
  row('D9 EE', 'fldz'),
  row('D9 F0', 'f2xm1'),
  row('D9 F1', 'fyl2x'),
  row('D9 F2', 'fptan'),
  row('D9 F3', 'fpatan'),
  row('D9 F4', 'fxtract'),
  row('D9 F5', 'fprem1', '', { since: '386' }),
  row('D9 F6', 'fdecstp'),
  row('D9 F7', 'fincstp'),
  row('D9 F8', 'fprem'),
  row('D9 F9', 'fyl2xp1'),
  row('D9 FA', 'fsqrt'),
  row('D9 FB', 'fsincos', '', { since: '386' }),
  row('D9 FC', 'frndint'),
  row('D9 FD', 'fscale'),
  row('D9 FE', 'fsin', '', { since: '386' }),
  row('D9 FF', 'fcos', '', { since: '386' }),

  ...memory('DA', 'fi', 'Md'),
  move('DA /0', 'b'),
  move('DA /1', 'e'),
  move('DA /2', 'be'),
  move('DA /3', 'u'),
  row('DA E9', 'fucompp', '', { since: '386' }),

  row('DB /0', 'fild', 'Md'),
  row('DB /2', 'fist', 'Md'),
  row('DB /3', 'fistp', 'Md'),
  row('DB /5', 'fld', 'Mt'),
  row('DB /7', 'fstp', 'Mt'),
  move('DB /0', 'nb'),
  move('DB /1', 'ne'),
  move('DB /2', 'nbe'),
  move('DB /3', 'nu'),
  row('DB E0', 'fneni'),
  row('DB E1', 'fndisi'),
  row('DB E2', 'fnclex'),
  row('DB E3', 'fninit'),
  row('DB E4', 'fsetpm', '', { since: '286' }),
  row('DB /5', 'fucomi', 'ST STi', { since: 'p6', w: 'oszapc' }),
  row('DB /6', 'fcomi', 'ST STi', { since: 'p6', w: 'oszapc' }),

  ...memory('DC', 'f', 'Mq'),
  row('DC /2', 'fcom', 'ST STi', UNDOCUMENTED),
  row('DC /3', 'fcomp', 'ST STi', UNDOCUMENTED),

  row('DD /0', 'fld', 'Mq'),
  row('DD /2', 'fst', 'Mq'),
  row('DD /3', 'fstp', 'Mq'),
  row('DD /4', 'frstor', 'Mi'),
  row('DD /6', 'fnsave', 'Mi'),
  row('DD /7', 'fnstsw', 'Mw'),
  row('DD /0', 'ffree', 'STi'),
  row('DD /1', 'fxch', 'ST STi', UNDOCUMENTED),
  row('DD /2', 'fst', 'STi'),
  row('DD /3', 'fstp', 'STi'),
  row('DD /4', 'fucom', 'ST STi', { since: '386' }),
  row('DD /5', 'fucomp', 'ST STi', { since: '386' }),

  ...memory('DE', 'fi', 'Mw'),
  ...toRegister('DE', 'p'),
  row('DE /2', 'fcomp', 'ST STi', UNDOCUMENTED),
  row('DE D9', 'fcompp'),

  row('DF /0', 'fild', 'Mw'),
  row('DF /2', 'fist', 'Mw'),
  row('DF /3', 'fistp', 'Mw'),
  row('DF /4', 'fbld', 'Mt'),
  row('DF /5', 'fild', 'Mq'),
  row('DF /6', 'fbstp', 'Mt'),
  row('DF /7', 'fistp', 'Mq'),
  row('DF /0', 'ffreep', 'STi', UNDOCUMENTED),
  row('DF /1', 'fxch', 'ST STi', UNDOCUMENTED),
  row('DF /2', 'fstp', 'STi', UNDOCUMENTED),
  row('DF /3', 'fstp', 'STi', UNDOCUMENTED),
  row('DF E0', 'fnstsw', 'AX', { since: '286' }),
  row('DF /5', 'fucomip', 'ST STi', { since: 'p6', w: 'oszapc' }),
  row('DF /6', 'fcomip', 'ST STi', { since: 'p6', w: 'oszapc' }),
];
