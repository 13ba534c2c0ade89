/** The formatter writes what nasm reads back as the same instruction. FORMATTER_CASES and FORMATTER_SEED choose how many and which. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { decode, type Instruction, OpcodeMap } from '../../src/x86/decoder';
import { LATEST_GENERATION } from '../../src/x86/instructionSpec';
import { formatInstruction } from '../../src/x86/formatter';
import { meaning, UNWRITABLE } from './meaning';
import { randomInstructions, SLOT } from './randomInstructions';

const CASES = Number(process.env.FORMATTER_CASES ?? 12_000);
const SEED = Number(process.env.FORMATTER_SEED ?? 0x80386);
/** A file of instructions a slot apart stays within a 16-bit segment. */
const BATCH = 2048;

const map = new OpcodeMap(LATEST_GENERATION);

function decodeOne(bytes: Uint8Array, start: number, codeSize: 2 | 4): Instruction | undefined {
  const decoded = decode(map, bytes, start, Math.min(start + SLOT, bytes.length), codeSize);
  return decoded.kind === 'instruction' ? decoded.instruction : undefined;
}

function text(bytes: string, codeSize: 2 | 4, eip = 0x7c00, symbol?: (address: number) => string | undefined): string {
  const instruction = decodeOne(Uint8Array.from(bytes.split(' ').map((b) => Number.parseInt(b, 16))), 0, codeSize);
  assert.ok(instruction, `${bytes} does not decode`);
  return formatInstruction(instruction, eip, codeSize, { symbol });
}

const EXPECTED: readonly (readonly [codeSize: 2 | 4, bytes: string, text: string])[] = [
  [2, 'b8 34 12', 'mov ax,0x1234'],
  [2, '66 b8 78 56 34 12', 'mov eax,0x12345678'],
  [4, '8b 44 8b 10', 'mov eax,[ebx+ecx*4+0x10]'],
  [4, '8b 45 fc', 'mov eax,[ebp-0x4]'],
  [4, '8b 04 4d 00 10 00 00', 'mov eax,[nosplit ecx*2+0x1000]'],
  [2, 'c6 07 01', 'mov byte [bx],0x1'],
  [2, 'c7 06 00 05 34 12', 'mov word [0x500],0x1234'],
  [2, '26 89 07', 'mov [es:bx],ax'],
  [2, '67 8b 0d 00 10 00 00', 'mov cx,[dword 0x1000]'],
  [2, 'f3 a4', 'rep movsb'],
  [2, 'f3 26 66 a5', 'rep es movsd'],
  [2, '67 a4', 'a32 movsb'],
  [4, 'f2 ae', 'repne scasb'],
  [4, 'f3 a6', 'repe cmpsb'],
  [2, 'f0 01 07', 'lock add [bx],ax'],
  [2, 'eb 0e', 'jmp 0x7c10'],
  [2, 'e9 0d 00', 'jmp near 0x7c10'],
  [2, 'e9 00 10', 'jmp 0x8c03'],
  [2, '66 e9 00 10 00 00', 'jmp dword 0x8c06'],
  [2, '66 eb 0d', 'o32 jmp short 0x7c10'],
  [4, '0f 84 00 10 00 00', 'je 0x8c06'],
  [2, 'e3 0e', 'jcxz 0x7c10'],
  [4, 'e3 0e', 'jecxz 0x7c10'],
  [2, '67 e2 0d', 'a32 loop 0x7c10'],
  [2, 'ea 00 10 08 00', 'jmp 0x8:0x1000'],
  [2, '66 ea 00 10 00 00 08 00', 'jmp dword 0x8:0x1000'],
  [2, 'ff 2f', 'jmp far [bx]'],
  [2, '66 ff 2f', 'jmp dword far [bx]'],
  [2, '66 cb', 'o32 retf'],
  [2, '66 cf', 'iretd'],
  [4, '66 cf', 'o16 iret'],
  [4, '66 60', 'o16 pusha'],
  [4, '66 98', 'cbw'],
  [2, '66 6a ff', 'push dword -0x1'],
  [2, '6a 05', 'push 0x5'],
  [2, '83 c4 f0', 'add sp,-0x10'],
  [2, 'c8 10 00 01', 'enter 0x10,0x1'],
  [2, '0f 01 16 00 7e', 'lgdt [0x7e00]'],
  [2, '66 0f 01 16 00 7e', 'o32 lgdt [0x7e00]'],
  [2, '0f 20 c0', 'mov eax,cr0'],
  [4, '0f b6 03', 'movzx eax,byte [ebx]'],
  [4, '0f b7 c3', 'movzx eax,bx'],
  [2, '8e d8', 'mov ds,ax'],
  [2, '0f 00 07', 'sldt word [bx]'],
  [2, 'e4 60', 'in al,0x60'],
  [2, '66 ef', 'out dx,eax'],
  [2, 'd1 27', 'shl word [bx],1'],
  [2, 'd3 27', 'shl word [bx],cl'],
  [2, '2e d7', 'cs xlatb'],
  [4, '0f c7 0b', 'cmpxchg8b qword [ebx]'],
];

test('instructions are written in nasm syntax', () => {
  for (const [codeSize, bytes, expected] of EXPECTED) assert.equal(text(bytes, codeSize), expected, bytes);
});

test('symbols take the place of branch targets and direct addresses', () => {
  const symbol = (address: number): string | undefined => ({ 0x7c10: 'again', 0x500: 'counter' })[address];
  assert.equal(text('eb 0e', 2, 0x7c00, symbol), 'jmp again');
  assert.equal(text('ff 06 00 05', 2, 0x7c00, symbol), 'inc word [counter]');
  assert.equal(text('ff 87 00 05', 2, 0x7c00, symbol), 'inc word [bx+0x500]');
});

interface Written {
  readonly instruction: Instruction;
  readonly text: string;
  readonly eip: number;
}

/** Assemble the lines, one a slot, and return the image; `undefined` without nasm. */
function assemble(lines: readonly string[], codeSize: 2 | 4, directory: string): Uint8Array {
  const source = path.join(directory, 'batch.asm');
  const image = path.join(directory, 'batch.bin');
  fs.writeFileSync(source, [`bits ${codeSize * 8}`, 'org 0', ...lines.map((line) => `${line}\nalign ${SLOT}`)].join('\n'));
  const run = spawnSync('nasm', ['-w-all', '-f', 'bin', '-o', image, source], { encoding: 'utf8' });
  const refused = run.stderr
    .split('\n')
    .filter(Boolean)
    .map((message) => {
      const line = Number(/:(\d+):/.exec(message)?.[1] ?? 0);
      return `${lines[(line - 3) >> 1]} <- ${message}`;
    });
  assert.deepEqual([...new Set(refused)].slice(0, 10), [], `nasm refuses ${refused.length} lines`);
  return fs.readFileSync(image);
}

const hasNasm = spawnSync('nasm', ['-v']).status === 0;

for (const codeSize of [2, 4] as const) {
  test(`${codeSize * 8}-bit instructions come back from nasm`, { skip: hasNasm ? false : 'nasm is not installed' }, (t) => {
    const bytes = randomInstructions(CASES, SEED + codeSize);
    const unwritable = new Map<string, number>();
    const written: Written[] = [];
    for (let start = 0; start < bytes.length; start += SLOT) {
      const instruction = decodeOne(bytes, start, codeSize);
      if (!instruction) continue;
      const reason = UNWRITABLE.find(([, applies]) => applies(instruction))?.[0];
      const eip = (written.length % BATCH) * SLOT;
      if (reason) unwritable.set(reason, (unwritable.get(reason) ?? 0) + 1);
      else written.push({ instruction, eip, text: formatInstruction(instruction, eip, codeSize) });
    }
    const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'formatter-'));
    const different: string[] = [];
    try {
      for (let first = 0; first < written.length; first += BATCH) {
        const batch = written.slice(first, first + BATCH);
        const lines = batch.map((w) => w.text);
        const image = assemble(lines, codeSize, directory);
        for (const { instruction, eip, text } of batch) {
          const again = decodeOne(image, eip, codeSize);
          const before = meaning(instruction, eip);
          const after = again ? meaning(again, eip) : 'nothing';
          if (before !== after) different.push(`${text}: ${before}; but ${after}`);
        }
      }
    } finally {
      fs.rmSync(directory, { recursive: true });
    }
    t.diagnostic(`seed ${SEED}, ${written.length} instructions`);
    for (const [reason, count] of unwritable) t.diagnostic(`${count} left out: ${reason}`);
    assert.deepEqual(different.slice(0, 10), [], `${different.length} come back different`);
  });
}
