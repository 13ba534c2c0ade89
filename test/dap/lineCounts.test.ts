import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { createMachine } from '../../src/machine/machine';
import { DapClient } from './dapClient';

const FILE = 'examples/trap.asm';
const source = fs.readFileSync(FILE, 'utf8');

test('after a run, events are counted at their source lines', async () => {
  const client = new DapClient((config) => createMachine(config, { readFile: () => new TextEncoder().encode(source), readInclude: () => undefined }));
  await client.start({ program: path.resolve(FILE), technique: 'trap', stopOnEntry: false });
  await client.event('exited');
  const { technique, lines } = await client.request('ringside/lineCounts', {});
  assert.equal(technique, 'trap');
  const at = (pattern: RegExp) => lines.find((l: { line: number }) => pattern.test(source.split('\n')[l.line - 1]))?.counts;
  const text = /done:\s+db "(.*)", 10, 0/.exec(source)![1];
  assert.equal(at(/^\s*out 0xe9, al/).trap, text.length + 1);
  assert.equal(at(/^\s*smsw ax/).silent, 1);
  assert.equal(at(/^\s*add ebx, ecx/), undefined);
});
