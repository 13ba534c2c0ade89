import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SystemResponse } from '../../src/protocol/systemState';
import { createMachine } from '../../src/machine/machine';
import { DapClient } from './dapClient';

const SOURCE = `bits 32
org 0x8000
start:
  lgdt [gdtr]
  jmp 8:here
here:
  mov ax, 16
  mov ss, ax
  mov ax, 24
  ltr ax
  mov eax, 0x12345678
  mov cr2, eax
  in al, 0x21
  hlt
gdt: dq 0, 0x00cf9a000000ffff, 0x00cf92000000ffff
  dw 103, tss
  db 0, 0x89, 0, 0
gdtr: dw gdtr - gdt - 1
  dd gdt
tss: dd 0, 0x7000, 16
  times 92 db 0
`;

async function at(technique: string, breakpoint: string): Promise<DapClient> {
  const files = { readFile: () => new TextEncoder().encode(SOURCE), readInclude: () => undefined };
  const client = new DapClient((config) => createMachine(config, files));
  await client.start({ program: '/guest/k.asm', kind: 'flat', technique });
  await client.event('stopped');
  await client.request('setFunctionBreakpoints', { breakpoints: [{ name: breakpoint }] });
  await client.go('continue');
  return client;
}

const system = async (client: DapClient): Promise<SystemResponse> => (await client.request('ringside/system')) as SystemResponse;

test('registers bit by bit, tables, task and devices', async () => {
  const client = await at('bare', 'insn:in');
  const { mode, registers, segments, tables, task, devices } = await system(client);
  assert.equal(mode, 'protected mode, ring 0');
  const cr0 = registers.find((r) => r.name === 'cr0');
  assert.equal(cr0?.fields.find((f) => f.name === 'PE')?.value, 1);
  assert.equal(cr0?.fields.find((f) => f.name === 'PG')?.value, 0);
  assert.equal(registers.find((r) => r.name === 'cr2')?.value, 0x12345678);
  assert.deepEqual(
    registers.find((r) => r.name === 'dr7')?.fields.find((f) => f.name === 'LEN3'),
    { name: 'LEN3', meaning: 'DR3: 0 one byte, 1 two, 3 four', low: 30, width: 2, value: 0 },
  );
  assert.equal(segments.find((s) => s.name === 'cs')?.text, '32-bit code, readable, DPL 0');
  assert.deepEqual(
    tables[0].entries.map((e) => e.name),
    ['0000h', '0008h', '0010h', '0018h'],
  );
  assert.match(tables[0].entries[3].text, /32-bit TSS, busy/);
  assert.equal(task?.fields.find((f) => f.name === 'ESP0')?.value, '00007000h');
  assert.deepEqual(
    devices.map((d) => d.name),
    ['pic', 'pit', 'localApic', 'ioApic'],
  );
});

test('what the silicon holds is said where it differs', async () => {
  const { registers, segments, tables } = await system(await at('trap', 'insn:in'));
  const cr0 = registers.find((r) => r.name === 'cr0');
  assert.deepEqual([cr0?.hardware, cr0?.hardwareMeaning], [0x80010031, 'the VMM has the processor in protected mode, with paging of its own']);
  const cs = segments.find((s) => s.name === 'cs');
  assert.deepEqual([cs?.selector, cs?.hardware, cs?.hardwareMeaning], [8, 0xb, 'its RPL is the ring that the guest’s kernel really runs in, 3']);
  assert.equal(segments.find((s) => s.name === 'es')?.hardware, undefined);
  assert.deepEqual(tables[0].hardware, { base: 0xffc01000, limit: tables[0].limit, meaning: 'the VMM’s shadow of the guest’s GDT, with other privileges' });
  const bare = await system(await at('bare', 'insn:in'));
  assert.ok([...bare.registers, ...bare.segments].every((r) => r.hardware === undefined));
});

test('devices follow the guest; looking changes nothing', async () => {
  const client = await at('bare', 'insn:hlt');
  const hash = async () => (await client.request('evaluate', { expression: 'eip' })).result;
  const before = await hash();
  const first = await system(client);
  assert.deepEqual(await system(client), first);
  assert.equal(await hash(), before);
  const imr = first.devices[0].rows.find((r) => r.name === 'Master IMR');
  assert.match(imr?.meaning ?? '', /^let through: /);
});
