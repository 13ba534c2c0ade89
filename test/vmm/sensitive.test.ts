/**
 * What each sensitive and privileged instruction of a guest's kernel is to each technique, in real mode and in protected
 * mode at CPL 0. After Robin & Irvine (USENIX Security 2000), section 3, and SDM Vol. 3, 5.9; in virtual-8086 mode, where
 * real-mode code runs, CLI, STI, PUSHF, POPF, INT n and IRET fault with IOPL 0 (SDM Vol. 3, 20.2.7).
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseConfiguration } from '../../src/machine/configuration';
import { createMachine } from '../../src/machine/machine';
import type { TechniqueId } from '../../src/protocol/techniques';
import type { VmmEvent } from '../../src/protocol/vmmEvent';
import { SENSITIVITY } from '../../src/x86/sensitivity';

/** `trap`, `silent`, `sensitive` (ran directly, and right), `callout`; `-`: the instruction does not exist there. */
type Kind = 'trap' | 'silent' | 'sensitive' | 'callout' | '-';
type Row = readonly [sensitivity: keyof typeof SENSITIVITY, code: string, real: Kind, protectedMode: Kind];

// The kinds are those under trap-and-emulate, IF being 0; bare metal runs them all, binary translation calls out for each.
// biome-ignore format: a table
const ROWS: readonly Row[] = [
  // Sensitive, not privileged.
  ['pushf',             'pushf',                                        'trap',      'silent'],
  ['popf',              'push word 0x202|popfw',                        'trap',      'silent'],
  ['iret',              'push word 2|push word THIS_CS|push word finish|iretw', 'trap', 'trap'],
  ['sgdt',              'sgdt [spare]',                                 'silent',    'silent'],
  ['sidt',              'sidt [spare]',                                 'silent',    'silent'],
  ['sldt',              'sldt [spare]',                                 '-',         'silent'],
  ['str',               'str [spare]',                                  '-',         'silent'],
  ['smsw',              'smsw ax',                                      'silent',    'silent'],
  ['lar',               'mov ax, 0x10|lar ax, ax',                      '-',         'silent'],
  ['lsl',               'mov ax, 0x18|lsl ax, ax',                      '-',         'silent'],
  ['verr',              'mov ax, 0x10|verr ax',                         '-',         'sensitive'],
  ['verw',              'mov ax, 0x10|verw ax',                         '-',         'sensitive'],
  ['pushSegment',       'push cs',                                      'sensitive', 'silent'],
  ['pushSegment',       'push ss',                                      'sensitive', 'silent'],
  ['pushSegment',       'push ds',                                      'sensitive', 'sensitive'],
  ['pushSegment',       'push gs',                                      'sensitive', 'sensitive'],
  ['popSegment',        'push word THIS_DS|o16 pop es',                 'sensitive', 'sensitive'],
  ['popSegment',        'push word THIS_DS|o16 pop ss',                 'sensitive', 'trap'],
  ['movFromSegment',    'mov ax, cs',                                   'sensitive', 'silent'],
  ['movFromSegment',    'mov ax, ss',                                   'sensitive', 'silent'],
  ['movFromSegment',    'mov ax, ds',                                   'sensitive', 'sensitive'],
  ['movToSegment',      'mov ax, THIS_DS|mov fs, ax',                   'sensitive', 'sensitive'],
  ['movToSegment',      'mov ax, THIS_DS|mov ss, ax',                   'sensitive', 'trap'],
  ['movToSegment',      'les si, [pointer]',                            'sensitive', 'sensitive'],
  ['farCall',           'call THIS_CS:finish',                          'sensitive', 'silent'],
  ['farJump',           'jmp THIS_CS:finish',                           'sensitive', 'sensitive'],
  ['farReturn',         'push word THIS_CS|push word finish|o16 retf',  'sensitive', 'trap'],
  ['softwareInterrupt', 'int 0x40',                                     'trap',      'trap'],
  ['softwareInterrupt', 'int3',                                         'trap',      'trap'],
  ['softwareInterrupt', 'mov al, 0x7f|inc al|into',                     'trap',      'trap'],
  ['cpuid',             'cpuid',                                        'sensitive', 'sensitive'],
  // Privileged: #GP(0) at any CPL > 0.
  ['hlt',               'hlt',                                          'trap',      'trap'],
  ['lgdt',              'lgdt [gdt_register]',                          'trap',      'trap'],
  ['lidt',              'lidt [idt_register]',                          'trap',      'trap'],
  ['lldt',              'xor ax, ax|lldt ax',                           '-',         'trap'],
  ['ltr',               'mov ax, 0x28|ltr ax',                          '-',         'trap'],
  ['lmsw',              'mov ax, [status]|lmsw ax',                     'trap',      'trap'],
  ['clts',              'clts',                                         'trap',      'trap'],
  ['movFromControl',    'mov eax, cr0',                                 'trap',      'trap'],
  ['movFromControl',    'mov eax, cr2',                                 'trap',      'trap'],
  ['movToControl',      'mov cr3, eax',                                 'trap',      'trap'],
  ['movFromDebug',      'mov eax, dr6',                                 'trap',      'trap'],
  ['movToDebug',        'mov dr0, eax',                                 'trap',      'trap'],
  ['invlpg',            'invlpg [spare]',                               'trap',      'trap'],
  ['invd',              'invd',                                         'trap',      'trap'],
  ['wbinvd',            'wbinvd',                                       'trap',      'trap'],
  ['rdmsr',             'mov ecx, 0x10|rdmsr',                          'trap',      'trap'],
  ['wrmsr',             'mov ecx, 0x174|xor eax, eax|xor edx, edx|wrmsr', 'trap',    'trap'],
  // By IOPL.
  ['cli',               'cli',                                          'trap',      'trap'],
  ['sti',               'sti',                                          'trap',      'trap'],
  ['io',                'in al, 0x21',                                  'trap',      'trap'],
  ['io',                'out 0x80, al',                                 'trap',      'trap'],
  ['io',                'mov dx, 0x80|mov si, spare|outsb',             'trap',      'trap'],
  ['rdtsc',             'rdtsc',                                        'sensitive', 'sensitive'],
];

const TAIL = `
finish: mov al, 0
        out 0xf4, al
        hlt
        align 8
spare:  times 8 db 0
pointer: dd 0, 0
gdt_register: dw 47
        dd gdt
        align 8
gdt:    dq 0, 0x00cf9b000000ffff, 0x00cf93000000ffff
        dw 103, tss, 0x8b00, 0          ; 18h
        dw 7, gdt, 0x8200, 0            ; 20h: LDT
        dw 103, tss, 0x8900, 0          ; 28h
tss:    times 104 db 0
`;

const REAL = `bits 16
org 0x8000
THIS_CS equ 0
THIS_DS equ 0
start:  cli
        mov word [4 * 0x40], finish
        mov word [4 * 3], finish
        mov word [4 * 4], finish
        mov word [4 * 0x40 + 2], 0
        mov word [4 * 3 + 2], 0
        mov word [4 * 4 + 2], 0
        @CODE@
        jmp finish
status: dw 0
idt_register: dw 0x3ff
        dd 0
${TAIL}`;

const PROTECTED = `bits 32
org 0x8000
THIS_CS equ 8
THIS_DS equ 0x10
start:  lgdt [gdt_register]
        lidt [idt_register]
        mov ax, 0x20
        lldt ax
        @CODE@
        jmp finish
status: dw 1
idt_register: dw 8 * 0x41 - 1
        dd idt
        align 8
idt:    times 3 dq 0
        times 2 dw finish, 8, 0x8e00, 0
        times 0x40 - 5 dq 0
        dw finish, 8, 0x8e00, 0
${TAIL}`;

const INTERESTING = ['trap', 'silent', 'sensitive', 'callout'];

/** Events of the last instruction of `code`. */
function observe(frame: string, code: string, technique: TechniqueId, hypervisor = 'none'): VmmEvent[] {
  const lines = code.split('|');
  lines[lines.length - 1] = `target: ${lines.at(-1)}`;
  const source = frame.replace('@CODE@', lines.join('\n'));
  const parsed = parseConfiguration({ program: 'sensitive.asm', technique, memory: 1, hypervisor });
  assert.ok('config' in parsed);
  const { vm, assembly } = createMachine(parsed.config, { readFile: () => new TextEncoder().encode(source), readInclude: () => undefined });
  const target = assembly?.symbols.find((s) => s.name === 'target')?.value;
  vm.recordEvents = true;
  vm.run(10_000, 10_000);
  return vm.events
    .read()
    .map(({ entry }) => entry)
    .filter((event) => event.linear === target && INTERESTING.includes(event.kind));
}

const underTechnique = (kind: Kind, technique: TechniqueId): Kind => (kind === '-' || technique === 'trap' ? kind : technique === 'bare' ? 'sensitive' : 'callout');

for (const [name, frame, column] of [
  ['real mode', REAL, 2],
  ['protected mode', PROTECTED, 3],
] as const)
  for (const technique of ['bare', 'trap', 'bt'] as const)
    test(`${technique} in ${name}`, () => {
      const seen = ROWS.map((row) => [row[1], observe(frame, row[1], technique).map((event) => event.kind)]);
      const expected = ROWS.map((row) => {
        const kind = underTechnique(row[column], technique);
        return [row[1], kind === '-' ? [] : [kind]];
      });
      assert.deepEqual(seen, expected);
    });

test('a silent event says what went wrong', () => {
  const sentence = (code: string): string => observe(PROTECTED, code, 'trap')[0].sentence;
  assert.match(sentence('pushf'), /is 00000202h, on bare metal 00000002h/);
  assert.match(sentence('push word 0x202|popfw'), /IF is 0, on bare metal 1/);
  assert.match(sentence('sgdt [spare]'), /, on bare metal /);
  assert.match(sentence('str [spare]'), /, on bare metal /);
  assert.match(sentence('mov ax, cs'), /EAX is [0-9A-F]{4}000Bh, on bare metal [0-9A-F]{4}0008h/);
});

test('CPUID is said to show what bare metal would only where that is so', () => {
  const sentence = (leaf: string, hypervisor?: string): string => observe(PROTECTED, `mov eax, ${leaf}|cpuid`, 'trap', hypervisor)[0].sentence;
  for (const leaf of ['0', '1', '0x40000000']) assert.match(sentence(leaf), /the result is what bare metal would have given/);
  assert.match(sentence('0', 'kvm'), /the result is what bare metal would have given/);
  for (const leaf of ['1', '0x40000000', '0x40000001']) assert.match(sentence(leaf, 'kvm'), /shows the paravirtual interface.*bare metal has none/);
});

test('every instruction that is sensitive without being privileged is in the table', () => {
  const covered = new Set<string>(ROWS.map(([name]) => name));
  const missing = Object.keys(SENSITIVITY).filter((name) => !covered.has(name));
  // Without a hypervisor interface #UD, out of ring 0 only, on the 386 only, or not by default.
  assert.deepEqual(missing.sort(), ['movFromTest', 'movToTest', 'rdpmc', 'sysenter', 'sysexit', 'vmcall']);
});
