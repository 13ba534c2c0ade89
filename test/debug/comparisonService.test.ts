import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UserError } from '../../src/base/userError';
import { serveComparison } from '../../src/debug/comparisonService';
import { createMachine } from '../../src/machine/machine';
import type { FileAccess } from '../../src/machine/program';
import type { CompareMessage, CompareRequest } from '../../src/protocol/comparison';

const SOURCE = `org 0x7c00
    smsw ax
    mov bx, ax
    mov dx, 0xf4
    mov al, 0
    out dx, al
`;

const files = (source: string): FileAccess => ({
  readFile(path) {
    if (path !== '/a.asm') throw new UserError('file.ENOENT', `${path}: no such file`);
    return new TextEncoder().encode(source);
  },
  readInclude: () => undefined,
});

async function compare(request: Partial<CompareRequest>, source = SOURCE): Promise<CompareMessage[]> {
  const messages: CompareMessage[] = [];
  let time = 0;
  await serveComparison(
    { attributes: { program: '/a.asm', kind: 'flat' }, techniques: ['bare', 'trap', 'bt'], ...request },
    { create: (config) => createMachine(config, files(source)), now: () => time++, post: (message) => messages.push(message) },
  );
  return messages;
}

test('every technique, then the search for what differs, then the report', { timeout: 60_000 }, async () => {
  const messages = await compare({});
  assert.deepEqual(
    messages.map((m) => (m.kind === 'progress' ? `${m.technique} ${m.phase}` : m.kind)),
    ['bare run', 'trap run', 'bt run', 'trap divergence', 'done'],
  );
  const last = messages.at(-1)!;
  assert.ok(last.kind === 'done');
  const [{ technique, divergence }, ...others] = last.report.verdicts;
  assert.deepEqual([technique, others.length, divergence?.instructionNumber, divergence?.instruction, divergence?.source], ['trap', 0, '1', 'smsw ax', 'a.asm:2']);
  assert.ok(divergence?.registers.some(({ name }) => name === 'eax'));
  assert.match(divergence?.cause ?? '', /SMSW/);
});

test('a guest that never ends is stopped at the limit', { timeout: 60_000 }, async () => {
  const last = (await compare({ attributes: { program: '/a.asm', kind: 'flat', maxInstructions: 5000, persist: true } }, 'org 0x7c00\njmp $\n')).at(-1)!;
  assert.ok(last.kind === 'done');
  assert.deepEqual(last.report.rows[0].cells, ['instruction limit', 'instruction limit', 'instruction limit']);
  assert.deepEqual(last.report.verdicts, []);
});

test('errors of the source are refused with their places', async () => {
  const [, last] = await compare({}, 'org 0x7c00\n  mov ax, nowhere\n');
  assert.ok(last.kind === 'refused');
  assert.match(last.message, /\/a\.asm has an error/);
  assert.deepEqual(
    last.problems.map(({ path, line, severity }) => [path, line, severity]),
    [['/a.asm', 2, 'error']],
  );
});

test('a wrong attribute or file is refused by name', async () => {
  for (const [attributes, pattern] of [
    [{ program: '/a.asm', memroy: 4 }, /"memroy" is not a launch attribute; did you mean "memory"/],
    [{}, /"program" is missing/],
    [{ program: '/b.asm' }, /\/b\.asm: no such file/],
  ] as const) {
    const last = (await compare({ attributes })).at(-1)!;
    assert.ok(last.kind === 'refused');
    assert.match(last.message, pattern);
    assert.deepEqual(last.problems, []);
  }
});
