/** ELF object files: sections, relocations and symbols are nasm's; linked, lines lead to addresses. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { assemble } from '../../src/asm/assemble';
import { SymbolFile } from '../../src/symbols/symbolFile';
import { WITH_NASM, errorsOf, hexOf } from './nasm';

const SOURCE = `extern cmain, table
global _start:function, here
common buf 64:16
section .text
_start:
  mov esp, stack_top
  mov eax, [value]
  mov [value+4], ax
  call cmain
  call .local
  jmp late
.local: ret
  mov ebx, table+8
  mov ecx, [buf]
  add ecx, table-5
  lea edx, [ebx+msg]
  push dword msg
  jz .local
  jmp cmain
section .text.late exec align=2
late: call _start
  jz cmain
  ret
section .data
value: dd 5, late, here, cmain-$, $-value
here: dw 1
 dd 3 dup (msg, 2)
 times 2 dd _start
k equ 42
section .rodata
msg: db 'hi',0
align 32
 db 1
section .bss
 resb 4096
stack_top:
`;

const object = (source: string, debug = false) => assemble(source, { path: 'test.asm', readFile: () => undefined, format: 'elf32', debug });

interface Facts {
  readonly sections: Record<string, { type: number; flags: number; align: number; size: number; bytes: string; relocations: string[] }>;
  readonly symbols: string[];
}

/** What a linker reads, section numbers replaced by names (TIS ELF 1.2). */
function facts(bytes: Uint8Array): Facts {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const u32 = (at: number) => view.getUint32(at, true);
  const text = (at: number) => new TextDecoder().decode(bytes.subarray(at, bytes.indexOf(0, at)));
  const table = u32(32);
  const headers = Array.from({ length: view.getUint16(48, true) }, (_, n) => {
    const [name, type, flags, , offset, size, link, info, align] = Array.from({ length: 9 }, (_, field) => u32(table + n * 40 + field * 4));
    return { name, type, flags, offset, size, link, info, align };
  });
  const nameOf = (n: number) => text(headers[view.getUint16(50, true)].offset + headers[n].name);
  const symtab = headers.find(({ type }) => type === 2) ?? headers[0];
  const symbol = (n: number) => {
    const at = symtab.offset + n * 16;
    const section = view.getUint16(at + 14, true);
    const place = section > 0 && section < headers.length ? nameOf(section) : String(section);
    return { name: text(headers[symtab.link].offset + u32(at)) || place, value: u32(at + 4), size: u32(at + 8), info: bytes[at + 12], place };
  };
  const sections: Facts['sections'] = {};
  headers.forEach(({ type, flags, align, size, offset }, n) => {
    if (!(flags & 2)) return;
    const own = headers.find((other) => other.type === 9 && other.info === n);
    const relocations = Array.from({ length: (own?.size ?? 0) / 8 }, (_, each) => {
      const at = (own?.offset ?? 0) + each * 8;
      return `${u32(at)} type ${u32(at + 4) & 0xff} ${symbol(u32(at + 4) >>> 8).name}`;
    });
    sections[nameOf(n)] = { type, flags, align, size, bytes: type === 8 ? '' : hexOf(bytes.subarray(offset, offset + size)), relocations: relocations.sort() };
  });
  const symbols = Array.from({ length: symtab.size / 16 }, (_, n) => symbol(n)).filter(({ info, name }) => (info & 15) < 3 && name !== '0');
  return { sections, symbols: symbols.map(({ name, value, size, info, place }) => `${name} ${value} ${size} ${info} ${place}`).sort() };
}

function inDirectory<T>(work: (directory: string) => T): T {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'object-'));
  try {
    return work(directory);
  } finally {
    fs.rmSync(directory, { recursive: true, force: true });
  }
}

test('an object file has the sections, relocations and symbols of nasm -f elf32', WITH_NASM, () => {
  const ours = object(SOURCE);
  assert.deepEqual(errorsOf(ours), []);
  const reference = inDirectory((directory) => {
    fs.writeFileSync(path.join(directory, 'test.asm'), SOURCE);
    const run = spawnSync('nasm', ['-f', 'elf32', '-o', 'out.o', 'test.asm'], { cwd: directory, encoding: 'utf8' });
    assert.equal(run.status, 0, run.stderr);
    return new Uint8Array(fs.readFileSync(path.join(directory, 'out.o')));
  });
  assert.deepEqual(facts(ours.bytes), facts(reference));
});

test('an object file, without nasm', () => {
  const { sections, symbols } = facts(object('global a\nextern b\nmov eax,b+2\na: call b\n').bytes);
  assert.deepEqual(sections['.text'], { type: 1, flags: 6, align: 16, size: 10, bytes: 'b802000000e8fcffffff', relocations: ['1 type 1 b', '6 type 2 b'] });
  assert.deepEqual(symbols, ['a 5 0 16 .text', 'b 0 0 16 0']);
});

const HAS_LD = spawnSync('ld', ['--version']).status === 0;

test('linked, its lines lead to addresses', { skip: HAS_LD ? false : 'ld is not installed' }, () => {
  const source = 'global _start\n_start:\n  mov eax,1\n  jmp later\nsection .text.later exec\nlater:\n  hlt\n';
  const linked = inDirectory((directory) => {
    fs.writeFileSync(path.join(directory, 'a.o'), object(source, true).bytes);
    const run = spawnSync('ld', ['-m', 'elf_i386', '-Ttext', '0x100000', '-o', 'a.elf', 'a.o'], { cwd: directory, encoding: 'utf8' });
    assert.equal(run.status, 0, run.stderr);
    return new Uint8Array(fs.readFileSync(path.join(directory, 'a.elf')));
  });
  const file = new SymbolFile(linked, { path: 'a.elf' });
  assert.deepEqual(
    file.lines.map(({ linear, line }) => `${linear.toString(16)} ${line}`),
    ['100000 3', '100005 4', '10000a 7'],
  );
});

test('what an object file cannot hold is an error with its place', () => {
  const message = (source: string) => errorsOf(object(source)).map((error) => `${error.line}: ${error.message}`)[0];
  assert.match(message('org 5\n'), /^1: ORG is for flat binaries/);
  assert.match(message('extern a\n dd a*2\n'), /^2: an address plus a number is all/);
  assert.match(message('extern a\nextern b\n dd a-b\n'), /^3: an address plus a number is all/);
  assert.match(message('extern a\n dq a\n'), /^2: a linker cannot put an address here/);
  assert.match(message('extern a\n resb a\n'), /^2: .*plain number/);
  assert.match(message('global nowhere\n'), /^1: global symbol `nowhere' is not defined/);
  assert.match(message('x: dd y\n'), /^1: symbol `y' not defined/);
  assert.match(message('extern a\n times 2 dd a-$\n'), /^2: a distance to another section cannot be repeated/);
});
