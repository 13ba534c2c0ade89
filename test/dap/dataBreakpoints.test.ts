/** Data breakpoints on the real machine: stops behind the access, once, for the right kind of access, whatever instruction makes it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMachine } from '../../src/machine/machine';
import { TECHNIQUES } from '../../src/protocol/techniques';
import { DapClient } from './dapClient';

const SOURCE = `org 0x7c00
start:
  xor ax, ax
  mov ds, ax
  mov es, ax
  mov ss, ax
  mov sp, 0x7c00
  mov bx, var
  mov word [var], 0x1234
  mov dx, [var]
  inc word [var]
  call work
  mov di, table
  mov cx, 8
  mov al, 0x55
  rep stosb
  cli
  mov al, 0
  out 0xf4, al
work:
  ret
var: dw 0
table: times 8 db 0
`;
const PATH = '/guest/watch.asm';
const lineOf = (text: string) => SOURCE.split('\n').indexOf(text) + 1;

async function begin(technique: string): Promise<DapClient> {
  const files = { readFile: () => new TextEncoder().encode(SOURCE), readInclude: () => undefined };
  const client = new DapClient((config) => createMachine(config, files));
  await client.start({ program: PATH, technique, memory: 2 });
  await client.event('stopped');
  return client;
}

const watch = async (client: DapClient, name: string, accessType: string, more: object = {}) => {
  const { dataId, accessTypes } = await client.request('dataBreakpointInfo', { name, ...more });
  assert.deepEqual(accessTypes, ['read', 'write', 'readWrite']);
  return { dataId, accessType };
};

for (const { id } of TECHNIQUES) {
  test(`${id}: a write, a read-modify-write, and no read`, async () => {
    const client = await begin(id);
    const { breakpoints } = await client.request('setDataBreakpoints', { breakpoints: [await watch(client, 'word [var]', 'write')] });
    assert.equal(breakpoints[0].verified, true);
    const first = await client.go('continue');
    assert.equal(first.reason, 'data breakpoint');
    assert.deepEqual(first.hitBreakpointIds, [breakpoints[0].id]);
    assert.match(first.text, /^mov word \[.*\],0x1234 at 0x.* wrote 2 bytes at 0x.*: 0x0000 → 0x1234$/);
    assert.equal(await client.line(), lineOf('  mov dx, [var]'));
    const second = await client.go('continue');
    assert.match(second.text, /^inc .* wrote .*: 0x1234 → 0x1235$/);
    await client.request('continue', { threadId: 1 });
    await client.event('terminated');
  });

  test(`${id}: reads, by a register's target, with a condition`, async () => {
    const client = await begin(id);
    for (let i = 0; i < 7; i++) await client.go('next');
    const both = [await watch(client, 'bx', 'read', { bytes: 2 }), { ...(await watch(client, 'word [var]', 'readWrite')), condition: 'dx == 1' }];
    await client.request('setDataBreakpoints', { breakpoints: both });
    const stop = await client.go('continue');
    assert.match(stop.text, /^mov dx,.* read 2 bytes/);
    assert.equal((await client.request('evaluate', { expression: 'dx' })).result, '0x1234 (4660)');
    await client.request('continue', { threadId: 1 });
    await client.event('terminated');
  });

  test(`${id}: in the middle of a repeated instruction, and by the push of a call`, async () => {
    const client = await begin(id);
    await client.request('setDataBreakpoints', {
      breakpoints: [
        await watch(client, 'table+3', 'write', { bytes: 1, asAddress: true }),
        await watch(client, '0x7bfe', 'write', { bytes: 2, asAddress: true, mode: 'physical' }),
      ],
    });
    assert.match((await client.go('continue')).text, /^call .* wrote 2 bytes at physical 0x00007bfe/);
    assert.equal(await client.line(), lineOf('  ret'));
    assert.match((await client.go('continue')).text, /^rep stosb .* 0x00 → 0x55$/);
    assert.equal((await client.request('evaluate', { expression: 'cx' })).result, '0x0004');
    await client.request('continue', { threadId: 1 });
    await client.event('terminated');
  });
}

test('what names no memory says so; a forged id is refused by itself', async () => {
  const client = await begin('bare');
  const info = await client.request('dataBreakpointInfo', { name: '1 + 2' });
  assert.equal(info.dataId, null);
  assert.match(info.description, /names no memory/);
  assert.match((await client.response('dataBreakpointInfo', { name: 'nonsense' })).message, /nonsense is not a register/);
  const { breakpoints } = await client.request('setDataBreakpoints', { breakpoints: [{ dataId: 'linear:0x0:99999999' }, { dataId: 'linear:0x500:4' }] });
  assert.deepEqual(
    breakpoints.map((b: { verified: boolean }) => b.verified),
    [false, true],
  );
});
