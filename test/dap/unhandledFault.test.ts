/** A fault in real mode that the guest has no handler for: the user is told of the instruction, not of where the BIOS gave up. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMachine } from '../../src/machine/machine';
import { type Body, DapClient } from './dapClient';

const guest = (body: string): string => `org 0x7c00
  xor ax, ax
  mov ds, ax
  mov ss, ax
  mov sp, 0x7c00
${body}
  cli
  hlt
times 510-($-$$) db 0
dw 0xaa55
`;

const HOOKED = `  mov word [4 * 6], handler
  mov word [4 * 6 + 2], 0
  jmp fault
handler:
  mov bp, sp
  add word [bp], 2
  iret
fault: ud2
  nop`;

async function begin(body: string, attributes: Body, filters: readonly string[] = ['unhandledFault']): Promise<{ client: DapClient; lineOf: (text: string) => number }> {
  const source = guest(body);
  const client = new DapClient((config) => createMachine(config, { readFile: () => new TextEncoder().encode(source), readInclude: () => undefined }));
  await client.start({ program: '/guest/fault.asm', memory: 2, stopOnEntry: false, pace: 'full', ...attributes }, () => client.request('setExceptionBreakpoints', { filters }));
  return { client, lineOf: (text) => source.split('\n').indexOf(text) + 1 };
}

const TECHNIQUES: readonly Body[] = [
  { technique: 'bare' },
  { technique: 'trap' },
  { technique: 'pv' },
  { technique: 'bt' },
  { technique: 'bt', translation: 'optimised' },
  { technique: 'hvm' },
  { technique: 'hvm', nestedPaging: false },
];

for (const attributes of TECHNIQUES)
  test(`${JSON.stringify(attributes)}: stops at the instruction, says which vector and that the BIOS has it; going on ends in its halt`, async () => {
    const { client, lineOf } = await begin('  mov al, 1\n  ud2', attributes);
    const stop = await client.event('stopped');
    assert.deepEqual([stop.reason, stop.description], ['exception', 'Guest fault without a handler: ud2']);
    assert.match(stop.text, /^UD2 raised #UD, .*; the guest has no handler for it: vector 06h still leads to the BIOS’s at F000:[0-9A-F]{4}, which can only give up\.$/);
    assert.equal(await client.line(), lineOf('  ud2'));
    const halted = await client.go('continue');
    assert.deepEqual([halted.reason, halted.description], ['exception', 'Halted']);
    assert.match(halted.text, /^The BIOS halted the machine: Exception 06h \(invalid opcode\) at 0000:7C0B; system halted/);
    await client.request('disconnect');
  });

test('a divide error; the console names it also where nobody stops', async () => {
  const { client, lineOf } = await begin('  xor bx, bx\n  div bx', { technique: 'trap' });
  assert.match((await client.event('stopped')).text, /^DIV raised #DE, .* vector 00h still leads to the BIOS/);
  assert.equal(await client.line(), lineOf('  div bx'));
  await client.request('disconnect');
  const other = await begin('  xor bx, bx\n  div bx', { technique: 'trap' }, []);
  assert.equal((await other.client.event('stopped')).description, 'Halted');
  assert.match(other.client.output('stderr'), /^div bx: DIV raised #DE/m);
  await other.client.request('disconnect');
});

test('run without debugging: the end says what the BIOS said', async () => {
  const { client } = await begin('  ud2', { technique: 'bare', noDebug: true }, []);
  await client.event('terminated');
  assert.match(client.output('stderr'), /^The BIOS halted the machine: Exception 06h/m);
});

for (const [what, body] of [
  ['a handler of the guest’s', HOOKED],
  ['INT n, which is no fault', '  int 0x36'],
  ['a BIOS service', '  mov ax, 0x0e41\n  int 0x10'],
  ['a single step with the BIOS’s handler of #DB', '  pushf\n  pop ax\n  or ah, 1\n  push ax\n  popf\n  nop\n  pushf\n  pop ax\n  and ah, 0xfe\n  push ax\n  popf'],
] as const)
  test(`no stop: ${what}`, async () => {
    const { client } = await begin(body, { technique: 'bare' });
    const stop = await client.event('stopped');
    assert.equal(stop.description, 'Halted');
    assert.doesNotMatch(stop.text, /BIOS/);
    assert.equal(client.output('stderr'), '');
    await client.request('disconnect');
  });
