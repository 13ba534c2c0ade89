/** The nanobenchmarks of Adams & Agesen 2006: what our events predict keeps the paper's orderings. Deterministic: counts, not time. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { once } from '../../src/base/once';
import { nanoText } from '../../src/cli/nanoReport';
import { type Attributes, type NanoResult, predictedWinner, publishedWinner, runNanobenchmarks } from '../../src/debug/nanobench';
import { parseConfiguration } from '../../src/machine/configuration';
import { createMachine } from '../../src/machine/machine';
import { NANOBENCHMARKS } from '../../src/vmm/cost/nanobenchmarks';

const FOLDER = path.join(process.cwd(), 'bench/nano');
const read = (name: string): Uint8Array => new Uint8Array(fs.readFileSync(path.join(FOLDER, path.basename(name))));

function create(guest: string, attributes: Attributes) {
  const parsed = parseConfiguration({ program: guest, ...attributes });
  assert.ok('config' in parsed, JSON.stringify(parsed));
  return createMachine(parsed.config, { readFile: read, readInclude: (name) => ({ path: name, bytes: read(name) }) });
}

const report = once(() => runNanobenchmarks({ create, now: () => 0, pause: async () => {} }));

test('the orderings of the paper come out of composed predictions', async () => {
  const { benchmarks } = await report();
  assert.deepEqual(
    benchmarks.map(({ benchmark }) => benchmark.name),
    NANOBENCHMARKS.map(({ name }) => name),
  );
  const differ = benchmarks.filter((result) => predictedWinner(result) !== publishedWinner(result)).map(({ benchmark }) => benchmark.name);
  assert.deepEqual(differ, []);
  const of = (name: string) => benchmarks.find(({ benchmark }) => benchmark.name === name)!;
  const exits = ({ vt }: NanoResult) => vt.terms.find(({ event }) => event === 'vmExitRoundTrip')?.count ?? 0;
  assert.equal(exits(of('in')), 1);
  assert.equal(exits(of('syscall')), 0, 'a system call does not exit');
  assert.equal(exits(of('pgfault')), 1, 'a page fault of the guest exits, for the VMM to look at');
  assert.ok(of('pgfault').bt.terms.some(({ event, count }) => event === 'pageFault' && count === 1));
  assert.equal(Math.round(exits(of('ptemod'))), 1, 'a write to a traced table is an exit');
});

test('as in the textbook, translation is never cheaper, and a call pays for the end of two blocks', async () => {
  const { benchmarks } = await report();
  for (const { benchmark, bt, textbook } of benchmarks) assert.ok(textbook.cycles >= bt.cycles, benchmark.name);
  const call = benchmarks.find(({ benchmark }) => benchmark.name === 'call/ret')!;
  assert.deepEqual(
    call.textbook.terms.map(({ event, count }) => [event, count]),
    [
      ['instruction', 2],
      ['blockDispatch', 2],
    ],
  );
});

test('a process forked and waited for costs more under VT-x of the first generation than under binary translation', async () => {
  const { published, predicted } = (await report()).forkwait;
  assert.ok(published.bt < published.vt && predicted.bt < predicted.vt);
  for (const side of ['bt', 'vt'] as const) assert.ok(predicted[side] > published[side] / 2 && predicted[side] < published[side] * 2, side);
});

test('a figure that the benchmark itself measured leaves no error to report', async () => {
  const { benchmarks, forkwait } = await report();
  const text = nanoText({ benchmarks, forkwait });
  assert.match(text, /^cr8wr +150 +35 +36 +own /m);
  assert.match(text, /^ptemod +1 +391 +\d+ +own /m);
  assert.match(text, /^in +3,209 +216 +\d+ +[+−]\d+% /m);
  // An ordering that differed would say why.
  const [syscall] = benchmarks;
  const swapped = { ...syscall, vt: { ...syscall.vt, cycles: 5000, terms: [{ event: 'vmExitRoundTrip' as const, count: 1, cycles: 4340, own: false }] } };
  assert.match(
    nanoText({ benchmarks: [swapped], forkwait }),
    /syscall: binary translation is ahead; published: VT-x\n +why: ours is dearer under VT-x, 5,000 cycles where 246 were measured, 4,340 of them for 1 × vmExitRoundTrip/,
  );
});
