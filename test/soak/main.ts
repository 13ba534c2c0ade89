/**
 * Does memory stay flat while a guest generates code? `npm run test:memory -- [--minutes N] [--technique ID]`: samples four times a
 * minute, after a garbage collection. From the first time that a ceiling of the code cache threw everything away, no sample of the second
 * half may lie above all of the first half by more than GROWTH, in the resident set or the JavaScript heap; nor may a ceiling be exceeded.
 */
import path from 'node:path';
import { parseArgs } from 'node:util';
import { REGION_LIMITS } from '../../src/engine/region/regionCache';
import { TECHNIQUES } from '../../src/protocol/techniques';
import { boot } from '../guest/play';

const MIB = 2 ** 20;
/** A twentieth and some. */
const GROWTH = { factor: 1.05, bytes: 8 * MIB };
const SLICE = 20;
const SAMPLES_A_MINUTE = 4;

interface Sample {
  readonly rss: number;
  readonly heap: number;
  readonly code: number;
  readonly modules: number;
  /** Times that everything was thrown away. */
  readonly full: number;
}

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '60' }, technique: { type: 'string', default: 'bare' } } });
const minutes = Number(values.minutes);
const technique = TECHNIQUES.find(({ id }) => id === values.technique)?.id;
if (!(minutes > 0) || !technique) {
  console.error('usage: npm run test:memory -- [--minutes N] [--technique ID]');
  process.exit(2);
}
if (!globalThis.gc) throw new Error('run it with --expose-gc');

const { vm } = boot(path.join(process.cwd(), 'test/soak/generate.asm'), technique, { memory: 32 });
const { engine } = vm.machine;
const atStart = engine.cache.generation;

function sample(): Sample {
  globalThis.gc?.();
  const { rss, heapUsed, external } = process.memoryUsage();
  const { bytes, modules, regions, compiled, evictions } = engine.regions.statistics;
  const shown = (n: number): string => (n / MIB).toFixed(1);
  const time = (performance.now() / 60_000).toFixed(2);
  console.log(
    `${time} min: RSS ${shown(rss)} MiB, heap ${shown(heapUsed)}, external ${shown(external)}; ${engine.cache.size} blocks, ${engine.cache.generation - atStart} times full; ` +
      `${regions} regions in ${modules} modules, ${shown(bytes)} MiB, ${compiled} compiled, ${evictions} evictions; ${(vm.retired / 1e9).toFixed(2)} billion instructions`,
  );
  return { rss, heap: heapUsed, code: bytes, modules, full: evictions + engine.cache.generation - atStart };
}

function complaints(samples: readonly Sample[]): string[] {
  const over = samples.some(({ code, modules }) => code > REGION_LIMITS.bytes || modules > REGION_LIMITS.modules) ? ['the code cache exceeds its ceiling'] : [];
  const steady = samples.filter(({ full }) => full > 0);
  if (steady.length < 4) return [...over, 'no ceiling was reached early enough: run it longer'];
  const half = steady.length >> 1;
  const grown = (['rss', 'heap'] as const).filter((what) => {
    const [early, late] = [steady.slice(0, half), steady.slice(half)].map((part) => Math.max(...part.map((one) => one[what])));
    console.log(`${what}: at most ${(early / MIB).toFixed(1)} MiB in the first half, ${(late / MIB).toFixed(1)} MiB in the second`);
    return late > early * GROWTH.factor + GROWTH.bytes;
  });
  return [...over, ...grown.map((what) => `${what} grows`)];
}

const samples: Sample[] = [];
const interval = 60_000 / SAMPLES_A_MINUTE;
while (performance.now() < minutes * 60_000) {
  const stop = vm.run(Number.MAX_SAFE_INTEGER, SLICE);
  if (stop.kind !== 'budget') throw new Error(`the guest ended: ${stop.kind}`);
  await new Promise(setImmediate);
  if (performance.now() >= (samples.length + 1) * interval) samples.push(sample());
}
const found = complaints(samples);
console.log(found.length > 0 ? `FAILED: ${found.join('; ')}` : 'flat');
process.exit(found.length > 0 ? 1 : 0);
