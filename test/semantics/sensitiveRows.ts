/**
 * Every sensitive and privileged instruction by mode, CPL, IOPL and extensions: the places, the instructions, and what becomes
 * of each on bare metal. The rules: SDM Vol. 2 under the instruction; Vol. 3, 5.9 (privileged instructions), 20.2.7 and 20.3
 * (virtual-8086 mode), 20.4 (virtual interrupts); Vol. 1, 19.5 (I/O). After Robin & Irvine (USENIX Security 2000) for which
 * unprivileged ones are sensitive.
 */
import { V86_ATTRIBUTES } from '../../src/semantics/system/segments';
import { CPU } from '../../src/x86/cpuState';
import { CR4_PCE, CR4_PVI, CR4_TSD, CR4_VME, EFLAGS_IF, EFLAGS_IOPL, EFLAGS_VIF, EFLAGS_VIP, EFLAGS_VM } from '../../src/x86/flags';
import { EDI, EDX, ESI, ESP, TR } from '../../src/x86/registers';
import type { TestCpu } from '../harness/testCpu';

export interface Place {
  readonly name: string;
  readonly mode: 'real' | 'protected' | 'v86';
  readonly cpl: number;
  readonly iopl: number;
  readonly cr4: number;
}
const place = (name: string, mode: Place['mode'], cpl: number, iopl: number, cr4 = 0): Place => ({ name, mode, cpl, iopl, cr4 });

// biome-ignore format: a table
export const PLACES: readonly Place[] = [
  place('real mode', 'real', 0, 0),
  place('CPL 0', 'protected', 0, 0),
  place('CPL 1', 'protected', 1, 0),
  place('CPL 1, IOPL 1', 'protected', 1, 1),
  place('CPL 3', 'protected', 3, 0),
  place('CPL 3, IOPL 3', 'protected', 3, 3),
  place('V86', 'v86', 3, 0),
  place('V86, IOPL 3', 'v86', 3, 3),
  place('V86, VME', 'v86', 3, 0, CR4_VME),
  place('V86, IOPL 3, VME', 'v86', 3, 3, CR4_VME),
  place('CPL 1, PVI', 'protected', 1, 0, CR4_PVI),
  place('CPL 3, PVI', 'protected', 3, 0, CR4_PVI),
];

/**
 * `ok`, or what changed: IF, IOPL, VIF, or the ring it went to; GP is #GP(0), UD #UD, a number behind the error code.
 * CS_, SS_: selectors of the place; FLAGS: IF set and the other IOPL; TRAP: TF; ports from 80h to 87h are open in the bitmap.
 */
export type Row = readonly [sensitivity: string, code: string, outcomes: string, options?: { readonly cr4?: number; readonly flags?: number }];

const SAME = (outcome: string): string => PLACES.map(() => outcome).join(' ');
//                        real 0   1    1/1  3    3/3  V86 V86/3 VME VME/3 PVI1 PVI3
const PRIVILEGED = 'ok   ok  GP   GP   GP   GP   GP   GP   GP   GP   GP   GP';
const PROTECTED_0 = 'UD   ok  GP   GP   GP   GP   UD   UD   UD   UD   GP   GP';
const PROTECTED_ONLY = 'UD   ok  ok   ok   ok   ok   UD   UD   UD   UD   ok   ok';
const OPEN_PORT = SAME('ok');
const CLOSED_PORT = 'ok   ok  GP   ok   GP   ok   GP   GP   GP   GP   GP   GP';
const TRAPPED = 'ok   ok  ring0 ring0 ring0 ring0 ring0 ring0 ring0 ring0 ring0 ring0';

// biome-ignore format: a table
export const ROWS: readonly Row[] = [
  // Flags.                                real    0       1    1/1  3    3/3  V86 V86/3 VME  VME/3 PVI1 PVI3
  ['cli', 'cli',                          'IF      IF      GP   IF   GP   IF   GP   IF   VIF  IF   GP   VIF', { flags: EFLAGS_IF | EFLAGS_VIF }],
  ['sti', 'sti',                          'IF      IF      GP   IF   GP   IF   GP   IF   VIF  IF   GP   VIF'],
  ['sti', 'sti',                          'IF      IF      GP   IF   GP   IF   GP   IF   GP   IF   GP   GP', { flags: EFLAGS_VIP }],
  ['pushf', 'pushfw',                     'ok      ok      ok   ok   ok   ok   GP   ok   ok   ok   ok   ok'],
  ['pushf', 'pushfd',                     'ok      ok      ok   ok   ok   ok   GP   ok   GP   ok   ok   ok'],
  ['popf', 'push word FLAGS|popfw',       'IF+IOPL IF+IOPL ok   IF   ok   IF   GP   IF   VIF  IF   ok   ok'],
  ['popf', 'push dword FLAGS|popfd',      'IF+IOPL IF+IOPL ok   IF   ok   IF   GP   IF   GP   IF   ok   ok'],
  ['popf', 'push word FLAGS|popfw',       'IF+IOPL IF+IOPL ok   IF   ok   IF   GP   IF   GP   IF   ok   ok', { flags: EFLAGS_VIP }],
  ['popf', 'push word TRAP|popfw',        'ok      ok      ok   ok   ok   ok   GP   ok   GP   ok   ok   ok'],
  ['iret', 'push word FLAGS|push word CS_|push word 0x1500|iretw',
                                          'IF+IOPL IF+IOPL ok   IF   ok   IF   GP   IF   VIF  IF   ok   ok'],
  ['iret', 'push dword FLAGS|push dword CS_|push dword 0x1500|iretd',
                                          'IF+IOPL IF+IOPL ok   IF   ok   IF   GP   IF   GP   IF   ok   ok'],
  // Tables and status.
  ['sgdt', 'sgdt [0x3000]', SAME('ok')],
  ['sidt', 'sidt [0x3000]', SAME('ok')],
  ['smsw', 'smsw ax', SAME('ok')],
  ['sldt', 'sldt ax', PROTECTED_ONLY],
  ['str', 'str ax', PROTECTED_ONLY],
  ['lar', 'mov cx, SS_|lar ax, cx', PROTECTED_ONLY],
  ['lsl', 'mov cx, SS_|lsl ax, cx', PROTECTED_ONLY],
  ['verr', 'mov cx, SS_|verr cx', PROTECTED_ONLY],
  ['verw', 'mov cx, SS_|verw cx', PROTECTED_ONLY],
  ['', 'arpl ax, cx', PROTECTED_ONLY],
  ['lgdt', 'lgdt [0x3010]', PRIVILEGED],
  ['lidt', 'lidt [0x3010]', PRIVILEGED],
  ['lldt', 'xor cx, cx|lldt cx', PROTECTED_0],
  ['ltr', 'mov cx, 0x18|ltr cx', PROTECTED_0],
  ['lmsw', 'xor cx, cx|lmsw cx', PRIVILEGED],
  ['clts', 'clts', PRIVILEGED],
  ['hlt', 'hlt', PRIVILEGED],
  ['invlpg', 'invlpg [0x3000]', PRIVILEGED],
  ['invd', 'invd', PRIVILEGED],
  ['wbinvd', 'wbinvd', PRIVILEGED],
  ...[0, 2, 3, 4].map((n): Row => ['movFromControl', `mov ecx, cr${n}`, PRIVILEGED]),
  ...[2, 3].map((n): Row => ['movToControl', `mov cr${n}, ecx`, PRIVILEGED]),
  ['movToControl', 'mov ecx, cr0|mov cr0, ecx', PRIVILEGED],
  ['movToControl', 'mov ecx, cr4|mov cr4, ecx', PRIVILEGED],
  ...[0, 1, 2, 3, 6, 7].map((n): Row => ['movFromDebug', `mov ecx, dr${n}`, PRIVILEGED]),
  ...[0, 1, 2, 3, 6].map((n): Row => ['movToDebug', `mov dr${n}, ecx`, PRIVILEGED]),
  ['rdmsr', 'mov ecx, 0x10|rdmsr', PRIVILEGED],
  ['wrmsr', 'mov ecx, 0x175|xor edx, edx|wrmsr', PRIVILEGED],
  // By CR4.
  ['rdtsc', 'rdtsc', SAME('ok')],
  ['rdtsc', 'rdtsc', PRIVILEGED, { cr4: CR4_TSD }],
  ['rdpmc', 'xor ecx, ecx|rdpmc', PRIVILEGED],
  ['rdpmc', 'xor ecx, ecx|rdpmc', SAME('ok'), { cr4: CR4_PCE }],
  ['cpuid', 'cpuid', SAME('ok')],
  // Segments and transfers.
  ...['cs', 'ss', 'ds', 'es', 'fs', 'gs'].flatMap((s): Row[] => [['pushSegment', `push ${s}`, SAME('ok')], ['movFromSegment', `mov ax, ${s}`, SAME('ok')]]),
  ...['ss', 'ds', 'es', 'fs', 'gs'].flatMap((s): Row[] => [['popSegment', `push ${s}|pop ${s}`, SAME('ok')], ['movToSegment', `mov ax, SS_|mov ${s}, ax`, SAME('ok')]]),
  // Another ring's stack segment; the null selector as one.
  ['movToSegment', 'mov ax, 0x29|mov ss, ax', 'ok GP28 GP28 GP28 GP28 GP28 ok ok ok ok GP28 GP28'],
  ['movToSegment', 'xor ax, ax|mov ss, ax', 'ok GP GP GP GP GP ok ok ok ok GP GP'],
  ['movToSegment', 'xor ax, ax|mov ds, ax', SAME('ok')],
  ['movToSegment', 'mov ax, 0x28|mov ds, ax', 'ok ok GP28 GP28 GP28 GP28 ok ok ok ok GP28 GP28'],
  ['farJump', 'jmp CS_:0x1500', SAME('ok')],
  ['farCall', 'call CS_:0x1500', SAME('ok')],
  ['farCall', 'call 0x30:0x1500', 'ok ok GP30 GP30 GP30 GP30 ok ok ok ok GP30 GP30'],
  ['farCall', 'call 0x38:0x1500', 'ok ok ring0 ring0 ring0 ring0 ok ok ok ok ring0 ring0'],
  ['farJump', 'jmp 0x38:0x1500', 'ok ok GP20 GP20 GP20 GP20 ok ok ok ok GP20 GP20'],
  ['farReturn', 'push word CS_|push word 0x1500|o16 retf', SAME('ok')],
  // Interrupts: gates of DPL 3, of DPL 0; INT n redirected by a clear bit, not by a set one.
  ['softwareInterrupt', 'int 0x40',       'ok ok ring0 ring0 ring0 ring0 GP ring0 ok ok ring0 ring0'],
  ['softwareInterrupt', 'int 0x42',       'ok ok ring0 ring0 ring0 ring0 GP ring0 GP ring0 ring0 ring0'],
  ['softwareInterrupt', 'int 0x41',       'ok ok GP20a GP20a GP20a GP20a GP GP20a GP GP20a GP20a GP20a'],
  ['softwareInterrupt', 'int3', TRAPPED],
  ['softwareInterrupt', 'mov al, 0x7f|inc al|into', TRAPPED],
  ['', 'int1', TRAPPED],
  ['sysenter', 'sysenter',                'GP ok ring0 ring0 ring0 ring0 ring0 ring0 ring0 ring0 ring0 ring0'],
  ['sysexit', 'sysexit',                  'GP ring3 GP GP GP GP GP GP GP GP GP GP'],
  // Ports: the bitmap alone decides in virtual-8086 mode, IOPL and then the bitmap in protected mode.
  ['io', 'in al, 0x80', OPEN_PORT],
  ['io', 'out 0x80, eax', OPEN_PORT],
  ['io', 'in al, 0x7f', CLOSED_PORT],
  ['io', 'out 0x86, eax', CLOSED_PORT],
  ['io', 'mov dx, 0x88|in ax, dx', CLOSED_PORT],
  ['io', 'mov dx, 0x88|out dx, al', CLOSED_PORT],
  ['io', 'mov dx, 0x80|insb', OPEN_PORT],
  ['io', 'mov dx, 0x80|outsd', OPEN_PORT],
  ['io', 'mov dx, 0x88|insw', CLOSED_PORT],
  ['io', 'mov dx, 0x88|outsb', CLOSED_PORT],
  // Nowhere.
  ['vmcall', 'vmcall', SAME('UD')],
  ['', 'rsm', SAME('UD')],
  ['', 'ud2', SAME('UD')],
];

const GDT = 0x6000;
const IDT = 0x5000;
const TSS = 0x7000;
const BITMAP = 136;
const TSS_LIMIT = BITMAP + 32;

const words = (...values: number[]): Uint8Array => new Uint8Array(Uint32Array.from(values).buffer);
const segment = (access: number): number[] => [0x0000ffff, 0x00cf0000 | (access << 8)];
const gate = (selector: number, offset: number, access: number): number[] => [(selector << 16) | offset, access << 8];

/** 08h, 10h: code and data of the place's ring; 18h a free TSS; 20h, 28h: ring 0; 30h, 38h call gates of DPL 0 and 3. */
function tables(bench: TestCpu, cpl: number): void {
  const dpl = cpl << 5;
  bench.write(
    GDT,
    words(0, 0, ...segment(0x9b | dpl), ...segment(0x93 | dpl), 0x70000067, 0x8900, ...segment(0x9b), ...segment(0x93), ...gate(0x20, 0x1600, 0x8c), ...gate(0x20, 0x1600, 0xec)),
  );
  for (const [vector, access] of [
    [1, 0x8e],
    [3, 0xee],
    [4, 0xee],
    [0x40, 0xee],
    [0x41, 0x8e],
    [0x42, 0xee],
  ])
    bench.write(IDT + 8 * vector, words(...gate(0x20, 0x1600, access)));
  bench.write(TSS, new Uint8Array(TSS_LIMIT + 1));
  bench.write(TSS, words(0, 0x7f00, 0x28));
  bench.write(TSS + 100, words(BITMAP << 16));
  bench.write(TSS + 104 + 8, [0x06]); // 41h and 42h are not redirected
  bench.write(TSS + BITMAP, new Uint8Array(33).fill(0xff));
  bench.write(TSS + BITMAP + 16, [0]); // ports 80h to 87h
}

/** Put the CPU there. */
export function enter(bench: TestCpu, { mode, cpl, iopl, cr4 }: Place, options: NonNullable<Row[3]>): void {
  const { cpu, vm } = bench;
  tables(bench, cpl);
  if (mode === 'real') bench.realMode();
  else bench.flat32({ cpl });
  cpu.set(CPU.GDTR_BASE, GDT);
  cpu.set(CPU.GDTR_LIMIT, 0x3f);
  if (mode !== 'real') {
    cpu.set(CPU.IDTR_BASE, IDT);
    cpu.set(CPU.IDTR_LIMIT, 8 * 0x43 - 1);
  }
  cpu.setSegment(TR, { selector: 0x18, base: TSS, limit: TSS_LIMIT, attributes: 0x8b });
  if (mode === 'v86') for (let s = 0; s < 6; s++) cpu.setSegment(s, { selector: 0, base: 0, limit: 0xffff, attributes: V86_ATTRIBUTES });
  cpu.eflags = 2 | (iopl << 12) | (mode === 'v86' ? EFLAGS_VM : 0) | (options.flags ?? 0);
  cpu.set(CPU.CR4, cr4 | (options.cr4 ?? 0));
  cpu.set(CPU.SYSENTER_CS, 0x20);
  cpu.setReg(ESP, 0x4800);
  cpu.setReg(ESI, 0x2000);
  cpu.setReg(EDI, 0x2000);
  cpu.setReg(EDX, 0x1500);
  bench.write(0x3010, words((GDT << 16) | 0x3f, 0));
  vm.context.stateChanged('translation');
}

export const TRACKED = [
  ['IF', EFLAGS_IF],
  ['IOPL', EFLAGS_IOPL],
  ['VIF', EFLAGS_VIF],
] as const;

/** The instructions of a row in a place, the last of which is the one in question. */
export function linesOf(code: string, where: Place): string[] {
  const selector = (index: number): string => String(where.mode === 'protected' ? index | where.cpl : 0);
  const flags = String(0x202 | (where.iopl === 3 ? 0 : EFLAGS_IOPL));
  return code
    .replaceAll('CS_', selector(8))
    .replaceAll('SS_', selector(16))
    .replaceAll('FLAGS', flags)
    .replaceAll('TRAP', String(0x102 | (where.iopl << 12)))
    .split('|');
}
