/** Every row of the instruction table, in 16- and 32-bit code, against nasm: byte for byte, and what is rejected. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ALIASES } from '../../src/x86/aliases';
import { INSTRUCTIONS } from '../../src/x86/instructionTable';
import { LATER_AVX } from '../../src/asm/later/avx';
import { LATER_GENERAL } from '../../src/asm/later/general';
import { LATER_VECTOR } from '../../src/asm/later/vector';
import type { LineEntry } from '../../src/asm/assembly';
import { WITH_NASM, errorsOf, hexOf, ours, reference } from './nasm';
import { fewLinesOf, linesOf } from './samples';

const rows = INSTRUCTIONS.filter((spec) => spec.lift !== 'unimplemented' && spec.mnemonic !== 'firmware');

/** What nasm rejects and we accept, or the reverse, on purpose. */
const LENIENT = [
  /^ps[lr][la][wdq] mm\d,byte /, // likewise: a count that says its size
  /^(o16 |o32 )?(enter|shld|shrd|jcxz|invlpg|aam|aad|pshuf\w+|pinsrw|pextrw|cmpsd|pmuludq mm\d|psubq mm\d)\b/, // nasm matches sizes of their operands more narrowly
];

const batchesOf = <T>(all: readonly T[], size: number): T[][] => Array.from({ length: Math.ceil(all.length / size) }, (_, n) => all.slice(n * size, (n + 1) * size));

function compare(bits: 16 | 32, lines: readonly string[]): { compared: number; failures: string[] } {
  const source = (kept: readonly string[]) => `bits ${bits}\n${kept.join('\n')}\n`;
  const rejected = reference(source(lines)).rejected;
  const refused = new Set(errorsOf(ours(source(lines))).map(({ line }) => line));
  const failures = lines
    .filter((line, n) => rejected.has(n + 2) !== refused.has(n + 2) && !LENIENT.some((pattern) => pattern.test(line)))
    .map((line) => `bits ${bits}: ${line}: only ${rejected.has(lines.indexOf(line) + 2) ? 'nasm' : 'our assembler'} rejects it`);
  const accepted = lines.filter((_, n) => !rejected.has(n + 2) && !refused.has(n + 2));
  const expected = reference(source(accepted));
  assert.ok(expected.bytes, expected.output);
  const actual = ours(source(accepted));
  if (hexOf(expected.bytes) !== hexOf(actual.bytes)) failures.push(...differences(actual.lines, actual.bytes, expected.bytes, accepted, bits));
  return { compared: accepted.length, failures };
}

/** The first line whose bytes differ; where lengths differ, what follows is out of step. */
function differences(entries: readonly LineEntry[], actual: Uint8Array, expected: Uint8Array, lines: readonly string[], bits: number): string[] {
  const first = entries.find(({ offset, length }) => hexOf(actual.subarray(offset, offset + length)) !== hexOf(expected.subarray(offset, offset + length)));
  if (!first) return ['lengths differ'];
  const at = (bytes: Uint8Array) => hexOf(bytes.subarray(first.offset, first.offset + first.length + 2));
  return [`bits ${bits}: ${lines[first.line - 2]}: expected ${at(expected)}, got ${at(actual)}`];
}

for (const bits of [16, 32] as const) {
  test(`instruction table, bits ${bits}`, WITH_NASM, (t) => {
    const lines = [...new Set(rows.flatMap((spec) => linesOf(spec, bits)))].filter((line) => !ODD.test(line));
    const results = batchesOf(lines, 2000).map((batch) => compare(bits, batch));
    t.diagnostic(`${results.reduce((sum, { compared }) => sum + compared, 0)} of ${lines.length} instructions compared`);
    assert.deepEqual(results.flatMap(({ failures }) => failures).slice(0, 400), []);
  });
}

const LATER = [...LATER_GENERAL, ...LATER_VECTOR, ...LATER_AVX];

/** Errors of nasm 2.16.01 in operand sizes and in the source of VPMASKMOV to memory, PEXTRW by its encoding of SSE4.1, and EVEX forms. */
const ODD = /^(palignr .*(byte|oword)|pblendvb .*oword|vcmpss .*word|pextrw \w+,xmm\d,byte|vpextr[bw] [ac]\w,|vpmaskmov. [^,]*\],[^,]*$)/;

for (const bits of [16, 32] as const) {
  test(`later instructions, bits ${bits}`, WITH_NASM, (t) => {
    const rows = bits === 16 ? LATER.filter((_, n) => n % 5 === 0) : LATER;
    const lines = [...new Set(rows.flatMap((spec) => fewLinesOf(spec, bits)))].filter((line) => !ODD.test(line));
    const results = batchesOf(lines, 500).map((batch) => compare(bits, batch));
    t.diagnostic(`${results.reduce((sum, { compared }) => sum + compared, 0)} of ${lines.length} instructions compared`);
    assert.deepEqual(results.flatMap(({ failures }) => failures).slice(0, 400), []);
  });
}

test('every name of the table assembles', () => {
  const silent = rows.filter((spec) => !linesOf(spec, 32).some((line) => errorsOf(ours(`bits 32\n${line}\n`)).length === 0));
  assert.deepEqual(
    silent.map(({ encoding, mnemonic }) => `${encoding} ${mnemonic}`),
    [],
  );
});

test('other names', WITH_NASM, () => {
  const operands = ['', 'ax', 'al', 'ax,bx', 'ax,1', '$', '$+4', 'xmm1,xmm2', 'xmm1,[ebx]'];
  // RETW with an operand loses its prefix in 32-bit nasm.
  const lines = ALIASES.flatMap(({ name }) => operands.map((text) => `${name} ${text}`.trim())).filter((line) => !/^retw [$4]/.test(line));
  for (const bits of [16, 32] as const) assert.deepEqual(compare(bits, lines).failures, []);
});
