/** Trap-and-emulate with the guest's kernel at CPL 1: what differs from CPL 3, by the silicon's rules. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseConfiguration } from '../../src/machine/configuration';
import { createMachine } from '../../src/machine/machine';

function start(body: string, launch: Readonly<Record<string, unknown>> = {}) {
  const parsed = parseConfiguration({ program: 'g.asm', technique: 'trap', ringCompression: true, memory: 2, ...launch });
  assert.ok('config' in parsed, 'problems' in parsed ? parsed.problems.join() : '');
  const source = `bits 32
org 0x8000
        lgdt [gdt_register]
        lidt [idt_register]
        ${body}
finish: mov al, 0
        out 0xf4, al
user:   mov ecx, 5
        int3
here:   dd 0
        align 8
gdt:    dq 0, 0x00cf9b000000ffff, 0x00cf93000000ffff, 0x00cffb000000ffff, 0x00cff3000000ffff
        dw 103, tss, 0x8900, 0          ; 28h
tss:    dd 0, 0x7800, 0x10
        times 92 db 0
gdt_register: dw 47
        dd gdt
idt_register: dw 8 * 4 - 1
        dd idt
        align 8
idt:    times 3 dq 0
        dw finish, 8, 0xee00, 0
`;
  const { vm } = createMachine(parsed.config, { readFile: () => new TextEncoder().encode(source), readInclude: () => undefined });
  vm.recordEvents = true;
  const stop = vm.run(10_000, 10_000);
  const silent = vm.events
    .read()
    .flatMap(({ entry }) => (entry.kind === 'silent' ? [`${entry.mnemonic}: ${entry.differences.map((d) => `${d.what} ${d.is} ${d.bare}`).join(', ')}`] : []));
  return { vm, stop, silent };
}

test('selectors show ring 1', () => {
  const { silent, stop } = start('mov ax, cs\nmov [here], eax');
  assert.equal(stop.kind, 'exited');
  assert.deepEqual(silent, ['mov: EAX 00000009h 00000008h']);
});

test('IRET reaches ring 3 without the VMM, and leaves IF behind', () => {
  const outward = 'mov ax, 0x28\nltr ax\npush 0x23\npush 0x7000\npush 0x202\npush 0x1b\npush user\niretd';
  const { silent, vm, stop } = start(outward);
  assert.equal(stop.kind, 'exited');
  assert.deepEqual(silent, ['iretd: IF 0 1']);
  assert.equal(vm.readRegister('ecx'), 5, 'user code ran');
  assert.deepEqual(start(outward, { ringCompression: false }).silent, [], 'from CPL 3 it traps');
});

test('the silicon is in ring 1, and its segments end below the VMM', () => {
  const { vm } = start('mov eax, [0xffc00000]\nhlt');
  assert.equal(vm.hardwareRegister('cpl'), 1);
  assert.equal((vm.hardwareRegister('ss') ?? 0) & 3, 1);
  const trap = vm.events.read().find(({ entry }) => entry.kind === 'trap' && entry.reason === '#GP');
  assert.ok(trap, 'an access above is #GP by the limit, not #PF');
});

test('one shadow root for kernel and user code', () => {
  const { vm } = start('mov eax, [here]');
  const fills = vm.events.read().flatMap(({ entry }) => (entry.kind === 'shadowFill' ? [entry.view] : []));
  assert.ok(fills.length > 0 && fills.every((view) => view === 'shared'));
});

test('a 386 cannot have it, and the message says why', () => {
  assert.throws(() => start('', { cpu: '386' }), /CR0\.WP/);
});
