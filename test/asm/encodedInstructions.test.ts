/** Instructions that are encoded once for all their places still say in each place what they did there. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assemble } from '../../src/asm/assemble';

const run = (source: string) => assemble(source, { path: 'a.asm', readFile: () => undefined });
const bytesOf = (source: string): string => Buffer.from(run(source).bytes).toString('hex');

test('the same text under other bits, prefixes and keywords is another instruction', () => {
  assert.equal(bytesOf('bits 32\nadd eax, 8\nadd eax, 8\nbits 16\nadd eax, 8\nadd ax, 8\nadd eax, strict dword 8\n'), '83c00883c0086683c00883c008660508000000');
  assert.equal(
    bytesOf('bits 32\nmov [ebx+4], al\nmov [fs:ebx+4], al\nmov [byte ebx+4], al\nmov [dword ebx+4], al\nlock add [ebx], al\nadd [ebx], al\n'),
    '88430464884304884304888304000000f000030003',
  );
});

test('a jump to a number goes to that address from each place', () => {
  assert.equal(bytesOf('bits 32\njmp 0\njmp 0\nloop 0\ncall 0\n'), 'e9fbffffffe9f6ffffffe2f4e8efffffff');
});

test('a value that does not fit is warned of in every place', () => {
  const warnings = run('bits 32\nmov al, 300\nmov al, 30\nmov al, 300\ntimes 2 mov al, 300\nmov al, 300\n').diagnostics;
  assert.deepEqual(
    warnings.map(({ line, message }) => `${line} ${message}`),
    [2, 4, 5, 6].map((line) => `${line} byte value exceeds bounds`),
  );
});

test('an instruction with a label is another in the next pass', () => {
  const source = `bits 32\n${'jmp done\nadd eax, done\nadd eax, 8\n'.repeat(40)}done: ret\n`;
  const bytes = run(source).bytes;
  assert.equal(bytes[bytes.length - 1], 0xc3);
  assert.equal(new DataView(bytes.buffer, bytes.byteOffset).getUint32(6, true), bytes.length - 1);
});
