/**
 * Random instructions in real mode, in protected mode and with paging on, with descriptors and page tables they may destroy:
 * nothing throws, nothing hangs, and a guest that is stepped ends in the state of one that runs. RANDOM_CODE_SEEDS: how many.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseConfiguration } from '../../src/machine/configuration';
import { createMachine } from '../../src/machine/machine';
import { TECHNIQUES, type TechniqueId } from '../../src/protocol/techniques';
import { generator, randomInstructions } from '../x86/randomInstructions';

const SEEDS = Number(process.env.RANDOM_CODE_SEEDS ?? 6);
const INSTRUCTIONS = 1500;
const SLOTS = 512;
/** Time enough for a guest that is not slow, and a limit for one that is. */
const MILLISECONDS = 20_000;

const bytes = (values: Uint8Array): string => `db ${[...values].join(',')}`;

/** Registers point at data that is there, more or less; a fault goes on with the next chunk of code. */
const registers = (seed: number): string => {
  const random = generator(seed);
  const count = (): number => [0, 1, random(0x100), random(0x10000)][random(4)]; // of a repeated string instruction: 2³² of them are half a minute
  const value = (): number => [0, 0xffff, 0x80000000, 0x9000 + random(0x1000), 0xa0000 + random(0x20000), random(2 ** 32)][random(6)];
  return ['eax', 'ebx', 'ecx', 'edx', 'esi', 'edi', 'ebp'].map((name) => `mov ${name}, ${name === 'ecx' ? count() : value()}`).join('\n');
};

const real = (seed: number): string => `bits 16
org 0x8000
  cli
  xor ax, ax
  mov ds, ax
  mov cx, 256
  xor di, di
fill: mov word [di], next
  mov word [di + 2], 0
  add di, 4
  loop fill
next: xor ax, ax
  mov ds, ax
  mov es, ax
  mov ss, ax
  mov esp, 0x7c00
  inc word [chunk]
  mov bx, [chunk]
  and bx, 15
  shl bx, 9
  add bx, code
  mov [target], bx
  ${registers(seed)}
  jmp [target]
chunk: dw 0
target: dw 0
code: ${bytes(randomInstructions(SLOTS, seed))}`;

const protectedMode = (seed: number, paging: boolean): string => {
  const random = generator(seed * 77);
  const entries = Array.from({ length: 1024 }, (_, n) => (n < 48 ? n * 4096 + 7 : random(3) === 0 ? random(2 ** 32) : n * 4096 + random(256)));
  return `bits 32
org 0x8000
start: cli
  lgdt [gdt_register]
  lidt [idt_register]
  mov ax, 0x28
  ltr ax
  ${paging ? 'mov eax, directory\nmov cr3, eax\nmov eax, cr4\nor eax, 0x290\nmov cr4, eax\nmov eax, cr0\nor eax, 0x80010000\nmov cr0, eax' : ''}
next: mov ax, 0x10
  mov ds, ax
  mov es, ax
  mov ss, ax
  mov esp, 0x7c00
  inc dword [chunk]
  mov ebx, [chunk]
  and ebx, 15
  shl ebx, 9
  add ebx, code
  mov [target], ebx
  ${registers(seed)}
  jmp [target]
chunk: dd 0
target: dd 0
gdt_register: dw 8 * 12 - 1
  dd gdt
idt_register: dw 8 * 48 - 1
  dd idt
align 8
gdt: dq 0, 0x00cf9b000000ffff, 0x00cf93000000ffff, 0x00cffb000000ffff, 0x00cff3000000ffff
  dw 103, tss, 0x8900, 0
  dq ${Array.from(
    { length: 6 },
    () =>
      `0x${random(2 ** 32).toString(16)}${random(2 ** 32)
        .toString(16)
        .padStart(8, '0')}`,
  ).join(', ')}
idt: times 48 dw next, 8, ${random(2) ? '0x8e00' : '0xef00'}, 0
tss: dd 0, 0x7a00, 0x10
  times 23 dd 0
align 4096
directory: dd table + 7, table + 7, directory + 7, ${random(2 ** 32)}
  times 1020 dd 0
table: dd ${entries.join(',')}
code: ${bytes(randomInstructions(SLOTS, seed))}`;
};

const GUESTS: readonly (readonly [name: string, source: (seed: number) => string])[] = [
  ['real mode', real],
  ['protected mode', (seed) => protectedMode(seed, false)],
  ['paging', (seed) => protectedMode(seed, true)],
];

function play(source: string, technique: TechniqueId, slice: number, record: boolean) {
  const parsed = parseConfiguration({ program: 'random.asm', technique, memory: 1 });
  assert.ok('config' in parsed);
  const { vm } = createMachine(parsed.config, { readFile: () => new TextEncoder().encode(source), readInclude: () => undefined });
  vm.recordEvents = record;
  for (;;) {
    const stop = vm.run(Math.min(slice, INSTRUCTIONS - vm.retired), MILLISECONDS);
    if (stop.kind !== 'budget' || vm.retired >= INSTRUCTIONS) return { stop, retired: vm.retired, hash: vm.stateHash() };
  }
}

for (const [name, source] of GUESTS)
  for (const { id } of TECHNIQUES)
    test(`${name} under ${id}`, () => {
      for (let seed = 1; seed <= SEEDS; seed++) {
        const text = source(seed);
        const straight = play(text, id, INSTRUCTIONS, true);
        assert.deepEqual(play(text, id, INSTRUCTIONS, false), straight, `seed ${seed}: not recorded`);
        assert.deepEqual(play(text, id, 7, false), straight, `seed ${seed}: in slices of 7`);
        assert.deepEqual(play(text, id, 1, true), straight, `seed ${seed}: stepped`);
      }
    });
