import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Assembly } from '../../src/asm/assembly';
import { cli } from './environment';

const SOURCE = 'org 0x7C00\n  cli\n  hlt\ntimes 10 db 0xAA\n';
const line = (offset: number, length: number, number: number, code = true) => ({
  offset,
  length,
  address: 0x7c00 + offset,
  path: 'boot.asm',
  line: number,
  bits: 16 as const,
  code,
});
const ASSEMBLY: Assembly = {
  bytes: Uint8Array.of(0xfa, 0xf4, ...new Array(10).fill(0xaa)),
  origin: 0x7c00,
  bits: 16,
  lines: [line(0, 1, 2), line(1, 1, 3), line(2, 10, 4, false)],
  symbols: [],
  diagnostics: [],
  files: ['boot.asm'],
};
const files = { 'boot.asm': new TextEncoder().encode(SOURCE) };

test('asm writes the binary beside the source', async () => {
  const { code, stdout, stderr, written } = await cli(['asm', 'boot.asm'], { files, assembly: ASSEMBLY });
  assert.deepEqual([code, stdout, stderr, [...written]], [0, '', '', [['boot.bin', ASSEMBLY.bytes]]]);
});

test('asm -o and -l name the binary and the listing', async () => {
  const { written } = await cli(['asm', 'boot.asm', '-o', 'out.img', '-l', 'boot.lst'], { files, assembly: ASSEMBLY });
  assert.ok(written.has('out.img'));
  assert.equal(
    written.get('boot.lst'),
    [
      '     1                            org 0x7C00',
      '     2 00007C00 FA                  cli',
      '     3 00007C01 F4                  hlt',
      '     4 00007C02 AAAAAAAAAAAAAAAA  times 10 db 0xAA',
      '     4 00007C0A AAAA',
      '',
    ].join('\n'),
  );
});

test('errors are printed with their place, and nothing is written', async () => {
  const diagnostics = [{ severity: 'error' as const, message: 'unknown instruction', path: 'boot.asm', line: 3, column: 3, endColumn: 6 }];
  const { code, stderr, written } = await cli(['asm', 'boot.asm'], { files, assembly: { ...ASSEMBLY, diagnostics } });
  assert.deepEqual([code, stderr, written.size], [104, 'boot.asm:3:3: error: unknown instruction\n', 0]);
});

test('a warning does not stop the assembly', async () => {
  const diagnostics = [{ severity: 'warning' as const, message: 'value does not fit', path: 'boot.asm', line: 4, column: 1, endColumn: 2 }];
  const { code, stderr, written } = await cli(['asm', 'boot.asm'], { files, assembly: { ...ASSEMBLY, diagnostics } });
  assert.deepEqual([code, stderr, written.size], [0, 'boot.asm:4:1: warning: value does not fit\n', 1]);
});

test('disasm shows address, bytes and text', async () => {
  const code16 = Uint8Array.of(0x90, 0xfa, 0xb8, 0x34, 0x12, 0xeb, 0xfe);
  const { code, stdout } = await cli(['disasm', 'a.bin', '--origin', '0x7C00', '--skip', '1', '--count', '2'], { files: { 'a.bin': code16 } });
  assert.equal(code, 0);
  assert.equal(stdout, '00007C01  FA                    cli\n00007C02  B83412                mov ax,0x1234\n');
});

test('disasm takes the code size, and shows what does not decode as bytes', async () => {
  const { stdout } = await cli(['disasm', 'a.bin', '-b', '32'], { files: { 'a.bin': Uint8Array.of(0xb8, 1, 0, 0, 0, 0x0f, 0xff, 0xe8) } });
  assert.match(stdout, /^00000000 {2}B801000000 +mov eax,0x1\n00000005 {2}0F +db 0x0f\n/);
  assert.match(stdout, /\n00000007 {2}E8 +db 0xe8\n$/);
});
