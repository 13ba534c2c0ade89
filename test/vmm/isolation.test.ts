/** Several VMs: whatever the others do, a guest's trace is bit for bit the one it has alone. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import type { Machine } from '../../src/machine/machine';
import type { TechniqueId } from '../../src/protocol/techniques';
import { TECHNIQUES } from '../../src/protocol/techniques';
import { Hypervisor } from '../../src/vmm/hypervisor';
import { boot } from '../guest/play';

const LIMIT = 10_000_000;
const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'ringside-isolation-'));
after(() => fs.rmSync(directory, { recursive: true }));

const source = (name: string, text: string): string => {
  const file = path.join(directory, `${name}.asm`);
  fs.writeFileSync(file, `org 7C00h\nbits 16\n${text}\n`);
  return file;
};

/** A timer at 1 kHz counts while the guest computes, prints and changes mode bits: much to disturb. */
const VICTIM = source(
  'victim',
  `  cli
  xor ax, ax
  mov ds, ax
  mov es, ax
  mov ss, ax
  mov sp, 7C00h
  mov word [8*4], tick
  mov [8*4+2], cs
  mov al, 34h
  out 43h, al
  mov ax, 1193
  out 40h, al
  mov al, ah
  out 40h, al
  sti
  mov bx, 1
again:
  imul bx, bx, 31
  add bx, [ticks]
  mov al, bl
  and al, 0Fh
  add al, 'A'
  out 0E9h, al
  pushf
  pop dx
  mov di, 8000h
  mov cx, 300
  mov ax, bx
  rep stosw
  cmp word [ticks], 2
  jb again
  mov al, 0
  out 0F4h, al
tick:
  push ax
  inc word [ticks]
  mov al, 20h
  out 20h, al
  pop ax
  iret
ticks: dw 0`,
);

const ATTACKERS: Readonly<Record<string, string>> = {
  'triple fault': 'lidt [none]\nint3\nnone: dw 0, 0, 0',
  'loop with interrupts off': 'cli\njmp $',
  'console flood': 'mov al, "x"\nmov dx, 0E9h\nflood: out dx, al\njmp flood',
  'all of memory': 'xor ax, ax\nmov es, ax\nfill: xor di, di\nmov cx, 8000h\nrep stosw\nmov ax, es\nadd ax, 1000h\nmov es, ax\njmp $ - 16',
  'device nonsense': 'xor dx, dx\nnext: in al, dx\nnot al\ncmp dx, 0F4h\nje skip\nout dx, al\nskip: inc dx\njmp next',
  'self-modifying': 'change: inc byte [cs:target+1]\ntarget: mov al, 0\njmp change',
  'reset for ever': 'mov al, 0FEh\nout 64h, al\njmp $',
};
const attackers = Object.entries(ATTACKERS).map(([name, text]) => source(name.replaceAll(' ', '-'), text));

interface Watched {
  readonly machine: Machine;
  trace(): string;
}

/** Every event with its coordinate, all output, and the final state. */
function watch(file: string, technique: TechniqueId): Watched {
  const machine = boot(file, technique);
  const hash = createHash('sha256');
  const printed = createHash('sha256'); // in what pieces output comes is nobody's trace
  machine.vm.recordEvents = true;
  machine.vm.eventSource.on((event) => hash.update(JSON.stringify(event)));
  machine.serial.on((bytes) => printed.update(bytes));
  return { machine, trace: () => hash.copy().update(printed.copy().digest()).update(machine.vm.stateHash()).digest('hex') };
}

const guestOf = (name: string, { vm }: Machine) => ({ name, vm, share: { weight: 256 }, limit: LIMIT });

for (const { id } of TECHNIQUES)
  test(`${id}: the trace of a guest among seven hostile ones is the one it has alone`, () => {
    const alone = watch(VICTIM, id);
    const solo = new Hypervisor([guestOf('victim', alone.machine)]);
    while (!solo.run(1000));
    const victim = watch(VICTIM, id);
    const others = attackers.map((file, i) => boot(file, TECHNIQUES[i % TECHNIQUES.length].id));
    const guests = [...others.slice(0, 4), victim.machine, ...others.slice(4)].map((machine, i) => guestOf(String(i), machine));
    const hypervisor = new Hypervisor(guests);
    while (!hypervisor.endingOf(guests[4])) hypervisor.run(1);
    assert.deepEqual(hypervisor.endingOf(guests[4]), { kind: 'exited', code: 0 });
    assert.equal(victim.machine.vm.retired, alone.machine.vm.retired);
    assert.equal(victim.trace(), alone.trace());
    assert.equal(hypervisor.endingOf(guests[0])?.kind, 'tripleFault');
    assert.equal(hypervisor.endingOf(guests[1]), undefined, 'the endless loop has not ended, and did not keep the victim from ending');
  });

test('no two VMs share memory: a store in one is not seen in another', () => {
  const machines = TECHNIQUES.map(({ id }) => boot(VICTIM, id));
  for (const [i, { vm }] of machines.entries()) vm.writePhysical(0x9000, Uint8Array.of(i + 1));
  assert.deepEqual(
    machines.map(({ vm }) => vm.readPhysical(0x9000, 1)[0]),
    machines.map((_, i) => i + 1),
  );
});
