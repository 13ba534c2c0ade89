/** Later vector instructions without VEX: SSE3, SSSE3, SSE4, AES, PCLMULQDQ, SHA (SDM Vol. 2). */
import { type AssemblyRow, type RowOf, of } from './laterRow';

const sse3 = of('SSE3');
const ssse3 = of('SSSE3');
const sse41 = of('SSE4.1');
const sse42 = of('SSE4.2');
const aes = of('AES');
const sha = of('SHA');

type Opcode = readonly [opcode: string, mnemonic: string];

/** On MMX and on XMM registers. */
const SSSE3: readonly Opcode[] = [
  ['00', 'pshufb'],
  ['01', 'phaddw'],
  ['02', 'phaddd'],
  ['03', 'phaddsw'],
  ['04', 'pmaddubsw'],
  ['05', 'phsubw'],
  ['06', 'phsubd'],
  ['07', 'phsubsw'],
  ['08', 'psignb'],
  ['09', 'psignw'],
  ['0A', 'psignd'],
  ['0B', 'pmulhrsw'],
  ['1C', 'pabsb'],
  ['1D', 'pabsw'],
  ['1E', 'pabsd'],
];

const SSE41: readonly Opcode[] = [
  ['17', 'ptest'],
  ['28', 'pmuldq'],
  ['29', 'pcmpeqq'],
  ['2B', 'packusdw'],
  ['38', 'pminsb'],
  ['39', 'pminsd'],
  ['3A', 'pminuw'],
  ['3B', 'pminud'],
  ['3C', 'pmaxsb'],
  ['3D', 'pmaxsd'],
  ['3E', 'pmaxuw'],
  ['3F', 'pmaxud'],
  ['40', 'pmulld'],
  ['41', 'phminposuw'],
];

/** With an immediate byte. */
const SSE41_IMMEDIATE: readonly (readonly [...Opcode, source: string])[] = [
  ['08', 'roundps', 'Wx'],
  ['09', 'roundpd', 'Wx'],
  ['0A', 'roundss', 'Wd'],
  ['0B', 'roundsd', 'Wq'],
  ['0C', 'blendps', 'Wx'],
  ['0D', 'blendpd', 'Wx'],
  ['0E', 'pblendw', 'Wx'],
  ['21', 'insertps', 'Wd'],
  ['40', 'dpps', 'Wx'],
  ['41', 'dppd', 'Wx'],
  ['42', 'mpsadbw', 'Wx'],
];

/** Sign extension; zero extension is sixteen opcodes further. */
const EXTENSIONS: readonly (readonly [opcode: number, widths: string, source: string])[] = [
  [0x20, 'bw', 'Wq'],
  [0x21, 'bd', 'Wd'],
  [0x22, 'bq', 'Ww'],
  [0x23, 'wd', 'Wq'],
  [0x24, 'wq', 'Wd'],
  [0x25, 'dq', 'Wq'],
];

/** XMM0 takes part and need not be written. */
const withXmm0 = (rowOf: RowOf, encoding: string, mnemonic: string): AssemblyRow[] => ['Vx Wx', 'Vx Wx XMM0'].flatMap((operands) => rowOf(encoding, mnemonic, operands));

export const LATER_VECTOR: readonly AssemblyRow[] = [
  ...sse3('66 0F D0 /r', 'addsubpd', 'Vx Wx'),
  ...sse3('F2 0F D0 /r', 'addsubps', 'Vx Wx'),
  ...sse3('66 0F 7C /r', 'haddpd', 'Vx Wx'),
  ...sse3('F2 0F 7C /r', 'haddps', 'Vx Wx'),
  ...sse3('66 0F 7D /r', 'hsubpd', 'Vx Wx'),
  ...sse3('F2 0F 7D /r', 'hsubps', 'Vx Wx'),
  ...sse3('F2 0F F0 /r', 'lddqu', 'Vx Mx'),
  ...sse3('F2 0F 12 /r', 'movddup', 'Vx Wq'),
  ...sse3('F3 0F 12 /r', 'movsldup', 'Vx Wx'),
  ...sse3('F3 0F 16 /r', 'movshdup', 'Vx Wx'),

  ...SSSE3.flatMap(([opcode, mnemonic]) => [...ssse3(`NP 0F 38 ${opcode} /r`, mnemonic, 'Pq Qq'), ...ssse3(`66 0F 38 ${opcode} /r`, mnemonic, 'Vx Wx')]),
  ...ssse3('NP 0F 3A 0F /r', 'palignr', 'Pq Qq Ib'),
  ...ssse3('66 0F 3A 0F /r', 'palignr', 'Vx Wx Ib'),

  ...SSE41.flatMap(([opcode, mnemonic]) => sse41(`66 0F 38 ${opcode} /r`, mnemonic, 'Vx Wx')),
  ...SSE41_IMMEDIATE.flatMap(([opcode, mnemonic, source]) => sse41(`66 0F 3A ${opcode} /r`, mnemonic, `Vx ${source} Ib`)),
  ...EXTENSIONS.flatMap(([opcode, widths, source]) =>
    ['s', 'z'].flatMap((sign, n) => sse41(`66 0F 38 ${(opcode + 16 * n).toString(16).toUpperCase()} /r`, `pmov${sign}x${widths}`, `Vx ${source}`)),
  ),
  ...withXmm0(sse41, '66 0F 38 10 /r', 'pblendvb'),
  ...withXmm0(sse41, '66 0F 38 14 /r', 'blendvps'),
  ...withXmm0(sse41, '66 0F 38 15 /r', 'blendvpd'),
  ...sse41('66 0F 38 2A /r', 'movntdqa', 'Vx Mx'),
  ...sse41('66 0F 3A 14 /r', 'pextrb', 'Rd/Mb Vx Ib'),
  ...sse41('66 0F 3A 15 /r', 'pextrw', 'Rd/Mw Vx Ib'),
  ...sse41('66 0F 3A 16 /r', 'pextrd', 'Ed Vx Ib'),
  ...sse41('66 0F 3A 17 /r', 'extractps', 'Ed Vx Ib'),
  ...sse41('66 0F 3A 20 /r', 'pinsrb', 'Vx RdMb Ib'),
  ...sse41('66 0F 3A 22 /r', 'pinsrd', 'Vx Ed Ib'),

  ...sse42('66 0F 38 37 /r', 'pcmpgtq', 'Vx Wx'),
  ...sse42('66 0F 3A 60 /r', 'pcmpestrm', 'Vx Wx Ib'),
  ...sse42('66 0F 3A 61 /r', 'pcmpestri', 'Vx Wx Ib'),
  ...sse42('66 0F 3A 62 /r', 'pcmpistrm', 'Vx Wx Ib'),
  ...sse42('66 0F 3A 63 /r', 'pcmpistri', 'Vx Wx Ib'),

  ...aes('66 0F 38 DB /r', 'aesimc', 'Vx Wx'),
  ...aes('66 0F 38 DC /r', 'aesenc', 'Vx Wx'),
  ...aes('66 0F 38 DD /r', 'aesenclast', 'Vx Wx'),
  ...aes('66 0F 38 DE /r', 'aesdec', 'Vx Wx'),
  ...aes('66 0F 38 DF /r', 'aesdeclast', 'Vx Wx'),
  ...aes('66 0F 3A DF /r', 'aeskeygenassist', 'Vx Wx Ib'),
  ...of('PCLMULQDQ')('66 0F 3A 44 /r', 'pclmulqdq', 'Vx Wx Ib'),

  ...sha('NP 0F 38 C8 /r', 'sha1nexte', 'Vx Wx'),
  ...sha('NP 0F 38 C9 /r', 'sha1msg1', 'Vx Wx'),
  ...sha('NP 0F 38 CA /r', 'sha1msg2', 'Vx Wx'),
  ...withXmm0(sha, 'NP 0F 38 CB /r', 'sha256rnds2'),
  ...sha('NP 0F 38 CC /r', 'sha256msg1', 'Vx Wx'),
  ...sha('NP 0F 38 CD /r', 'sha256msg2', 'Vx Wx'),
  ...sha('NP 0F 3A CC /r', 'sha1rnds4', 'Vx Wx Ib'),
];
