/** Messages between paravirtualized guests of one hypervisor. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { test } from 'node:test';
import { parseConfiguration } from '../../../src/machine/configuration';
import { createMachine } from '../../../src/machine/machine';
import type { TechniqueId } from '../../../src/protocol/techniques';
import { PostOffice } from '../../../src/vmm/hypercalls/mailbox';
import { Hypervisor } from '../../../src/vmm/hypervisor';

const INCLUDE = fs.readFileSync('examples/kernel/hypercalls.inc');

const FRAME = `bits 32
org 0x8000
        mov esp, 0x7c00
        mov al, 0xff                    ; nothing but messages wakes it
        out 0x21, al
        hypercall HC_SET_TRAP_TABLE, traps, 1
        hypercall HC_SET_SHARED_PAGE, 0x10000, 0x40
        @CODE@
        hypercall HC_SHUTDOWN, 0
wait_for_message:
        hypercall HC_RECEIVE_MESSAGE, buffer, 64
        test eax, eax
        jnz .there
        hypercall HC_HALT
        jmp wait_for_message
.there: ret
event:  mov dword [0x10000 + SHARED_EVENTS], 0
        push eax
        mov eax, HC_IRET
        vmcall
shutdown_with_error:
        neg eax
        mov ebx, eax
        mov eax, HC_SHUTDOWN
        vmcall
traps:  db 0x40, TRAP_MASK_EVENTS
        dw 8
        dd event
buffer: times 64 db 0
`;

const ASKS = `hypercall HC_SEND_MESSAGE, 1, question, 4
        test eax, eax
        js shutdown_with_error
        call wait_for_message
        sub eax, 4
        mov ecx, eax
        hypercall HC_CONSOLE_WRITE, buffer + 4, ecx
        jmp over
question: db "ping"
over:`;

const SENDS = `hypercall HC_SEND_MESSAGE, 1, 0x8000, 4`;

const ANSWERS = `call wait_for_message
        lea edi, [eax - 4]
        mov byte [buffer + 5], 'o'
        mov ebx, [buffer]
        hypercall HC_SEND_MESSAGE, ebx, buffer + 4, edi`;

const FLOODS = `.again:
        hypercall HC_SEND_MESSAGE, 1, 0x8000, 1
        test eax, eax
        jz .again
        jmp shutdown_with_error`;

const TOO_SHORT = `hypercall HC_HALT
        hypercall HC_RECEIVE_MESSAGE, buffer, 7
        cmp eax, -HC_EINVAL
        jne shutdown_with_error
        hypercall HC_RECEIVE_MESSAGE, buffer, 8`;

const NUMBER = `hypercall HC_VM_NUMBER
        mov ebx, eax
        mov eax, HC_SHUTDOWN
        vmcall`;

function create(code: string, technique: TechniqueId = 'pv') {
  const source = `%include "hypercalls.inc"\n${FRAME.replace('@CODE@', code)}`;
  const parsed = parseConfiguration({ program: 'guest.asm', technique, memory: 1 });
  assert.ok('config' in parsed);
  const machine = createMachine(parsed.config, { readFile: () => new TextEncoder().encode(source), readInclude: (path) => ({ path, bytes: INCLUDE }) });
  const printed: number[] = [];
  machine.serial.on((bytes) => void printed.push(...bytes));
  return { name: code, vm: machine.vm, share: { weight: 256 }, limit: 1_000_000, machine, printed };
}

function runTogether(...codes: readonly (string | readonly [string, TechniqueId])[]) {
  const office = new PostOffice();
  const guests = codes.map((code) => (typeof code === 'string' ? create(code) : create(...code)));
  for (const { machine } of guests) machine.joinMessages(office);
  const hypervisor = new Hypervisor(guests);
  for (let turns = 0; !hypervisor.run(100); turns++) assert.ok(turns < 1000, 'they do not end');
  return guests.map((guest) => ({ ending: hypervisor.endingOf(guest), text: String.fromCharCode(...guest.printed) }));
}

const exited = (code: number) => ({ kind: 'exited', code });

test('a question and its answer', () => {
  const [asks, answers] = runTogether(ASKS, ANSWERS);
  assert.deepEqual([asks.ending, asks.text], [exited(0), 'pong']);
  assert.deepEqual(answers.ending, exited(0));
});

test('alone, to itself, and to one that makes no hypercalls: no such device', () => {
  const { vm } = create(ASKS);
  assert.deepEqual(vm.run(10_000, 10_000), exited(19));
  assert.deepEqual(runTogether(['nop', 'trap'], ASKS)[1].ending, exited(19));
  assert.deepEqual(runTogether(ASKS, ['nop', 'trap'])[0].ending, exited(19));
});

test('who does not read cannot be flooded, and loses nothing to a buffer that is too short', () => {
  assert.deepEqual(runTogether(FLOODS, 'hypercall HC_HALT')[0].ending, exited(11));
  assert.deepEqual(runTogether(SENDS, TOO_SHORT)[1].ending, exited(0));
});

test('numbers are those of the order in which VMs came', () => {
  assert.deepEqual(
    runTogether(NUMBER, ['hlt', 'bare'], NUMBER).map(({ ending }) => ending?.kind === 'exited' && ending.code),
    [0, false, 2],
  );
});
