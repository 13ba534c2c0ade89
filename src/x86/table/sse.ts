/** Streaming SIMD Extensions (Pentium III): SDM Vol. 1, chapter 10; Vol. 2. `vector` finds the operation by the mnemonic. */
import { type Columns, type Row, row } from '../instructionSpec';

const SSE_VECTOR: Columns = { since: 'p3', lift: 'vector' };
const COMPARE: Columns = { ...SSE_VECTOR, w: 'oszapc' };

const vector = (encoding: string, mnemonic: string, operands: string): Row => row(encoding, mnemonic, operands, SSE_VECTOR);

/** Arithmetic in a packed and a scalar form: opcode, stem. */
const ARITHMETIC: readonly (readonly [opcode: string, stem: string])[] = [
  ['51', 'sqrt'],
  ['52', 'rsqrt'],
  ['53', 'rcp'],
  ['58', 'add'],
  ['59', 'mul'],
  ['5C', 'sub'],
  ['5D', 'min'],
  ['5E', 'div'],
  ['5F', 'max'],
];

/** What SSE added to the packed integers of MMX. */
const MMX_INTEGER: readonly (readonly [opcode: string, mnemonic: string])[] = [
  ['DA', 'pminub'],
  ['DE', 'pmaxub'],
  ['E0', 'pavgb'],
  ['E3', 'pavgw'],
  ['E4', 'pmulhuw'],
  ['EA', 'pminsw'],
  ['EE', 'pmaxsw'],
  ['F6', 'psadbw'],
];

export const SSE: readonly Row[] = [
  vector('NP 0F 10 /r', 'movups', 'Vx Wu'),
  vector('NP 0F 11 /r', 'movups', 'Wu Vx'),
  vector('F3 0F 10 /r', 'movss', 'Vx Wd'),
  vector('F3 0F 11 /r', 'movss', 'Wd Vx'),
  vector('NP 0F 12 /r', 'movlps', 'Vx Mq'),
  vector('NP 0F 12 /r', 'movhlps', 'Vx Ux'),
  vector('NP 0F 13 /r', 'movlps', 'Mq Vx'),
  vector('NP 0F 14 /r', 'unpcklps', 'Vx Wx'),
  vector('NP 0F 15 /r', 'unpckhps', 'Vx Wx'),
  vector('NP 0F 16 /r', 'movhps', 'Vx Mq'),
  vector('NP 0F 16 /r', 'movlhps', 'Vx Ux'),
  vector('NP 0F 17 /r', 'movhps', 'Mq Vx'),
  vector('NP 0F 28 /r', 'movaps', 'Vx Wx'),
  vector('NP 0F 29 /r', 'movaps', 'Wx Vx'),
  vector('NP 0F 2B /r', 'movntps', 'Mx Vx'),
  vector('NP 0F 50 /r', 'movmskps', 'Gd Ux'),

  ...ARITHMETIC.flatMap(([opcode, stem]) => [vector(`NP 0F ${opcode} /r`, `${stem}ps`, 'Vx Wx'), vector(`F3 0F ${opcode} /r`, `${stem}ss`, 'Vx Wd')]),
  vector('NP 0F 54 /r', 'andps', 'Vx Wx'),
  vector('NP 0F 55 /r', 'andnps', 'Vx Wx'),
  vector('NP 0F 56 /r', 'orps', 'Vx Wx'),
  vector('NP 0F 57 /r', 'xorps', 'Vx Wx'),
  vector('NP 0F C2 /r', 'cmpps', 'Vx Wx Ib'),
  vector('F3 0F C2 /r', 'cmpss', 'Vx Wd Ib'),
  vector('NP 0F C6 /r', 'shufps', 'Vx Wx Ib'),
  row('NP 0F 2E /r', 'ucomiss', 'Vx Wd', COMPARE),
  row('NP 0F 2F /r', 'comiss', 'Vx Wd', COMPARE),

  vector('NP 0F 2A /r', 'cvtpi2ps', 'Vx Qq'),
  vector('F3 0F 2A /r', 'cvtsi2ss', 'Vx Ed'),
  vector('NP 0F 2C /r', 'cvttps2pi', 'Pq Wq'),
  vector('F3 0F 2C /r', 'cvttss2si', 'Gd Wd'),
  vector('NP 0F 2D /r', 'cvtps2pi', 'Pq Wq'),
  vector('F3 0F 2D /r', 'cvtss2si', 'Gd Wd'),

  ...MMX_INTEGER.map(([opcode, mnemonic]) => vector(`NP 0F ${opcode} /r`, mnemonic, 'Pq Qq')),
  vector('NP 0F 70 /r', 'pshufw', 'Pq Qq Ib'),
  vector('NP 0F C4 /r', 'pinsrw', 'Pq RdMw Ib'),
  vector('NP 0F C5 /r', 'pextrw', 'Gd Nq Ib'),
  vector('NP 0F D7 /r', 'pmovmskb', 'Gd Nq'),
  vector('NP 0F E7 /r', 'movntq', 'Mq Pq'),
  row('NP 0F F7 /r', 'maskmovq', 'Pq Nq', { since: 'p3', lift: 'maskedStore' }),

  row('NP 0F AE /0', 'fxsave', 'M', { since: 'p3', lift: 'fxsave' }),
  row('NP 0F AE /1', 'fxrstor', 'M', { since: 'p3', lift: 'fxrstor' }),
  row('NP 0F AE /2', 'ldmxcsr', 'Md', { since: 'p3', lift: 'ldmxcsr' }),
  row('NP 0F AE /3', 'stmxcsr', 'Md', { since: 'p3', lift: 'stmxcsr' }),
  row('NP 0F AE F8', 'sfence', '', { since: 'p3', lift: 'nop' }),
  row('NP 0F AE /7', 'sfence', '', { since: 'p3', lift: 'nop', registerOnly: true, undocumented: true }),
  row('0F 18 /0', 'prefetchnta', 'M', { since: 'p3', lift: 'nop' }),
  row('0F 18 /1', 'prefetcht0', 'M', { since: 'p3', lift: 'nop' }),
  row('0F 18 /2', 'prefetcht1', 'M', { since: 'p3', lift: 'nop' }),
  row('0F 18 /3', 'prefetcht2', 'M', { since: 'p3', lift: 'nop' }),
];
