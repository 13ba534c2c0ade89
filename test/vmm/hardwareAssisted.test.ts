/** VM exits under hardware assistance: which instructions leave under which controls, and how the exits read. SDM Vol. 3, chapters 25 to 28. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseConfiguration } from '../../src/machine/configuration';
import { createMachine } from '../../src/machine/machine';
import type { VmmEvent, VmmEventOf } from '../../src/protocol/vmmEvent';
import type { StopReason } from '../../src/vmm/debuggable';
import { EXIT_REASONS } from '../../src/x86/sensitivity';

type Settings = Readonly<Record<string, string | number | boolean>>;

/** Protected mode with flat segments, a free TSS at 18h, its own at 28h, a page directory at 90000h; `target` is what is looked at. */
const FRAME = `bits 32
org 0x8000
start:  lgdt [gdt_register]
        lidt [idt_register]
        mov ax, 0x28
        ltr ax
        mov esp, 0x7000
        @CODE@
        mov al, 0
        out 0xf4, al
        hlt
handler: add dword [esp], 2
trapped: iret
        align 8
spare:  times 8 db 0
idt_register: dw 8 * 0x41 - 1
        dd idt
gdt_register: dw 0x3f
        dd gdt
        align 8
gdt:    dq 0, 0x00cf9b000000ffff, 0x00cf93000000ffff
        dw 103, task, 0x8900, 0         ; 18h
        dw 103, tss, 0x8900, 0          ; 20h
        dw 103, tss, 0x8900, 0          ; 28h
        dq 0, 0
idt:    dq 0
        dw trapped, 8, 0x8e00, 0        ; #DB
        dq 0
        dw trapped, 8, 0x8e00, 0        ; #BP
        dw trapped, 8, 0x8e00, 0        ; #OF
        dq 0
        dw handler, 8, 0x8e00, 0        ; #UD
        times 7 dq 0
        dw handler, 8, 0x8e00, 0        ; #PF, unused
        times 0x40 - 15 dq 0
        dw handler, 8, 0x8e00, 0
        align 16
tss:    times 104 db 0
task:   dd 0, 0, 0, 0, 0, 0, 0
        dd 0, resumed, 2, 0, 0, 0, 0, 0x6000, 0, 0, 0
        dd 0x10, 8, 0x10, 0x10, 0x10, 0x10, 0, 0
resumed: mov al, 7
        out 0xf4, al
`;

function boot(code: string, vmcs: Settings = {}) {
  const lines = code.split('|');
  lines[lines.length - 1] = `target: ${lines.at(-1)}`;
  const source = FRAME.replace('@CODE@', lines.join('\n'));
  const parsed = parseConfiguration({ program: 'exits.asm', technique: 'hvm', memory: 1, vmcs });
  assert.ok('config' in parsed, JSON.stringify(parsed));
  const machine = createMachine(parsed.config, { readFile: () => new TextEncoder().encode(source), readInclude: () => undefined });
  return { ...machine, target: machine.assembly?.symbols.find((s) => s.name === 'target')?.value };
}

type Exit = VmmEventOf<'vmExit'>;
const isExit = (event: VmmEvent): event is Exit => event.kind === 'vmExit';

function play(code: string, vmcs: Settings = {}): { events: VmmEvent[]; at: VmmEvent[]; exits: Exit[]; stop: StopReason } {
  const { vm, target } = boot(code, vmcs);
  vm.recordEvents = true;
  const stop = vm.run(20_000, 10_000);
  const events = vm.events.read().map(({ entry }) => entry);
  const at = events.filter((event) => event.linear === target);
  return { events, at, exits: at.filter(isExit).filter((e) => e.reason !== 'EPT_VIOLATION'), stop };
}

type Row = readonly [code: string, vmcs: Settings, exit: string, qualification?: number];

// biome-ignore format: a table
const ROWS: readonly Row[] = [
  // By default: what a hypervisor for unmodified guests asks for.
  ['cpuid', {}, 'CPUID', 0],
  ['in al, 0x80', {}, 'IO_INSTRUCTION', 0x00800048],
  ['mov dx, 0x3f8|out dx, al', {}, 'IO_INSTRUCTION', 0x03f80000],
  ['mov dx, 0x80|mov esi, spare|outsd', {}, 'IO_INSTRUCTION', 0x00800013],
  ['mov ecx, 2|mov dx, 0x80|mov esi, spare|rep outsb', {}, 'IO_INSTRUCTION', 0x00800030],
  ['mov ecx, 0|mov dx, 0x80|mov esi, spare|rep outsb', {}, '-'],
  ['mov eax, cr0|btc eax, 30|btc eax, 29|mov cr0, eax', {}, 'CR_ACCESS', 0x000],
  ['mov ebx, cr0|xor ebx, 8|mov cr0, ebx', {}, '-'],
  ['mov eax, cr4|xor eax, 0x10|mov cr4, eax', {}, 'CR_ACCESS', 0x004],
  ['mov eax, cr4|xor eax, 0x80|mov cr4, eax', {}, '-'],
  ['mov eax, cr0', {}, '-'],
  ['smsw ax', {}, '-'],
  ['clts', {}, '-'],
  ['mov ecx, 0x10|rdmsr', {}, 'RDMSR', 0],
  ['mov ecx, 0x174|rdmsr', {}, '-'],
  ['mov ecx, 0x10|xor eax, eax|xor edx, edx|wrmsr', {}, 'WRMSR', 0],
  ['mov ecx, eax|xor ecx, ecx|rdpmc', {}, 'RDPMC', 0],
  ['rdtsc', {}, '-'],
  ['mov edx, dr6', {}, 'DR_ACCESS', 0x216],
  ['mov dr1, ecx', {}, 'DR_ACCESS', 0x101],
  ['wbinvd', {}, 'WBINVD', 0],
  ['invd', {}, 'INVD', 0],
  ['jmp 0x18:0', {}, 'TASK_SWITCH', 0x80000018],
  ['call 0x18:0', {}, 'TASK_SWITCH', 0x00000018],
  ['mov cr3, eax', {}, '-'],
  ['invlpg [spare]', {}, '-'],
  ['sgdt [spare]', {}, '-'],
  ['pushf', {}, '-'],
  ['int 0x40', {}, '-'],
  ['ud2', {}, 'EXCEPTION_OR_NMI', 0],
  // One control at a time.
  ['rdtsc', { rdtscExiting: true }, 'RDTSC', 0],
  ['invlpg [spare]', { invlpgExiting: true }, 'INVLPG'],
  ['mov cr3, eax', { cr3LoadExiting: true }, 'CR_ACCESS', 0x003],
  ['mov ebx, cr3', { cr3StoreExiting: true }, 'CR_ACCESS', 0x313],
  ['mov eax, 0x90000|mov cr3, eax', { cr3LoadExiting: true, cr3TargetCount: 1, cr3Target0: '0x90000' }, '-'],
  ['mov eax, cr0|or al, 8|mov cr0, eax|clts', { cr0Mask: 8 }, 'CR_ACCESS', 0x020],
  ['clts', { cr0Mask: 8 }, '-'],
  ['mov ax, 9|lmsw ax', { cr0Mask: 8 }, 'CR_ACCESS', 0x00090030],
  ['mov word [spare], 9|lmsw [spare]', { cr0Mask: 8 }, 'CR_ACCESS', 0x00090070],
  ['mov ax, 0|lmsw ax', { cr0Mask: 1 }, '-'],
  ['sgdt [spare]', { descriptorTableExiting: true }, 'GDTR_IDTR'],
  ['sldt ax', { descriptorTableExiting: true }, 'LDTR_TR', 0],
  ['in al, 0x80', { interceptedPorts: '0x60-0x64' }, '-'],
  ['in al, 0x63', { interceptedPorts: '0x60-0x64' }, 'IO_INSTRUCTION', 0x00630048],
  ['in eax, 0x5e', { interceptedPorts: '0x60-0x64' }, 'IO_INSTRUCTION', 0x005e004b],
  ['in al, 0x80', { useIoBitmaps: false }, '-'],
  ['in al, 0x80', { useIoBitmaps: false, unconditionalIoExiting: true }, 'IO_INSTRUCTION', 0x00800048],
  ['mov ecx, 0x174|rdmsr', { useMsrBitmaps: false }, 'RDMSR', 0],
  ['mov edx, dr6', { movDrExiting: false }, '-'],
  ['wbinvd', { wbinvdExiting: false }, '-'],
  ['int 0x40', { exceptionBitmap: '0xffffffff' }, '-'],
  ['ud2', { exceptionBitmap: 0 }, '-'],
  ['int1', {}, 'EXCEPTION_OR_NMI', 0],
  ['int3', {}, '-'],
  ['int3', { exceptionBitmap: '#BP' }, 'EXCEPTION_OR_NMI', 0],
  ['into', { exceptionBitmap: '#OF' }, '-'],
  ['mov al, 0x7f|inc al|into', { exceptionBitmap: '#OF' }, 'EXCEPTION_OR_NMI', 0],
];

for (const [code, vmcs, reason, qualification] of ROWS)
  test(`${code}${Object.keys(vmcs).length ? ` with ${JSON.stringify(vmcs)}` : ''}: ${reason}`, () => {
    const { exits, at } = play(code, vmcs);
    if (reason === '-')
      return assert.deepEqual(
        exits.map((e) => e.reason),
        [],
      );
    assert.deepEqual(
      exits.map((e) => e.reason),
      [reason],
    );
    const [exit] = exits;
    assert.equal(exit.number, EXIT_REASONS[exit.reason as keyof typeof EXIT_REASONS]);
    if (qualification !== undefined) assert.equal(exit.qualification.toString(16), qualification.toString(16));
    assert.match(exit.sentence, /\. The VMM .+\.$/);
    assert.ok(exit.cycles > 0);
    // A far transfer runs up to the point where it turns out to be a task switch.
    if (reason !== 'TASK_SWITCH') assert.equal(at.filter((e) => e.kind === 'sensitive').length, 0, 'it did not run directly');
  });

test('an exit says what the VMM changed', () => {
  const { exits } = play('xor eax, eax|cpuid');
  assert.ok(
    exits[0].changes.some((change) => /^EBX 0+h → 756E6547h$/.test(change)),
    exits[0].changes.join(),
  );
});

test('an exception in the bitmap is reflected: exit, injection, entry, and the guest’s handler', () => {
  const { at } = play('mov esp, 0x7000|mov [esp - 4], eax|ud2');
  assert.deepEqual(
    at.map((e) => e.kind),
    ['vmExit', 'injection', 'vmEntry', 'guestFault'],
  );
  const [exit, injection] = at;
  assert.ok(exit.kind === 'vmExit' && exit.interruption === 0x80000306);
  assert.ok(injection.kind === 'injection' && injection.interruption === 0x80000306);
});

test('an exit during the delivery of an event leaves IDT-vectoring information, and the event is injected again', () => {
  // Nothing has touched the stack’s page: pushing the frame is an EPT violation.
  const { at } = play('mov esp, 0x30000|ud2');
  assert.deepEqual(
    at.map((e) => e.kind),
    ['vmExit', 'injection', 'vmEntry', 'guestFault', 'vmExit', 'injection', 'vmEntry'],
  );
  const [violation, again] = [at[4], at[5]];
  assert.ok(violation.kind === 'vmExit' && violation.reason === 'EPT_VIOLATION' && violation.idtVectoring === 0x80000306);
  assert.ok(again.kind === 'injection' && again.interruption === 0x80000306);
});

test('a fault of the instruction outranks its exit; that of MOV DR does not', () => {
  // At CPL 3 in the flat ring-3 segments that SYSEXIT loads.
  const atRing3 = (instruction: string) => play(`mov ecx, 0x174|mov eax, 8|xor edx, edx|wrmsr|mov edx, target|mov ecx, 0x7000|sysexit|${instruction}`);
  assert.deepEqual(
    atRing3('hlt')
      .exits.map((e) => e.reason)
      .slice(0, 1),
    ['TRIPLE_FAULT'], // no handler for its #GP(0)
  );
  assert.deepEqual(
    atRing3('mov eax, dr7')
      .exits.map((e) => e.reason)
      .slice(0, 1),
    ['DR_ACCESS'],
  );
});

test('a launch setting that does not exist is refused by name', () => {
  assert.throws(() => boot('nop', { hltExitting: true }), /vmcs\.hltExitting: no field or control of that name/);
  assert.throws(() => boot('nop', { exitReason: 1 }), /vmcs\.exitReason: the processor writes it/);
  assert.throws(() => boot('nop', { exceptionBitmap: 'many' }), /vmcs\.exceptionBitmap: expected a number of 32 bits, such as 0x10, or exceptions such as #PF,#GP, not many/);
});

// VM entry.

const failure = (vmcs: Settings): string => {
  const { stop } = play('nop', vmcs);
  assert.equal(stop.kind, 'entryFailure');
  return stop.kind === 'entryFailure' ? stop.causes.join(' ') : '';
};

test('VM entry refuses inconsistent controls and host state', () => {
  assert.match(failure({ nmiExiting: false }), /VM-instruction error 7\).*virtualNmis needs nmiExiting/);
  assert.match(failure({ pinControls: 0 }), /bits 16h must be 1/);
  assert.match(failure({ ioBitmapA: '0x123' }), /I\/O bitmap A: not the address of a page/);
  assert.match(failure({ eptPointer: 0 }), /EPT pointer: the page-walk length must be 4/);
  assert.match(failure({ hostCr0: 1 }), /VM-instruction error 8\).*Host CR0: PE, NE and PG/);
  assert.match(failure({ hostTr: 0 }), /Host TR selector: must not be the null selector/);
});

test('VM entry with bad guest state is exit 33, with a bad MSR-load area exit 34', () => {
  assert.match(failure({ vmcsLinkPointer: 0 }), /exit reason 33, qualification 4/);
  assert.match(failure({ enableEpt: false, unrestrictedGuest: false }), /exit reason 33.*PE and PG must be 1/);
  assert.match(failure({ entryMsrLoad: '0x174=8,0xC0000100=0' }), /exit reason 34, qualification 2/);
  assert.match(failure({ entryMsrLoad: '0x1234=0' }), /exit reason 34, qualification 1.*#GP\(0\)/);
  const { events } = play('nop', { vmcsLinkPointer: 0 });
  assert.deepEqual(
    events.map((e) => (e.kind === 'vmExit' ? e.number : e.kind)),
    [33],
  );
});

test('VM entry loads the MSRs it is told to', () => {
  const { exits, stop } = play('mov ecx, 0x175|rdmsr|cpuid', { entryMsrLoad: '0x175=0x1234' });
  assert.equal(stop.kind, 'exited');
  assert.equal(exits.length, 1);
});

// Time.

test('the monitor trap flag leaves after every instruction', () => {
  const { events } = play('nop', { monitorTrapFlag: true });
  const traps = events.filter((e) => e.kind === 'vmExit' && e.reason === 'MONITOR_TRAP_FLAG');
  assert.ok(traps.length >= 6);
  assert.deepEqual(
    traps.slice(0, 6).map((e) => e.retired),
    [1, 2, 3, 4, 5, 6],
  );
});

test('the preemption timer counts retired instructions from each entry', () => {
  const { events } = play('mov ecx, 100|again: loop again|nop', { activatePreemptionTimer: true, preemptionTimer: 25 });
  const exits = events.filter((e) => e.kind === 'vmExit' && e.reason === 'PREEMPTION_TIMER').map((e) => e.retired);
  assert.ok(exits.length >= 3);
  assert.deepEqual(
    exits.slice(1).map((at, n) => at - exits[n]),
    exits.slice(1).map(() => 25),
  );
});

test('the TSC offset is in what RDTSC reads', () => {
  const read = (vmcs: Settings): number => {
    const { vm } = boot('rdtsc|mov [spare], eax', vmcs);
    vm.run(20_000, 10_000);
    return new DataView(vm.readLinear(boot('rdtsc|mov [spare], eax').assembly?.symbols.find((s) => s.name === 'spare')?.value as number, 4).slice().buffer).getUint32(0, true);
  };
  assert.equal(read({ tscOffset: 1000 }) - read({}), 1000);
});

// Nested paging.

test('the first access to a page is an EPT violation, which maps it; an access to a device always is one', () => {
  const { exits: none, events } = play('mov eax, [0x50000]|mov ebx, [0x50004]|mov [0x50008], eax|mov al, [0xb8000]|mov [0xb8002], al');
  assert.deepEqual(none, []);
  const violations = events.filter(isExit).filter((e) => e.reason === 'EPT_VIOLATION');
  const at = (physical: string) => violations.filter((e) => e.decoded.some(([name, value]) => name === 'Guest-physical' && value === physical));
  assert.deepEqual(
    at('00050000h').map((e) => e.qualification),
    [0x181],
  );
  assert.deepEqual(
    at('000B8000h').map((e) => e.qualification),
    [0x181],
  );
  assert.deepEqual(
    at('000B8002h').map((e) => e.qualification),
    [0x182],
  );
  assert.match(at('000B8002h')[0].sentence, /nothing\. The VMM decoded the instruction and told the device/);
});

test('a walk of the guest’s page tables goes through the extended ones', () => {
  const { events, stop } = play(
    'mov dword [0x90000], 0x91003|mov dword [0x91000 + 4 * 8], 0x8003|mov dword [0x91000 + 4 * 6], 0x6003|mov dword [0x91000 + 4 * 0x50], 0x50003|mov eax, 0x90000|mov cr3, eax|mov eax, cr0|bts eax, 31|mov cr0, eax|mov eax, [0x50000]',
  );
  assert.equal(stop.kind, 'exited');
  const tables = events.filter(isExit).filter((e) => e.reason === 'EPT_VIOLATION' && !(e.qualification & 0x100));
  assert.deepEqual(tables, [], 'the tables were written before, so their pages are mapped');
  assert.equal(events.filter(isExit).filter((e) => e.reason === 'CR_ACCESS').length, 1);
});

test('breakpoints on an exit reason stop on the exits, before the instruction, and once', () => {
  const { vm, target } = boot('nop|in al, 0x80');
  vm.setEventStops([{ kind: 'vmExit', reason: 'IO_INSTRUCTION' }]);
  const stop = vm.run(20_000, 10_000);
  assert.ok(stop.kind === 'event' && stop.event.kind === 'vmExit' && stop.event.linear === target);
  assert.equal(vm.readRegister('eip'), target);
  assert.equal(vm.eventCounts.vmExit > 0, true);
  const before = vm.eventCounts.vmExit;
  const next = vm.run(20_000, 10_000);
  assert.ok(next.kind === 'event' && next.event.port === 0xf4);
  assert.equal(vm.eventCounts.vmExit, before + 1);
});

test('a stop on an EPT violation leaves the instruction undone', () => {
  const { vm, target } = boot('mov byte [0xb8000], 1');
  vm.setEventStops([{ kind: 'vmExit', reason: 'EPT_VIOLATION' }]);
  let stop = vm.run(20_000, 10_000);
  while (stop.kind === 'event' && stop.event.linear !== target) stop = vm.run(20_000, 10_000);
  assert.ok(stop.kind === 'event' && stop.event.instruction.startsWith('mov byte'));
  assert.equal(vm.readRegister('eip'), target);
  vm.setEventStops([]);
  assert.equal(vm.run(20_000, 10_000).kind, 'exited');
});
