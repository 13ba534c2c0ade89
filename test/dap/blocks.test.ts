import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BlockDetail, BlockRow, ExitRow } from '../../src/protocol/requests';
import { createMachine } from '../../src/machine/machine';
import { DapClient } from './dapClient';

/** Three blocks in a ring; the middle one is rewritten in every round. */
const SOURCE = `org 0x7c00
start:
  xor ax, ax
  mov ds, ax
  mov cx, 400
  jmp again
again:
  add bx, byte 1
  jmp middle
middle:
  nop
  jmp last
last:
  cmp cx, 3
  ja .next
  inc byte [again + 2]
  nop
.next:
  loop again
  hlt
times 510-($-$$) db 0
dw 0xaa55
`;

const AGAIN = 0x7c09;

async function begin(attributes: object, source = SOURCE): Promise<DapClient> {
  const files = { readFile: () => new TextEncoder().encode(source), readInclude: () => undefined };
  const client = new DapClient((config) => createMachine(config, files));
  await client.start({ program: '/guest/boot.asm', ...attributes });
  await client.event('stopped');
  return client;
}

const KERNEL = `bits 16
org 0x7c00
  cli
  lgdt [gdt_register]
  mov eax, cr0
  or al, 1
  mov cr0, eax
  jmp 8:kernel
bits 32
kernel:
  mov ax, 16
  mov ds, ax
  cli
  jmp end
end:
  hlt
gdt: dq 0, 0x00cf9a000000ffff, 0x00cf92000000ffff
gdt_register: dw 23
  dd gdt
times 510-($-$$) db 0
dw 0xaa55
`;

for (const [technique, ring] of [
  ['trap', 3],
  ['bare', 0],
] as const)
  test(`${technique}: blocks and events name code by the selector that the guest has, and blocks say what the silicon has`, async () => {
    const client = await begin({ technique }, KERNEL);
    await client.request('setFunctionBreakpoints', { breakpoints: [{ name: 'end' }] });
    await client.go('continue');
    const { rows } = await client.request('ringside/exits', {});
    const cli = rows.find(({ mnemonic, codeSize }: ExitRow) => mnemonic === 'cli' && codeSize === 32);
    assert.equal(cli.cs, 8);
    const { blocks } = await client.request('ringside/blocks');
    const block = blocks.find(({ linear, length }: BlockRow) => cli.linear >= linear && cli.linear < linear + length);
    assert.deepEqual([block.cs, block.hardwareCs], [8, ring === 0 ? undefined : 8 | ring]);
  });

const lineOf = (text: string) => SOURCE.split('\n').indexOf(text) + 1;

for (const translation of ['textbook', 'optimised'])
  test(`bt, ${translation}: the guest stops behind the instruction that has a block thrown away`, async () => {
    const client = await begin({ technique: 'bt', translation });
    const { breakpoints } = await client.request('setFunctionBreakpoints', { breakpoints: [{ name: `invalidated:${AGAIN}` }] });
    assert.equal(breakpoints[0].verified, true);
    const { reason, hitBreakpointIds } = await client.go('continue');
    assert.deepEqual({ reason, hit: hitBreakpointIds }, { reason: 'function breakpoint', hit: [breakpoints[0].id] });
    assert.equal(await client.line(), lineOf('.next:') - 1);
    const { blocks } = await client.request('ringside/blocks');
    assert.match(blocks.find((b: BlockRow) => b.linear === AGAIN && b.state === 'invalidated').invalidatedBy, /store|written|wrote/);
    await client.go('continue');
    assert.equal(await client.line(), lineOf('.next:') - 1, 'once a round');
  });

test('bt: the guest stops before a block that was translated', async () => {
  const client = await begin({ technique: 'bt' });
  await client.request('setFunctionBreakpoints', { breakpoints: [{ name: 'event:blockTranslated' }] });
  for (let i = 0; i < 4; i++) {
    await client.go('continue');
    const { stackFrames } = await client.request('stackTrace', { threadId: 1 });
    const { blocks } = await client.request('ringside/blocks');
    const here = blocks.find((b: BlockRow) => b.linear === Number(stackFrames[0].instructionPointerReference));
    assert.equal(here?.hits, 0, JSON.stringify(stackFrames[0]));
  }
});

test('WebAssembly of a block says which instruction each line is for', async () => {
  const client = await begin({ technique: 'bare', translate: 'eager' });
  await client.request('setFunctionBreakpoints', { breakpoints: [{ name: 'last' }] });
  await client.go('continue');
  await client.go('continue');
  const { blocks } = await client.request('ringside/blocks');
  const { id } = blocks.find((b: BlockRow) => b.linear === AGAIN && b.tier === 1);
  const detail: BlockDetail = (await client.request('ringside/block', { id })) as BlockDetail;
  const [region] = detail.regions;
  assert.equal(region.origins.length, region.webAssembly.length);
  const [add] = detail.instructions;
  assert.equal(add.text, 'add bx,0x1');
  assert.ok(region.webAssembly.some((line, i) => region.origins[i] === add.eip && line.includes('local.set $ebx')));
});

test('what is known only once it has happened stops the guest behind it', async () => {
  const client = await begin({ technique: 'trap' });
  await client.request('setFunctionBreakpoints', { breakpoints: [{ name: 'event:hiddenFault' }] });
  const { description, text } = await client.go('continue');
  assert.match(description, /hiddenFault/);
  assert.ok(text.length > 10);
  const { rows } = await client.request('ringside/exits', { kinds: ['hiddenFault'] });
  const before = rows.length;
  await client.go('continue');
  assert.equal((await client.request('ringside/exits', { kinds: ['hiddenFault'] })).rows.length, before + 1);
});
