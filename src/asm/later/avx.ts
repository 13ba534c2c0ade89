/** AVX, AVX2, FMA, F16C, AVX-VNNI (SDM Vol. 2, chapters 2.3 and 5). What widens an SSE instruction is derived from its row. */
import { SSE } from '../../x86/table/sse';
import { SSE2 } from '../../x86/table/sse2';
import { type AssemblyRow, of } from './laterRow';
import { LATER_VECTOR } from './vector';

const avx = of('AVX');
const avx2 = of('AVX2');
const fma = of('FMA');

/** One source: VEX.vvvv is not used. */
const ONE_SOURCE =
  /^(mov(?![lh]p|hlps|lhps)|lddqu|maskmov|pmovm|pmov[sz]x|sqrtp|rsqrtp|rcpp|u?comis|cvt(?!si2s|ss2sd|sd2ss)|pshuf[dhl]|pabs|ptest|phmin|roundp|pcmp[ei]str|aesimc|aeskey|pextr|extract)/;
/** Their 256-bit forms, if any, are not the same with wider operands. */
const NARROW = /^(mov[dq]$|mov[lh]|pinsr|pextr|maskmov|aes|pclmul|phmin|pcmp[ei]str|extract|insert|dppd|cvt(dq2pd|ps2pd|t?pd2dq|pd2ps)|pmov[sz]x|movddup)/;
/** What has no VEX form, or one of its own below. */
const APART = /^(movs[sd]|movdq2q|movq2dq|p?blendv|sha)/;
/** The count of a vector shift is a whole XMM register. */
const SHIFT = /^ps(ll|rl|ra)[wdq]$/;

function derived(source: { encoding: string; mnemonic: string; operands: readonly string[] }): AssemblyRow[] {
  const { mnemonic, operands } = source;
  if (APART.test(mnemonic) || operands.includes('XMM0') || !operands.some((letter) => /^[VU]/.test(letter)) || operands.some((letter) => /^[PQN]/.test(letter))) return [];
  const isWide = !NARROW.test(mnemonic) && !operands.some((letter) => /^[WE][dq]$/.test(letter));
  const written = operands.map((letter) => (isWide ? widened(letter) : letter));
  if (SHIFT.test(mnemonic) && operands[1] === 'Wx') return avx(`VEX ${source.encoding}`, `v${mnemonic}`, 'V H Wx');
  if (operands[0] === 'Ux') written.unshift('H');
  else if (operands[0] === 'Vx' && !ONE_SOURCE.test(mnemonic)) written.splice(1, 0, isWide ? 'H' : 'Hx');
  return (isWide && !/p[sd]$/.test(mnemonic) ? avx2 : avx)(`VEX ${source.encoding}`, `v${mnemonic}`, written.join(' '));
}

const widened = (letter: string): string => letter.replace(/^([VWUM])[xu]$/, '$1');

const hex = (value: number): string => value.toString(16).toUpperCase().padStart(2, '0');

/** opcode, stem, and whether it works on scalars too. */
const FUSED: readonly (readonly [opcode: number, stem: string, scalar: boolean])[] = [
  [0x06, 'maddsub', false],
  [0x07, 'msubadd', false],
  [0x08, 'madd', true],
  [0x0a, 'msub', true],
  [0x0c, 'nmadd', true],
  [0x0e, 'nmsub', true],
];
/** The order of the factors and the summand; the first two of each are factors that may change places. */
const ORDERS: readonly (readonly [base: number, names: readonly string[]])[] = [
  [0x90, ['132', '312']],
  [0xa0, ['213', '123']],
  [0xb0, ['231', '321']],
];
const fused = ORDERS.flatMap(([base, names]) =>
  names.flatMap((order) =>
    FUSED.flatMap(([opcode, stem, scalar]) => [
      ...fma(`VEX 66 0F 38 ${hex(base + opcode)} /r`, `vf${stem}${order}ps`, 'V H W'),
      ...fma(`VEX 66 0F 38 ${hex(base + opcode)} /r`, `vf${stem}${order}pd`, 'V H W', { w: 1 }),
      ...(scalar ? fma(`VEX 66 0F 38 ${hex(base + opcode + 1)} /r`, `vf${stem}${order}ss`, 'Vx Hx Wd') : []),
      ...(scalar ? fma(`VEX 66 0F 38 ${hex(base + opcode + 1)} /r`, `vf${stem}${order}sd`, 'Vx Hx Wq', { w: 1 }) : []),
    ]),
  ),
);

/** Scalars: registers keep the first source's upper part, memory clears it. */
const scalarMoves = (['ss F3 d', 'sd F2 q'] as const).flatMap((line) => {
  const [suffix, prefix, size] = line.split(' ');
  const name = `vmov${suffix}`;
  return [...avx(`VEX ${prefix} 0F 10 /r`, name, 'Vx Hx Ux'), ...avx(`VEX ${prefix} 0F 10 /r`, name, `Vx M${size}`), ...avx(`VEX ${prefix} 0F 11 /r`, name, `M${size} Vx`)];
});

/** Sources half as wide, or a quarter, or an eighth, as the destination. */
const extensions = LATER_VECTOR.filter(({ mnemonic }) => /^pmov[sz]x/.test(mnemonic)).flatMap(({ encoding, mnemonic, operands }) =>
  avx2(`VEX ${encoding}`, `v${mnemonic}`, `Vqq ${{ Wq: 'Wx', Wd: 'Wq', Ww: 'Wd' }[operands[1] as string]}`),
);

const vnni = ['vpdpbusd', 'vpdpbusds', 'vpdpwssd', 'vpdpwssds'].flatMap((mnemonic, n) => of('AVX512_VNNI')(`EVEX 66 0F 38 ${hex(0x50 + n)} /r`, mnemonic, 'V H W'));

export const LATER_AVX: readonly AssemblyRow[] = [
  ...[...SSE, ...SSE2, ...LATER_VECTOR].flatMap(derived),
  ...scalarMoves,
  ...extensions,
  ...fused,
  ...vnni,
  ...avx('VEX NP 0F 77', 'vzeroupper'),
  ...avx('VEX NP 0F 77', 'vzeroall', '', { length: 1 }),
  ...avx('VEX F3 0F E6 /r', 'vcvtdq2pd', 'Vqq Wx'),
  ...avx('VEX NP 0F 5A /r', 'vcvtps2pd', 'Vqq Wx'),
  ...avx('VEX 66 0F 5A /r', 'vcvtpd2ps', 'Vx Wqq'),
  ...avx('VEX 66 0F E6 /r', 'vcvttpd2dq', 'Vx Wqq'),
  ...avx('VEX F2 0F E6 /r', 'vcvtpd2dq', 'Vx Wqq'),
  ...avx('VEX F2 0F 12 /r', 'vmovddup', 'Vqq Wqq'),
  ...avx('VEX 66 0F 38 18 /r', 'vbroadcastss', 'V Md'),
  ...avx('VEX 66 0F 38 19 /r', 'vbroadcastsd', 'Vqq Mq'),
  ...avx('VEX 66 0F 38 1A /r', 'vbroadcastf128', 'Vqq Mx'),
  ...avx('VEX 66 0F 3A 18 /r', 'vinsertf128', 'Vqq Hqq Wx Ib'),
  ...avx('VEX 66 0F 3A 19 /r', 'vextractf128', 'Wx Vqq Ib'),
  ...avx('VEX 66 0F 3A 06 /r', 'vperm2f128', 'Vqq Hqq Wqq Ib'),
  ...avx('VEX 66 0F 38 0C /r', 'vpermilps', 'V H W'),
  ...avx('VEX 66 0F 38 0D /r', 'vpermilpd', 'V H W'),
  ...avx('VEX 66 0F 3A 04 /r', 'vpermilps', 'V W Ib'),
  ...avx('VEX 66 0F 3A 05 /r', 'vpermilpd', 'V W Ib'),
  ...avx('VEX 66 0F 38 0E /r', 'vtestps', 'V W'),
  ...avx('VEX 66 0F 38 0F /r', 'vtestpd', 'V W'),
  ...avx('VEX 66 0F 38 2C /r', 'vmaskmovps', 'V H M'),
  ...avx('VEX 66 0F 38 2D /r', 'vmaskmovpd', 'V H M'),
  ...avx('VEX 66 0F 38 2E /r', 'vmaskmovps', 'M H V'),
  ...avx('VEX 66 0F 38 2F /r', 'vmaskmovpd', 'M H V'),
  ...avx('VEX 66 0F 3A 4A /r', 'vblendvps', 'V H W L'),
  ...avx('VEX 66 0F 3A 4B /r', 'vblendvpd', 'V H W L'),
  ...avx2('VEX 66 0F 3A 4C /r', 'vpblendvb', 'V H W L'),
  ...of('F16C')('VEX 66 0F 38 13 /r', 'vcvtph2ps', 'Vx Wq'),
  ...of('F16C')('VEX 66 0F 38 13 /r', 'vcvtph2ps', 'Vqq Wx'),
  ...of('F16C')('VEX 66 0F 3A 1D /r', 'vcvtps2ph', 'Wq Vx Ib'),
  ...of('F16C')('VEX 66 0F 3A 1D /r', 'vcvtps2ph', 'Wx Vqq Ib'),
  ...avx2('VEX 66 0F 38 18 /r', 'vbroadcastss', 'V Ux'),
  ...avx2('VEX 66 0F 38 19 /r', 'vbroadcastsd', 'Vqq Ux'),
  ...avx2('VEX 66 0F 38 5A /r', 'vbroadcasti128', 'Vqq Mx'),
  ...avx2('VEX 66 0F 38 78 /r', 'vpbroadcastb', 'V Wb'),
  ...avx2('VEX 66 0F 38 79 /r', 'vpbroadcastw', 'V Ww'),
  ...avx2('VEX 66 0F 38 58 /r', 'vpbroadcastd', 'V Wd'),
  ...avx2('VEX 66 0F 38 59 /r', 'vpbroadcastq', 'V Wq'),
  ...avx2('VEX 66 0F 3A 38 /r', 'vinserti128', 'Vqq Hqq Wx Ib'),
  ...avx2('VEX 66 0F 3A 39 /r', 'vextracti128', 'Wx Vqq Ib'),
  ...avx2('VEX 66 0F 3A 46 /r', 'vperm2i128', 'Vqq Hqq Wqq Ib'),
  ...avx2('VEX 66 0F 38 36 /r', 'vpermd', 'Vqq Hqq Wqq'),
  ...avx2('VEX 66 0F 38 16 /r', 'vpermps', 'Vqq Hqq Wqq'),
  ...avx2('VEX 66 0F 3A 00 /r', 'vpermq', 'Vqq Wqq Ib', { w: 1 }),
  ...avx2('VEX 66 0F 3A 01 /r', 'vpermpd', 'Vqq Wqq Ib', { w: 1 }),
  ...avx2('VEX 66 0F 3A 02 /r', 'vpblendd', 'V H W Ib'),
  ...avx2('VEX 66 0F 38 45 /r', 'vpsrlvd', 'V H W'),
  ...avx2('VEX 66 0F 38 45 /r', 'vpsrlvq', 'V H W', { w: 1 }),
  ...avx2('VEX 66 0F 38 46 /r', 'vpsravd', 'V H W'),
  ...avx2('VEX 66 0F 38 47 /r', 'vpsllvd', 'V H W'),
  ...avx2('VEX 66 0F 38 47 /r', 'vpsllvq', 'V H W', { w: 1 }),
  ...avx2('VEX 66 0F 38 8C /r', 'vpmaskmovd', 'V H M'),
  ...avx2('VEX 66 0F 38 8C /r', 'vpmaskmovq', 'V H M', { w: 1 }),
  ...avx2('VEX 66 0F 38 8E /r', 'vpmaskmovd', 'M H V'),
  ...avx2('VEX 66 0F 38 8E /r', 'vpmaskmovq', 'M H V', { w: 1 }),
];
