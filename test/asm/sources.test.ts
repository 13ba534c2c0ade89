/** Whole programs with includes: digests of what nasm 2.16.01 makes of them, and nasm itself where it is installed. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { errorsOf, hexOf, ours, reference, WITH_NASM } from './nasm';

const directory = path.resolve('test/asm/sources');
const files = Object.fromEntries(fs.readdirSync(directory).map((name) => [name, fs.readFileSync(path.join(directory, name), 'utf8')]));

const PROGRAMS = [
  ['bootSector', '0d9676b493661e4c'],
  ['structures', '47e1f53c9df4fd9d'],
  ['jumpChains', 'e34f2f2d7efabba9'],
  ['preprocessing', 'e9dae5000edc17f7'],
] as const;

for (const [name, digest] of PROGRAMS) {
  const source = files[`${name}.asm`];

  test(`${name}.asm`, () => {
    const assembly = ours(source, files);
    assert.deepEqual(errorsOf(assembly), []);
    assert.equal(createHash('sha256').update(assembly.bytes).digest('hex').slice(0, 16), digest);
  });

  test(`${name}.asm against nasm`, WITH_NASM, () => {
    assert.equal(hexOf(ours(source, files).bytes), hexOf(reference(source, files).bytes ?? new Uint8Array()));
  });
}
