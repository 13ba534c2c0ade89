/** Instructions later than the modelled processor: what the assembler says of them, and that the processor does what it says. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LATER_AVX } from '../../src/asm/later/avx';
import { LATER_GENERAL } from '../../src/asm/later/general';
import { LATER_VECTOR } from '../../src/asm/later/vector';
import type { AssemblyRow } from '../../src/asm/later/laterRow';
import { OpcodeMap } from '../../src/x86/decoder';
import { errorsOf, hexOf, ours } from './nasm';
import { fewLinesOf } from './samples';

/** Without what only earlier processors have. */
const ROWS: readonly AssemblyRow[] = [...LATER_GENERAL, ...LATER_VECTOR, ...LATER_AVX].filter(({ until }) => until === undefined);
const P4 = new OpcodeMap('p4');

const warningsOf = (source: string) => ours(source).diagnostics.map(({ message }) => message);

test('every row assembles to what the modelled processor refuses, or takes for what the row says', () => {
  const wrong = ROWS.flatMap((spec) => {
    const line = fewLinesOf(spec, 32).findLast((text) => errorsOf(ours(`bits 32\n${text}\n`)).length === 0);
    if (!line) return [`${spec.encoding} ${spec.mnemonic}: nothing assembles`];
    const { bytes } = ours(`bits 32\n${line}\n`);
    const padded = Uint8Array.from([...bytes, ...new Array<number>(16).fill(0)]);
    const decoded = P4.decode(padded, 0, padded.length, 4);
    // To a register it has an encoding of SSE2, which is shorter.
    const expected = spec.mnemonic === 'pextrw' ? 'pextrw' : spec.later?.fate;
    const found = decoded.kind === 'instruction' ? decoded.instruction.spec.mnemonic : undefined;
    return found === expected ? [] : [`${line}: ${hexOf(bytes)} is ${found}, not ${expected}`];
  });
  assert.deepEqual(wrong, []);
});

test('a warning says that the modelled processor does not have it', () => {
  assert.deepEqual(warningsOf('crc32 eax,bl\n'), ["`crc32' is an instruction of SSE4.2: the modelled Pentium 4 raises #UD"]);
  assert.deepEqual(warningsOf('pop cs\n'), ["`pop' is an instruction of the 8086: from the 286 on its first byte begins another"]);
  assert.deepEqual(warningsOf('tzcnt eax,ebx\n'), ["`tzcnt' is an instruction of BMI1: the modelled Pentium 4 takes it for `bsf'"]);
});

test('CPU chooses', () => {
  assert.deepEqual(warningsOf('cpu p4\ncrc32 eax,bl\n'), ['no such instruction on the p4']);
  assert.deepEqual(hexOf(ours('cpu 8086\npop cs\n').bytes), '0f');
});

test('many warnings hide no error', () => {
  const source = `${Array.from({ length: 1200 }, () => 'crc32 eax,bl').join('\n')}\nfrobnicate eax\n`;
  assert.equal(errorsOf(ours(source)).length, 1);
});

test('prefixes that are hints', () => {
  const cases: readonly (readonly [source: string, bytes: string])[] = [
    ['xacquire lock add [esi],eax', 'f2f00106'],
    ['xrelease mov [0x1234],eax', 'f3890534120000'],
    ['bnd jmp $', 'ebfe'],
    ['bnd ret', 'f2c3'],
    ['rep xcryptecb', 'f30fa7c8'],
    ['bndstx [eax+3],bnd0,ebx', '0f1b441803'],
    ['bndstx [ecx*1],bnd2', '0f1b140d00000000'],
    ['vpdpbusd xmm1,xmm2,[eax+16]', '62f26d08504801'],
    ['vcmpneq_uqps ymm1,ymm2,ymm3', 'c5ecc2cb04'],
    ['vblendvps xmm1,xmm2,xmm3,xmm4', 'c4e3694acb40'],
  ];
  for (const [source, bytes] of cases) assert.equal(hexOf(ours(`bits 32\n${source}\n`).bytes), bytes, source);
});
