#!/usr/bin/env node
// Guests of ours on Ringside, QEMU's TCG, v86 and the bare processor, interleaved; medians, paired ratios, spread.
// `npm run bench -- --help` says how to choose.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { Builder } from './lib/build.mjs';
import { GUESTS } from './lib/guests.mjs';
import { DebianPackages } from '../test/systems/lib/debian.mjs';
import { measure, measureBoot } from './lib/measure.mjs';
import { report } from './lib/report.mjs';
import { steady } from './lib/statistics.mjs';
import { systems as allSystems } from './lib/systems.mjs';

const HELP = `Usage: npm run bench -- [WORDS] [OPTIONS]

WORDS choose guests by name or group, and systems by name; without any, all run but those marked *.

  --rounds N            how often every guest runs on every system, in turn (5; 1 with --quick)
  --units N             units of work in each run, at least (5; 3 with --quick); the later half counts
  --measured N          seconds they take, at least (3; 1 with --quick)
  --seconds N           a run ends after so many seconds (30; 5 with --quick)
  --quick               all of it in less than five minutes
  --clock wall|cpu      cpu: time that the system's threads had a processor, for a machine that is used otherwise (Linux)
  --system NAME=COMMAND another system: the command gets a Multiboot ELF as its last argument and copies serial output to stdout
  --node PATH           the Node that runs Ringside and v86 (this one by default)
  --cli FILE            Ringside's command line (dist/cli.mjs)
  --json FILE           every time that was measured
`;

const root = path.resolve(import.meta.dirname, '..');
const { values: options, positionals: words } = parseArgs({
  allowPositionals: true,
  options: {
    ...Object.fromEntries(['rounds', 'units', 'measured', 'seconds', 'clock', 'node', 'cli', 'json'].map((name) => [name, { type: 'string' }])),
    system: { type: 'string', multiple: true, default: [] },
    quick: { type: 'boolean' },
    help: { type: 'boolean', short: 'h' },
  },
});

const number = (name, usual, quick) => {
  const value = options[name] === undefined ? (options.quick ? quick : usual) : Number(options[name]);
  if (!(value > 0)) fail(`--${name} ${options[name]}: expected a number above 0`);
  return value;
};

function fail(message) {
  console.error(message);
  process.exit(1);
}

const known = allSystems(
  { cli: path.resolve(options.cli ?? path.join(root, 'dist/cli.mjs')), node: options.node ?? process.execPath, cache: path.join(root, '.cache/bench') },
  options.system,
);

if (options.help) {
  const groups = Map.groupBy?.(GUESTS, ({ group }) => group) ?? new Map([...new Set(GUESTS.map((g) => g.group))].map((group) => [group, GUESTS.filter((g) => g.group === group)]));
  console.log(`${HELP}\nGuests: ${[...groups].map(([group, guests]) => `\n  ${group}: ${guests.map(({ name, extra }) => name + (extra ? '*' : '')).join(', ')}`).join('')}`);
  console.log(`Systems: ${known.map(({ name, extra }) => name + (extra ? '*' : '')).join(', ')}`);
  process.exit(0);
}

const isGuestWord = (word) => GUESTS.some(({ name, group }) => name === word || group === word);
const isSystemWord = (word) => known.some(({ name }) => name === word);
for (const word of words) if (!isGuestWord(word) && !isSystemWord(word)) fail(`${word} is neither a guest, nor a group of guests, nor a system; --help lists them`);
if (options.clock && !['wall', 'cpu'].includes(options.clock)) fail(`--clock ${options.clock}: expected wall or cpu`);

const limits = { units: number('units', 5, 3), measured: 1000 * number('measured', 3, 1), milliseconds: 1000 * number('seconds', 30, 5) };
const rounds = number('rounds', 5, 1);

const work = fs.mkdtempSync(path.join(os.tmpdir(), 'ringside-bench-'));
process.on('exit', () => fs.rmSync(work, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM'])
  process.on(signal, () => {
    console.log(report(guests, systems, times)); // of what has been measured
    process.exit(130);
  });

const builder = new Builder(options.cli ?? path.join(root, 'dist/cli.mjs'), work);
const chosen = (item, test) => !words.some(test) || words.includes(item.name) || words.includes(item.group);
const wanted = GUESTS.filter((guest) => chosen(guest, isGuestWord) && (!guest.extra || words.includes(guest.name) || words.includes(guest.group)));
const guests = wanted.filter((guest) => !(guest.flags && builder.missing));
if (guests.length < wanted.length) console.log(`${builder.missing}: left out ${wanted.filter((g) => !guests.includes(g)).map(({ name }) => name)}`);
const systems = known.filter((system) => {
  if (words.some(isSystemWord) ? !words.includes(system.name) && !options.system.some((s) => s.startsWith(`${system.name}=`)) : system.extra) return false;
  const missing = system.name === 'native' ? builder.missing : system.missing?.();
  if (missing) console.log(`${missing}: ${system.name} is left out`);
  return !missing;
});

const times = new Map();
const checksums = new Map();
let failures = 0;

/** All units of all systems give one checksum, or somebody computes wrongly. x87 code that gcc arranges otherwise for 64 bits rounds otherwise. */
function check(guest, system, found) {
  if (system.name === 'native' && guest.group === 'x87' && builder.native.note) return true;
  const expected = checksums.get(guest.name) ?? found[0];
  checksums.set(guest.name, expected);
  const wrong = found.find((value) => value !== expected);
  if (wrong === undefined) return true;
  console.log(`${guest.name} on ${system.name}: checksum ${wrong}, expected ${expected}`);
  failures++;
  return false;
}

async function runOnce(guest, files, system) {
  const start = guest.machine ? system.boot?.(files) : system.start(files);
  if (!start) return undefined;
  const result = guest.machine
    ? await measureBoot(start, guest.until, limits, options.clock)
    : await measure(start, guest.start ? { ...limits, units: 1, measured: 0 } : limits, options.clock);
  if (result.error) {
    console.log(`${guest.name} on ${system.name}: ${result.error}`);
    failures++;
    return undefined;
  }
  if (!check(guest, system, result.checksums)) return undefined;
  return { ...result, time: guest.start ? result.startup : steady(result.units) };
}

console.log(
  `${os.cpus()[0]?.model}, ${os.cpus().length} CPUs, load ${os.loadavg()[0].toFixed(1)}; Node ${options.node ?? process.version}; ${rounds} round(s), ${options.clock ?? 'wall'} clock`,
);
if (systems.some(({ name }) => name === 'native') && builder.native.note) console.log(builder.native.note);
/** Files of a guest of ours; the machine of an operating system, whose packages are fetched the first time. */
function prepare(guest) {
  if (!guest.machine) return builder.build(guest);
  const cache = path.join(root, '.cache/systems');
  fs.mkdirSync(cache, { recursive: true });
  return guest.machine(new DebianPackages(cache));
}

const files = new Map(guests.map((guest) => [guest.name, prepare(guest)]));
const raw = [];
for (let round = 0; round < rounds; round++)
  for (const guest of guests)
    for (const system of systems) {
      const result = await runOnce(guest, files.get(guest.name), system);
      if (!times.has(guest.name)) times.set(guest.name, new Map(systems.map(({ name }) => [name, []])));
      times.get(guest.name).get(system.name)[round] = result?.time;
      raw.push({ round, guest: guest.name, system: system.name, ...result });
      if (process.stderr.isTTY) process.stderr.write(`\r${round + 1}/${rounds} ${guest.name} ${system.name}`.padEnd(60));
    }
if (process.stderr.isTTY) process.stderr.write(`${'\r'.padEnd(60)}\r`);
if (options.json) fs.writeFileSync(options.json, `${JSON.stringify(raw, undefined, 1)}\n`);
console.log(report(guests, systems, times));
process.exitCode = failures ? 1 : 0;
