/** Committed bytes: these fail without nasm, and show with it that they are nasm's. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ENCODINGS_16, ENCODINGS_32 } from './encodings';
import { WITH_NASM, errorsOf, hexOf, ours, reference } from './nasm';
import { LABELS_AND_DATA, PREPROCESSOR } from './programs';

const CASES = [
  ['16-bit instructions', ENCODINGS_16.map(([text, bytes]) => [`bits 16\n${text}\n`, bytes])],
  ['32-bit instructions', ENCODINGS_32.map(([text, bytes]) => [`bits 32\n${text}\n`, bytes])],
  ['labels, data, sections, structures', LABELS_AND_DATA.map(([lines, bytes]) => [`bits 16\n${lines.join('\n')}\n`, bytes])],
  ['preprocessor', PREPROCESSOR.map(([lines, bytes]) => [`bits 16\n${lines.join('\n')}\n`, bytes])],
] as const;

for (const [name, cases] of CASES) {
  test(`${name}: ${cases.length} cases`, () => {
    for (const [source, bytes] of cases) {
      const assembly = ours(source);
      assert.deepEqual(errorsOf(assembly), [], source);
      assert.equal(hexOf(assembly.bytes), bytes, source);
    }
  });

  test(`${name}: nasm agrees with the committed bytes`, WITH_NASM, () => {
    for (const [source, bytes] of cases.filter((_, n) => n % 10 === 0)) assert.equal(hexOf(reference(source).bytes ?? new Uint8Array()), bytes, source);
  });
}
