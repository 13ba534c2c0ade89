/** The nanobenchmarks of Adams & Agesen 2006: what our events predict keeps the paper's orderings. Deterministic: counts, not time. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { type Attributes, predictedWinner, publishedWinner, runNanobenchmarks } from '../../src/debug/nanobench';
import { ATTRIBUTES, parseConfiguration } from '../../src/machine/configuration';
import { createMachine } from '../../src/machine/machine';
import { NANOBENCHMARKS } from '../../src/vmm/cost/nanobenchmarks';

const FOLDER = path.join(process.cwd(), 'bench/nano');
const read = (name: string): Uint8Array => new Uint8Array(fs.readFileSync(path.join(FOLDER, path.basename(name))));

function create(guest: string, attributes: Attributes) {
  const parsed = parseConfiguration({ program: guest, ...attributes });
  assert.ok('config' in parsed, JSON.stringify(parsed));
  return createMachine(parsed.config, { readFile: read, readInclude: (name) => ({ path: name, bytes: read(name) }) });
}

const OPTIMISED = ATTRIBUTES.some(({ name }: { readonly name: string }) => name === 'translation');

test('the orderings of the paper come out of composed predictions', async () => {
  const results = await runNanobenchmarks({ create, translation: OPTIMISED ? { translation: 'optimised' } : {}, now: () => 0, pause: async () => {} });
  assert.deepEqual(
    results.map(({ benchmark }) => benchmark.name),
    NANOBENCHMARKS.map(({ name }) => name),
  );
  const differ = results.filter((result) => predictedWinner(result) !== publishedWinner(result)).map(({ benchmark }) => benchmark.name);
  // Textbook translation calls out for every control-register write; products do it in the translation cache.
  assert.deepEqual(differ, OPTIMISED ? [] : ['cr8wr']);
  const of = (name: string) => results.find(({ benchmark }) => benchmark.name === name)!;
  assert.ok(of('in').vt.terms.some(({ event, count }) => event === 'vmExitRoundTrip' && count === 1));
  assert.ok(
    of('syscall').vt.terms.every(({ event }) => event !== 'vmExitRoundTrip'),
    'a system call does not exit',
  );
  assert.ok(of('pgfault').bt.terms.some(({ event, count }) => event === 'pageFault' && count === 1));
  assert.ok(
    of('ptemod').vt.terms.some(({ event, count }) => event === 'vmExitRoundTrip' && count >= 1),
    'a write to a traced table is an exit',
  );
});
