/** Flat binaries run where they were put: in real mode, in a segment of their own, and in flat protected mode. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assemble } from '../../src/asm/assemble';
import { parseConfiguration } from '../../src/machine/configuration';
import { createMachine } from '../../src/machine/machine';
import { TECHNIQUES } from '../../src/protocol/techniques';

/** Prints a text by its address in the program, and leaves with 7. */
const program = (origin: number, bits: 16 | 32) => `
  org ${origin}
  bits ${bits}
  jmp over
text: db 'ok'
over: mov al, [text]
  out 0xe9, al
  mov al, [text + 1]
  out 0xe9, al
  mov al, 7
  out 0xf4, al
  hlt`;

const assembled = (origin: number, bits: 16 | 32): Uint8Array => {
  const { bytes, diagnostics } = assemble(program(origin, bits), { path: 'a.asm', readFile: () => undefined });
  assert.deepEqual(diagnostics, []);
  return bytes;
};

const run = (attributes: object, bytes: Uint8Array) => {
  const parsed = parseConfiguration({ program: 'a.bin', kind: 'flat', memory: 4, ...attributes });
  assert.ok('config' in parsed);
  const { vm, serial } = createMachine(parsed.config, { readFile: () => bytes, readInclude: () => undefined });
  let printed = '';
  serial.on((sent) => {
    printed += new TextDecoder().decode(sent);
  });
  return [vm.run(1000, 1000), printed];
};

/** MOV AX, CS; MOV DS, AX: DS is 0 in real mode. */
const SET_DS = [0x8c, 0xc8, 0x8e, 0xd8];

const PLACES: readonly [what: string, attributes: object, bits: 16 | 32, origin: number, before: readonly number[]][] = [
  ['at 8000h, in real mode', { loadAddress: '0x8000' }, 16, 0x8000, []],
  ['at 12340h, in a segment that begins there', { loadAddress: '0x12340' }, 16, SET_DS.length, SET_DS],
  ['at 200000h, in protected mode', { loadAddress: '200000h', bits: 32 }, 32, 0x200000, []],
];

for (const { id } of TECHNIQUES)
  for (const [what, attributes, bits, origin, before] of PLACES)
    test(`a flat binary ${what} (${id})`, () => {
      const bytes = Uint8Array.of(...before, ...assembled(origin, bits));
      assert.deepEqual(run({ ...attributes, technique: id }, bytes), [{ kind: 'exited', code: 7 }, 'ok']);
    });
