/** What a view gets of the screen and the wires, over a real connection to a real machine. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeArea } from '../../src/base/pixels';
import { createMachine } from '../../src/machine/machine';
import { DapClient } from './dapClient';

const wrap = (code: string) => `org 0x7c00\n${code}\ntimes 510-($-$$) db 0\ndw 0xaa55\n`;

/** Prints on two wires, draws a pixel in mode 13h, then shows the scan codes of keys as pixels and on COM1. */
const GUEST = wrap(`
  xor ax, ax
  mov ds, ax
  mov ss, ax
  mov sp, 0x7c00
  mov al, 'e'
  out 0xe9, al
  mov dx, 0x3f8
  mov al, '1'
  out dx, al
  mov dx, 0x2f8
  mov al, '2'
  out dx, al
  mov ax, 0x13
  int 0x10
  mov ax, 0xa000
  mov es, ax
  mov byte [es:5], 15
  cli
  mov bx, 6
key:
  in al, 0x64
  test al, 1
  jz key
  in al, 0x60
  mov dx, 0x3f8
  out dx, al
  mov [es:bx], al
  inc bx
  jmp key
`);

async function begin(source: string): Promise<DapClient> {
  const client = new DapClient((config) => createMachine(config, { readFile: () => new TextEncoder().encode(source), readInclude: () => undefined }));
  await client.start({ program: '/guest/boot.asm', technique: 'bare', stopOnEntry: true });
  await client.event('stopped');
  return client;
}

type Event = { port: string; text: string; position: number };

test('wires and picture come as events, the past included; keys go down and up', async () => {
  const client = await begin(GUEST);
  await client.request('ringside/subscribe', { screen: true, serial: true });
  const first = await client.event('ringside/screen');
  assert.deepEqual([first.frame.kind, first.frame.width, first.frame.since, first.rows], ['text', 720, 0, 25]);
  await client.request('continue', { threadId: 1 });
  const printed: Event[] = [];
  while (printed.length < 3) printed.push((await client.event('ringside/serial')) as Event);
  assert.deepEqual(
    printed.sort((a, b) => a.port.localeCompare(b.port)).map(({ port, text, position }) => [port, text, position]),
    [
      ['COM1', '1', 0],
      ['COM2', '2', 0],
      ['E9h', 'e', 0],
    ],
  );
  let frame = first.frame;
  while (frame.kind !== 'graphics') frame = (await client.event('ringside/screen')).frame;
  assert.deepEqual([frame.width, frame.height, frame.fourByThree], [320, 200, true]);
  await client.request('ringside/input', { key: { code: 'KeyA', down: true } });
  await client.request('ringside/input', { key: { code: 'KeyA', down: false } });
  let typed = '';
  while (typed.length < 2) typed += ((await client.event('ringside/serial')) as Event).text;
  assert.equal(typed, '\x1e\x9e', 'make and break');
  await client.request('pause', { threadId: 1 });
  await client.event('stopped');
  const { frame: whole, lines } = await client.request('ringside/screen', { since: 0 });
  assert.deepEqual(lines, [], 'no characters in a graphics mode');
  const pixels = decodeArea(whole.rectangles[0]);
  assert.equal(pixels[5], -1);
  assert.notEqual(pixels[6], pixels[4]);
  const { frame: nothing } = await client.request('ringside/screen', { since: whole.sequence });
  assert.deepEqual(nothing.rectangles, []);
});

test('input that makes no sense is refused by name', async () => {
  const client = await begin(GUEST);
  const refused = async (args: object) => (await client.response('ringside/input', args)).message as string;
  assert.match(await refused({ key: { code: 'KeyÄ', down: true } }), /key\.code "KeyÄ" is no key/);
  assert.match(await refused({ key: { code: 'constructor', down: true } }), /is no key/);
  assert.match(await refused({ key: { code: 'KeyA' } }), /key\.down must be true or false/);
  assert.match(await refused({ mouse: { buttons: 9 } }), /mouse\.buttons must be an integer from 0 to 7/);
  assert.match(await refused({ serial: 'x', port: 'COM9' }), /port must be one of/);
});
