#!/usr/bin/env node
// Guest speed against QEMU's TCG on the same loop, interleaved in one run. Start-up is subtracted by running each system
// with few and with many turns. `npm run bench [-- --rounds N]`
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const cli = path.join(root, 'dist/cli.mjs');
const { values } = parseArgs({ options: { rounds: { type: 'string', default: '5' }, quick: { type: 'boolean' } } });
const rounds = values.quick ? 2 : Number(values.rounds);
const FEW = 2_000_000;
const MANY = 42_000_000;

const work = fs.mkdtempSync(path.join(os.tmpdir(), 'ringside-bench-'));
process.on('exit', () => fs.rmSync(work, { recursive: true, force: true }));

function ringside(...args) {
  const run = spawnSync(process.execPath, [cli, ...args], { encoding: 'utf8' });
  if (run.error) throw run.error;
  return run;
}

function image(turns) {
  const file = path.join(work, `loop-${turns}.img`);
  const run = ringside('asm', path.join(root, 'bench/loop.asm'), '--define', `ITERATIONS=${turns}`, '-o', file);
  if (run.status !== 0) throw new Error(run.stderr);
  return file;
}

const timed = (command, args) => {
  const from = process.hrtime.bigint();
  const run = spawnSync(command, args, { encoding: 'utf8' });
  const seconds = Number(process.hrtime.bigint() - from) / 1e9;
  if (run.error || run.signal) throw run.error ?? new Error(`${command} ended by ${run.signal}`);
  return { seconds, run };
};

const median = (numbers) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1];

const images = { few: image(FEW), many: image(MANY) };
const report = JSON.parse(ringside('run', images.many, '--technique', 'bare', '--json').stderr.trim().split('\n').at(-1));
const fewReport = JSON.parse(ringside('run', images.few, '--technique', 'bare', '--json').stderr.trim().split('\n').at(-1));
const instructions = report.retired - fewReport.retired;

const systems = [{ name: 'Ringside, bare', command: process.execPath, args: (file) => [cli, 'run', file, '--technique', 'bare'] }];
for (const technique of ['trap', 'bt'])
  systems.push({ name: `Ringside, ${technique}`, command: process.execPath, args: (file) => [cli, 'run', file, '--technique', technique], once: technique === 'bt' });
const hasQemu = !spawnSync('qemu-system-i386', ['--version']).error;
if (hasQemu)
  systems.push({
    name: 'QEMU TCG',
    command: 'qemu-system-i386',
    args: (file) => ['-accel', 'tcg', '-display', 'none', '-drive', `file=${file},format=raw`, '-device', 'isa-debug-exit,iobase=0xf4,iosize=4'],
  });
else console.log('qemu-system-i386 is not installed: no peer to compare with');

const speeds = new Map(systems.map(({ name }) => [name, []]));
for (let round = 0; round < rounds; round++)
  for (const { name, command, args, once } of systems) {
    if (once && round > 0) continue;
    const few = timed(command, args(images.few)).seconds;
    const many = timed(command, args(images.many)).seconds;
    speeds.get(name).push(instructions / (many - few) / 1e6);
  }

const reference = hasQemu ? median(speeds.get('QEMU TCG')) : undefined;
console.log(`integer loop, ${instructions.toLocaleString('en-US')} guest instructions, ${rounds} rounds, start-up subtracted`);
for (const [name, values] of speeds) {
  const spread = `${Math.min(...values).toFixed(0)}..${Math.max(...values).toFixed(0)}`;
  const ratio = reference ? `  ${(median(values) / reference).toFixed(2)} x QEMU` : '';
  console.log(`${name.padEnd(16)} ${median(values).toFixed(0).padStart(6)} MIPS (${spread})${ratio}`);
}
