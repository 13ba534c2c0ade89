/** Operands to try for every operand letter of the instruction table. */
import type { Letter } from '../../src/asm/forms';
import type { AssemblyRow } from '../../src/asm/later/laterRow';

const words = (text: string): string[] => text.split(' | ');

const ADDRESSES_16 = words(
  '[bx] | [bp] | [si] | [di] | [bx+si] | [di+bx] | [bp+si] | [bp+di] | [0] | [0x1234] | [0xffff] | [bx+1] | [bx+127] | [bx+128] | [bx-128] | [bx-129] | [bp+0] | [bp+si+5] | [si+0x1234] | [bx+di-1] | [byte bx+1] | [word bx+1] | [word 5] | [es:bx] | [cs:0x10] | [fs:si+4] | [gs:bp] | [ss:bp+di] | [bx*1+si]',
);
const ADDRESSES_32 = words(
  '[eax] | [ecx] | [esp] | [ebp] | [esi+1] | [edi+127] | [ebx+128] | [ebx-128] | [ebx-129] | [ebp+0] | [esp+4] | [esp+0x12345] | [eax+ebx] | [ebx+eax] | [ebp+eax] | [eax+ebp] | [eax+esp] | [esp+eax] | [eax*2] | [eax*3] | [eax*4] | [eax*5] | [eax*8] | [eax*9] | [ebp*2] | [ebp*3] | [eax*2+5] | [eax*4+0x1000] | [nosplit eax*2] | [ebx+eax*4] | [eax*4+ebp] | [ebp+ebp*2] | [eax*1] | [eax*1+ebx] | [eax+ebx*1] | [esp+eax*8+1] | [ecx+edx*2+200] | [dword 5] | [dword 0x12345678] | [dword ebx+1] | [byte ebx] | [fs:eax] | [es:ebp+4] | [dword gs:8] | [eax+eax] | [2*ecx+edi-4] | [(eax+4)*2]',
);
/** For the rows where addressing itself is not the point. */
const FEW_ADDRESSES = ['[bx+si]', '[bp]', '[0x1234]', '[di+127]', '[es:bx+300]', '[eax]', '[ebp+eax*4]', '[esp+8]', '[dword 0x8000]', '[cs:ebx-129]'];

const SIZE_8 = ['al', 'cl', 'bl', 'ah', 'bh'];
const SIZE_16 = ['ax', 'cx', 'bx', 'sp', 'di'];
const SIZE_32 = ['eax', 'ecx', 'ebx', 'esp', 'edi'];
const MMX = ['mm0', 'mm3', 'mm7'];
const XMM = ['xmm0', 'xmm5', 'xmm7'];
const YMM = ['ymm0', 'ymm5', 'ymm7'];
const BOUNDS = ['bnd0', 'bnd3'];
const IMMEDIATES = words(
  "0 | 1 | 127 | 128 | -1 | -128 | -129 | 255 | 256 | 0x7fff | 0x8000 | 0xff7f | 0xff80 | 65535 | -32768 | 0x12345678 | 0xffffff80 | 0x80000000 | -65536 | byte 5 | word 5 | dword 5 | strict byte 5 | strict word 5 | strict dword 5 | 'a' | 'ab'",
);
const FEW_IMMEDIATES = ['0', '1', '2', '127', '128', '255', '-1', 'byte 3'];

const memory = (addresses: readonly string[], ...sizes: string[]): string[] => addresses.flatMap((address) => ['', ...sizes].map((size) => `${size} ${address}`.trim()));

type Sample = (addresses: readonly string[]) => readonly string[];
const fixed =
  (...texts: string[]): Sample =>
  () =>
    texts;

const SAMPLES: Readonly<Record<Letter, Sample>> = {
  Eb: (a) => [...SIZE_8, ...memory(a, 'byte')],
  Ew: (a) => [...SIZE_16, 'eax', ...memory(a, 'word')],
  Ed: (a) => [...SIZE_32, ...memory(a, 'dword')],
  Ev: (a) => [...SIZE_16, ...SIZE_32, ...memory(a, 'word', 'dword'), 'near [bx]', 'word near [bx]'],
  Gb: fixed(...SIZE_8),
  Gw: fixed(...SIZE_16),
  Gv: fixed(...SIZE_16, ...SIZE_32),
  Sw: fixed('es', 'cs', 'ss', 'ds', 'fs', 'gs'),
  Cd: fixed('cr0', 'cr2', 'cr3', 'cr4'),
  Dd: fixed('dr0', 'dr3', 'dr6', 'dr7'),
  Td: fixed('tr6', 'tr7'),
  Rd: fixed(...SIZE_32),
  RvMw: (a) => [...SIZE_16, ...SIZE_32, ...memory(a, 'word', 'dword')],
  M: (a) => memory(a),
  Ma: (a) => memory(a),
  Mp: (a) => [...memory(a), ...memory(a.slice(0, 3), 'far', 'word far', 'dword far')],
  Ms: (a) => memory(a),
  Mw: (a) => memory(a, 'word'),
  Md: (a) => memory(a, 'dword', 'word'),
  Mi: (a) => memory(a),
  Mt: (a) => memory(a, 'tword'),
  Mq: (a) => memory(a, 'qword'),
  Mx: (a) => memory(a, 'oword', 'qword'),
  RdMw: (a) => ['ax', ...SIZE_32, ...memory(a, 'word', 'dword')],
  Gd: fixed('ax', ...SIZE_32),
  Pq: fixed(...MMX, 'xmm0'),
  Qq: (a) => [...MMX, 'eax', 'st1', ...memory(a, 'qword', 'dword')],
  Qd: (a) => [...MMX, ...memory(a, 'dword')],
  Nq: fixed(...MMX),
  Vx: fixed(...XMM, 'mm0'),
  Wx: (a) => [...XMM, ...memory(a, 'oword', 'qword')],
  Wu: (a) => [...XMM, ...memory(a, 'oword', 'qword')],
  Wq: (a) => [...XMM, ...memory(a, 'qword', 'dword')],
  Wd: (a) => [...XMM, ...memory(a, 'dword', 'qword')],
  Ux: fixed(...XMM),
  Ib: fixed(...FEW_IMMEDIATES),
  Ibs: fixed(...IMMEDIATES),
  Iw: fixed('0', '4', '0x1234', '65535'),
  Iz: fixed(...IMMEDIATES),
  Jb: fixed('$', '$+2', '$+129', '$-126', 'short $', '$+130', '$-127', '$+1000'),
  Jz: fixed('$', '$+1000', 'near $', 'word $', 'dword $', 'strict near $', '$+0x12345', '0x1234'),
  Ap: fixed('8:0x1234', '0x1234:5', 'word 8:5', 'dword 8:0x12345', '8:word 5', '8:dword 5'),
  Ob: (a) => memory(['[0x10]', '[0x1234]', '[es:5]', '[word 5]', '[dword 5]', ...a.slice(0, 1)], 'byte'),
  Ov: (a) => memory(['[0x10]', '[0x1234]', '[es:5]', '[word 5]', '[dword 5]', ...a.slice(0, 1)], 'word', 'dword'),
  Xb: fixed(),
  Xv: fixed(),
  Yb: fixed(),
  Yv: fixed(),
  Zb: fixed(...SIZE_8),
  Zv: fixed(...SIZE_16, ...SIZE_32),
  AL: fixed('al'),
  AX: fixed('ax'),
  eAX: fixed('ax', 'eax'),
  CL: fixed('cl'),
  DX: fixed('dx'),
  ST: fixed('st0'),
  STi: fixed('st0', 'st1', 'st7', 'to st2'),
  '1': fixed('1'),
  ES: fixed('es'),
  CS: fixed('cs'),
  SS: fixed('ss'),
  DS: fixed('ds'),
  FS: fixed('fs'),
  GS: fixed('gs'),
  Hx: fixed(...XMM, 'ymm1'),
  Lx: fixed(...XMM),
  Vqq: fixed(...YMM, 'xmm1'),
  Hqq: fixed(...YMM),
  Lqq: fixed(...YMM),
  Uqq: fixed(...YMM),
  Wqq: (a) => [...YMM, ...memory(a, 'yword', 'oword')],
  Mqq: (a) => memory(a, 'yword'),
  Wb: (a) => [...XMM, ...memory(a, 'byte')],
  Ww: (a) => [...XMM, ...memory(a, 'word')],
  Mb: (a) => memory(a, 'byte'),
  Mv: (a) => memory(a, 'word', 'dword'),
  Rv: fixed(...SIZE_16, ...SIZE_32),
  'Rd/Mb': (a) => ['eax', 'cl', ...memory(a, 'byte')],
  'Rd/Mw': (a) => ['eax', 'cx', ...memory(a, 'word')],
  RdMb: (a) => ['eax', 'edi', 'cl', ...memory(a, 'byte')],
  Bd: fixed(...SIZE_32),
  rB: fixed(...BOUNDS),
  mB: (a) => [...BOUNDS, ...memory(a)],
  Mib: (a) => [...memory(a), '[ecx+4,edx]', '[edx*1]', '[,edx]', '[ecx*1+edx]'],
  EAX: fixed('eax'),
  ECX: fixed('ecx'),
  EDX: fixed('edx'),
  XMM0: fixed('xmm0'),
};

/** Rows that try every address: one of each shape. */
const ALL_ADDRESSES = new Set(['mov', 'lea', 'add', 'shl', 'jmp']);

/** Instructions of one row. Every operand takes all its samples while the others take their first few. */
export function linesOf(spec: AssemblyRow, bits: 16 | 32): string[] {
  const mnemonics = [...new Set([spec.mnemonic, spec.mnemonic32])];
  if (spec.operands.some((letter) => /^[XY][bv]$/.test(letter)))
    return mnemonics.flatMap((name) => [name, ...['rep', 'repne', 'a16', 'a32', 'es', 'fs'].map((prefix) => `${prefix} ${name}`)]);
  const addresses = ALL_ADDRESSES.has(spec.mnemonic) ? (bits === 16 ? [...ADDRESSES_16, ...ADDRESSES_32] : [...ADDRESSES_32, ...ADDRESSES_16]) : FEW_ADDRESSES;
  const samples = spec.operands.map((letter) => SAMPLES[letter](addresses));
  const combinations = samples.flatMap((_, varied) => product(samples.map((all, n) => (n === varied ? all : pick(all)))));
  const operands = samples.length === 0 ? [''] : [...new Set(combinations.map((texts) => texts.join(',')))];
  const prefixes = ['', 'o16 ', 'o32 '];
  // What the x87 leaves unwritten.
  if (spec.operands.includes('STi')) operands.push('', 'st3', 'to st3', 'st0,st3', 'st3,st0', 'st3,st4', 'to st0,st3');
  return mnemonics.flatMap((name) => operands.flatMap((text, n) => (n === 0 ? prefixes : ['']).map((prefix) => `${prefix}${name} ${text}`.trim())));
}

/** Every operand takes a few of its samples while the others take their first: two registers, memory with its sizes, two numbers. */
export function fewLinesOf(spec: AssemblyRow, bits: 16 | 32): string[] {
  const address = bits === 16 ? '[es:bx+300]' : '[esp+16]';
  const samples = spec.operands.map((letter) => {
    const all = SAMPLES[letter]([address]);
    const [registers, memory, numbers] = [/^\w*[a-z]\w*$/, /\[/, /^-?\d/].map((kind) => all.filter((text) => kind.test(text)));
    return [...registers.slice(0, 2), ...registers.slice(-1), ...memory, ...numbers.slice(0, 2)];
  });
  const lists = samples.length === 0 ? [[]] : samples.flatMap((all, varied) => all.map((text) => samples.map((other, n) => (n === varied ? text : other[0]))));
  // Without the first source, which is then the destination.
  const shorter = lists.slice(0, 1).flatMap(([first, , ...rest]) => (rest.length > 0 ? [[first, ...rest]] : []));
  return [...new Set([...lists, ...shorter].map((texts) => `${spec.mnemonic} ${texts.join(',')}`.trim()))];
}

/** A register of each size and a memory operand, where there are some. */
function pick(all: readonly string[]): readonly string[] {
  if (all.length <= 4) return all;
  const wanted = [/^[abcd][lh]$/, /^[a-d]x$|^di$/, /^e[a-d]x$|^edi$/, /^\[/, /^(byte|word|dword) \[/, /^\d/, /^-/, /^\$/];
  return [...new Set(wanted.flatMap((pattern) => all.filter((text) => pattern.test(text)).slice(-1)))];
}

function product(lists: readonly (readonly string[])[]): string[][] {
  return lists.reduce<string[][]>((found, list) => found.flatMap((head) => list.map((text) => [...head, text])), [[]]);
}
