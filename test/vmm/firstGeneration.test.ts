/** VT-x of the first generation: shadow page tables whose faults exit, and real mode in virtual-8086 mode. SDM Vol. 3, 20.2, 25.1, 26.3.1. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMachine } from '../../src/machine/machine';
import { parseConfiguration } from '../../src/machine/configuration';
import type { VmmEvent, VmmEventOf } from '../../src/protocol/vmmEvent';

type Exit = VmmEventOf<'vmExit'>;
const isExit = (event: VmmEvent): event is Exit => event.kind === 'vmExit';

const END = 'mov al, 0\nout 0xf4, al\nhlt\n';

/** Real mode, at 7C00h; INT 40h returns. */
const REAL = (code: string) => `bits 16
org 0x7c00
        xor ax, ax
        mov ds, ax
        mov es, ax
        mov ss, ax
        mov sp, 0x7000
        mov word [4 * 0x40], back
        mov word [4 * 0x40 + 2], 0
        mov word [4 * 6], skip
        mov word [4 * 6 + 2], 0
${code}
        ${END}
back:   iret
skip:   mov bp, sp
        add word [bp], 2
        iret
        align 8
gdt:    dq 0, 0x00cf9b000000ffff, 0x00cf93000000ffff
gdt_register: dw 23
        dd gdt
`;

/** Protected mode with paging: directory at 90000h, 0 to 4 MiB onto itself, user pages; 50000h is read-only. #UD and #PF skip 2 and 6 bytes. */
const PAGED = (code: string, cr0 = '0x80010000') => `bits 32
org 0x8000
start:  lgdt [gdt_register]
        lidt [idt_register]
        mov esp, 0x7000
        mov edi, 0x90000
        xor eax, eax
        mov ecx, 1024
        rep stosd
        mov dword [0x90000], 0x91007
        mov edi, 0x91000
        mov eax, 7
        mov ecx, 1024
fill:   stosd
        add eax, 0x1000
        loop fill
        mov dword [0x91000 + 4 * 0x50], 0x50005
        mov dword [0x91000 + 4 * 0x60], 0
        mov eax, 0x90000
        mov cr3, eax
        mov eax, cr0
        or eax, ${cr0}
        mov cr0, eax
        jmp flushed
flushed:
${code}
        ${END}
undefined: add dword [esp], 2
        iret
missing: add esp, 4
        add dword [esp], 6
        iret
        align 8
idt_register: dw 8 * 15 - 1
        dd idt
gdt_register: dw 23
        dd gdt
        align 8
gdt:    dq 0, 0x00cf9b000000ffff, 0x00cf93000000ffff
idt:    times 6 dq 0
        dw undefined, 8, 0x8e00, 0
        times 7 dq 0
        dw missing, 8, 0x8e00, 0
`;

function boot(source: string, launch: Readonly<Record<string, unknown>> = {}) {
  const parsed = parseConfiguration({ program: 'g.asm', technique: 'hvm', nestedPaging: false, memory: 4, ...launch });
  assert.ok('config' in parsed, JSON.stringify(parsed));
  const machine = createMachine(parsed.config, { readFile: () => new TextEncoder().encode(source), readInclude: () => undefined });
  return { ...machine, at: (name: string) => machine.assembly?.symbols.find((s) => s.name === name)?.value };
}

/** Run to the end; the events of the instruction at `target`. */
function play(source: string, launch: Readonly<Record<string, unknown>> = {}) {
  const machine = boot(source, launch);
  const { vm } = machine;
  vm.recordEvents = true;
  const stop = vm.run(100_000, 10_000);
  assert.equal(stop.kind, 'exited', JSON.stringify(stop));
  vm.machine.linear.checkShadow();
  const events = vm.events.read().map(({ entry }) => entry);
  const target = events.filter(({ linear }) => linear === machine.at('target'));
  return { vm, events, target, exits: target.filter(isExit) };
}

const real = (code: string) => play(REAL(`target: ${code}`));
const paged = (code: string, cr0?: string) => play(PAGED(code, cr0));

// Real mode is virtual-8086 mode with IOPL 0.

for (const code of ['cli', 'sti', 'pushf', 'hlt', 'int 0x40', 'mov eax, cr0', 'clts', 'lgdt [gdt_register]', 'lidt [0x500]', 'invlpg [0]', 'wbinvd'])
  test(`${code} in real mode: #GP, which exits, and the VMM executes it`, () => {
    const before = code === 'hlt' ? 'mov al, 0xff\nout 0x21, al\nout 0xa1, al\n' : '';
    const machine = boot(REAL(`${before}target: ${code}`));
    machine.vm.recordEvents = true;
    machine.vm.run(100_000, 10_000);
    const [exit] = machine.vm.events
      .read()
      .map(({ entry }) => entry)
      .filter((event) => isExit(event) && event.linear === machine.at('target')) as Exit[];
    assert.deepEqual([exit.reason, exit.vector, exit.interruption], ['EXCEPTION_OR_NMI', 13, 0x80000b0d]);
    assert.match(exit.sentence, /real mode is virtual-8086 mode here, with IOPL 0.* The VMM executed the instruction as real mode would\.$/);
  });

test('what does not look at flags or rings runs directly: segment loads, far calls, SMSW, SGDT', () => {
  for (const code of [
    'mov ax, 0x1000\ntarget: mov es, ax',
    'jmp past\nback1: retf\npast:\ntarget: call 0:back1',
    'target: smsw ax',
    'target: sgdt [0x600]',
    'target: push cs\npop ax',
  ]) {
    const { exits } = play(REAL(code));
    assert.deepEqual(
      exits.filter(({ vector }) => vector !== 14),
      [],
      code,
    );
  }
});

test('ports, CPUID and debug registers leave for reasons of their own', () => {
  assert.deepEqual(
    real('in al, 0x80').exits.map(({ reason }) => reason),
    ['IO_INSTRUCTION'],
  );
  assert.deepEqual(
    real('cpuid').exits.map(({ reason }) => reason),
    ['CPUID'],
  );
  assert.deepEqual(
    real('mov eax, dr7').exits.map(({ reason }) => reason),
    ['DR_ACCESS'],
  );
});

test('INT3 exits as itself; an exception of real mode is the VMM’s to deliver', () => {
  const { exits, target } = play(REAL('mov word [12], back\nmov word [14], 0\ntarget: int3'));
  assert.deepEqual(
    exits.map(({ vector, interruption }) => [vector, interruption]),
    [[3, 0x80000603]],
  );
  assert.match(target.find(({ kind }) => kind === 'injection')!.sentence, /^The VMM delivers #BP.* as real mode does/);
  const undefined_ = real('ud2');
  assert.deepEqual(
    undefined_.exits.map(({ vector }) => vector),
    [6],
  );
  const [injection] = undefined_.target.filter(({ kind }) => kind === 'injection');
  assert.match(injection.sentence, /^The VMM delivers #UD.* as real mode does/);
});

test('with segments that VM entry refuses, the VMM executes the guest', () => {
  const unreal = `cli
        lgdt [gdt_register]
        mov eax, cr0
        or al, 1
        mov cr0, eax
        mov bx, 16
early:  mov ds, bx
        and al, 0xfe
        mov cr0, eax
        mov ebx, 0x120000
target: mov [ebx], eax
        mov ecx, [ebx]`;
  const machine = boot(REAL(unreal));
  machine.vm.recordEvents = true;
  assert.equal(machine.vm.run(100_000, 10_000).kind, 'exited');
  const at = (name: string) =>
    machine.vm.events
      .read()
      .map(({ entry }) => entry)
      .filter(({ linear }) => linear === machine.at(name));
  // Protected mode before its first far jump: CS is no code segment.
  assert.deepEqual(
    at('early').map(({ kind, reason }) => [kind, reason]),
    [['callout', 'segments']],
  );
  assert.deepEqual(
    at('target')
      .filter(({ kind }) => kind !== 'shadowFill')
      .map(({ kind, reason }) => [kind, reason]),
    [['callout', 'segments']],
  );
  assert.equal(machine.vm.readPhysical(0x120000, 1)[0], machine.vm.readRegister('cl'));
});

test('the VMCS shows what the processor holds, the read shadows what the guest believes', () => {
  const { vm } = boot(REAL('target: nop'));
  vm.run(12, 10_000);
  const field = (name: string) => vm.vmcs()!.fields.find((f) => f.name === name)!.value;
  assert.deepEqual(vm.vmcs()!.failures, []);
  assert.equal(Number.parseInt(field('guestCr0'), 16) & 0x80010001, 0x80010001 | 0);
  assert.equal(Number.parseInt(field('cr0Shadow'), 16) & 0x80010001, 0);
  assert.equal(Number.parseInt(field('guestEflags'), 16) & 0x23000, 0x20000);
  assert.equal(field('guestDsAccessRights'), '000000F3h');
  assert.equal(field('exceptionBitmap'), 'FFFFFFFFh');
  assert.equal(vm.hardwareRegister('eflags')! & 0x20000, 0x20000);
  assert.equal(vm.hardwareRegister('cr0')! & 0x80000001, 0x80000001 | 0);
  assert.equal(vm.readRegister('cr0')! & 0x80000001, 0);
});

// Memory.

test('CR3 loads and stores and INVLPG exit', () => {
  assert.deepEqual(
    paged('mov eax, 0x90000\ntarget: mov cr3, eax').exits.map(({ reason, qualification }) => [reason, qualification]),
    [['CR_ACCESS', 0x003]],
  );
  const store = paged('target: mov ebx, cr3\nmov [0x500], ebx');
  assert.deepEqual(
    store.exits.map(({ reason, qualification }) => [reason, qualification]),
    [['CR_ACCESS', 0x313]],
  );
  assert.equal(new DataView(store.vm.readPhysical(0x500, 4).slice().buffer).getUint32(0, true), 0x90000, 'the guest sees its own');
  assert.deepEqual(
    paged('target: invlpg [0x50000]').exits.map(({ reason, qualification }) => [reason, qualification]),
    [['INVLPG', 0x50000]],
  );
});

test('the first access to a page exits for a page fault that the guest never hears of', () => {
  const { target, exits } = paged('target: mov eax, [0x40000]');
  assert.deepEqual(
    exits.map(({ vector, qualification }) => [vector, qualification]),
    [[14, 0x40000]],
  );
  assert.match(exits[0].sentence, /The VMM filled the entry of its shadow page table/);
  assert.deepEqual(
    target.map(({ kind }) => kind),
    ['vmExit', 'vmEntry', 'hiddenFault', 'shadowFill'],
  );
});

test('a fault of the guest’s own tables exits too, and is injected', () => {
  const { target } = paged('target: mov ecx, [dword 0x60000]');
  assert.deepEqual(
    target.map(({ kind }) => kind),
    // Nothing has touched the stack's page: pushing the frame is a hidden fault, with IDT-vectoring information.
    ['vmExit', 'injection', 'vmEntry', 'guestFault', 'vmExit', 'injection', 'vmEntry', 'hiddenFault', 'shadowFill'],
  );
  assert.match(target[0].sentence, /found that #PF is the guest’s own/);
});

test('a store into a page table exits, and the VMM makes it: one exit an instruction', () => {
  const { exits, target } = paged('mov eax, [0x40000]\nmov eax, [0x91100]\ntarget: and dword [0x91000 + 4 * 0x40], -3\nmov eax, [0x40000]');
  assert.deepEqual(
    exits.map(({ vector, qualification }) => [vector, qualification]),
    [[14, 0x91100]],
  );
  assert.match(exits[0].sentence, /The VMM made the store/);
  assert.ok(target.some(({ kind }) => kind === 'tracedWrite'));
});

test('without CR0.WP a supervisor stores to read-only pages, and user code does not', () => {
  const { vm } = paged('mov eax, [0x50000]\nmov dword [0x50000], 7\nmov ebx, [0x50000]\nmov dword [0x50004], 8', '0x80000000');
  assert.equal(vm.readRegister('ebx'), 7);
  assert.equal(vm.readPhysical(0x50004, 1)[0], 8);
  const shadow = vm.machine.linear.shadow!;
  assert.equal(shadow.present(0x50000, true), 0, 'a page lent to the supervisor is none of the user’s');
  assert.equal(vm.machine.linear.translate(0x50000, { write: false, user: true }).kind, 'page');
  assert.notEqual(shadow.present(0x50000, true), 0);
  vm.machine.linear.checkShadow();
  const { events } = paged('target: mov [dword 0x50000], ecx', '0x80010000');
  assert.equal(events.filter(({ kind }) => kind === 'guestFault').length, 1, 'with WP it faults');
});

// The processor.

test('it has no controls of later ones', () => {
  for (const [name, value] of Object.entries({ monitorTrapFlag: true, activatePreemptionTimer: true, activateSecondaryControls: true })) {
    const { vm } = boot(REAL('nop'), { vmcs: { [name]: value } });
    const stop = vm.run(1000, 10_000);
    assert.ok(stop.kind === 'entryFailure' && /must be 0: this processor does not have them/.test(stop.causes.join(' ')), name);
  }
  const { vm } = boot(REAL('nop'), { vmcs: { cr3LoadExiting: false } });
  const stop = vm.run(1000, 10_000);
  assert.ok(stop.kind === 'entryFailure' && /bits 8000h must be 1/.test(stop.causes.join(' ')));
});

test('breakpoints on an exit for a page fault leave the instruction undone, and stop once', () => {
  const machine = boot(PAGED('target: mov dword [0x40000], 5'));
  const { vm } = machine;
  vm.setEventStops([{ kind: 'vmExit', reason: 'EXCEPTION_OR_NMI' }]);
  let stop = vm.run(100_000, 10_000);
  while (stop.kind === 'event' && stop.event.linear !== machine.at('target')) stop = vm.run(100_000, 10_000);
  assert.ok(stop.kind === 'event' && stop.event.vector === 14);
  assert.equal(vm.readRegister('eip'), machine.at('target'));
  assert.equal(vm.readPhysical(0x40000, 1)[0], 0);
  vm.setEventStops([]);
  assert.equal(vm.run(100_000, 10_000).kind, 'exited');
  assert.equal(vm.readPhysical(0x40000, 1)[0], 5);
});
