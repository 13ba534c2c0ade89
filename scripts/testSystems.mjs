#!/usr/bin/env node
// `npm run test:systems`: boot operating systems that people use, headless. Those of Debian are fetched into .cache/systems;
// nothing of them is committed. Words select systems by their name, or by a part of it: `npm run test:systems -- pae`. Options:
//   --image NAME=FILE[,FILE]  images of a system that is not Debian's, such as xv6=xv6.img,fs.img
//   --qemu                    run each under QEMU's translator as well, for the ratio of wall and of CPU times
//   --list                    only say what there is
// The last line counts what passed and failed.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { DebianPackages } from '../test/systems/lib/debian.mjs';
import { pictureFacts, portablePictureFacts } from '../test/systems/lib/picture.mjs';
import { runQemu } from '../test/systems/lib/qemu.mjs';
import { runRingside } from '../test/systems/lib/ringside.mjs';
import { bootstrap, root } from './bootstrap.mjs';

const SYSTEMS = path.join(root, 'test/systems');

/** Every file there has rows. */
async function allSystems() {
  const files = fs.readdirSync(SYSTEMS).filter((file) => file.endsWith('.mjs'));
  const modules = await Promise.all(files.map((file) => import(path.join(SYSTEMS, file))));
  return modules.flatMap((module) => module.systems);
}

function usage(message) {
  console.error(message);
  process.exit(2);
}

/** `xv6=a.img,b.img` as an entry; a name stands for all systems that begin with it. */
function givenImages(options, systems) {
  return options.map((option) => {
    const [, name, list] = /^([^=]+)=(.+)$/.exec(option) ?? usage(`--image ${option}: expected NAME=FILE`);
    if (!systems.some((system) => system.images && system.name.startsWith(name))) usage(`--image ${option}: no system that takes images is named '${name}'`);
    const files = list.split(',').map((file) => path.resolve(file));
    const missing = files.find((file) => !fs.existsSync(file));
    if (missing) usage(`--image ${option}: there is no ${missing}`);
    return { name, files };
  });
}

function commandLine(systems) {
  const options = { image: { type: 'string', multiple: true, default: [] }, qemu: { type: 'boolean' }, list: { type: 'boolean' } };
  try {
    const { values, positionals } = parseArgs({ options, allowPositionals: true });
    const unknown = positionals.find((word) => !systems.some(({ name }) => name.includes(word)));
    if (unknown !== undefined) usage(`unknown system '${unknown}': expected a part of ${systems.map(({ name }) => name).join(', ')}`);
    return { ...values, image: givenImages(values.image, systems), words: positionals };
  } catch (error) {
    return usage(error.message);
  }
}

const thousands = (n) => n.toLocaleString('en-US');
const inSeconds = (milliseconds) => `${(milliseconds / 1000).toFixed(1)} s`;

/** Throws when the run did not show what it should, or ended otherwise. */
function check({ shows = [], silent, exitCode, picture }, { output, screen, silent: misled, stop }) {
  const text = `${output}\n${screen}`;
  const absent = shows.find((pattern) => !pattern.test(text));
  const missed = silent?.find((pattern) => !misled.some((sentence) => pattern.test(sentence)));
  if (missed) throw new Error(`no silent misbehaviour is ${missed}; there are:\n${misled.join('\n')}`);
  if (absent) throw new Error(`${absent} is not in\n${text.split('\n').slice(-40).join('\n')}`);
  const [expected, found] = exitCode === undefined ? [picture ? 'budget' : 'expected', stop.kind] : [`exited with ${exitCode}`, `${stop.kind} with ${stop.code}`];
  if (found !== expected) throw new Error(`the end is: ${found}; wanted: ${expected}`);
}

const described = ({ width, height, colors }) => `${width} by ${height}, ${colors} colours`;

function checkPicture({ width, height, colors }, found) {
  if (found.width !== width || found.height !== height || found.colors < colors)
    throw new Error(`the picture is ${described(found)}; wanted ${described({ width, height, colors })} at least`);
}

/** QEMU doubles the lines and columns of such modes. */
function checkQemuPicture({ width, height, colors }, bytes) {
  const found = portablePictureFacts(bytes);
  console.log(`QEMU's picture: ${described(found)}`);
  checkPicture({ width: 2 * width, height: 2 * height, colors }, found);
}

async function run(system, machine, qemu) {
  const { script, seconds, picture, ticks } = system;
  const screenshot = picture && path.join(directory, `${system.name}.png`);
  const result = runRingside(machine, script, seconds, screenshot);
  check(system, result);
  if (picture) {
    const found = pictureFacts(fs.readFileSync(screenshot));
    console.log(`the picture: ${screenshot}, ${described(found)}`);
    checkPicture(picture, found);
  }
  const { retired, milliseconds, cpu } = result;
  const speed = `${thousands(retired)} instructions, ${inSeconds(milliseconds)}, ${(retired / milliseconds / 1000).toFixed(0)} million a second, ${inSeconds(cpu)} of CPU`;
  const comparable = !machine.virtio && (!machine.bios || machine.vgaBios) && (!picture || ticks !== undefined);
  if (!qemu || !comparable) return speed;
  const other = await runQemu(machine, system);
  if (picture) checkQemuPicture(picture, other.picture);
  const ratios = `${(milliseconds / other.milliseconds).toFixed(2)} by the clock, ${(cpu / other.cpu).toFixed(2)} of CPU time`;
  return `${speed}; QEMU ${inSeconds(other.milliseconds)}, ${inSeconds(other.cpu)} of CPU; ratio ${ratios}; load ${os.loadavg()[0].toFixed(1)}`;
}

const systems = await allSystems();
const { words, image, qemu, list } = commandLine(systems);
const isSelected = (name, word) => (systems.some((system) => system.name === word) ? name === word : name.includes(word));
const selected = systems.filter(({ name }) => words.length === 0 || words.some((word) => isSelected(name, word)));
if (list) {
  for (const { name, title, images } of selected) console.log(`${name}: ${title}${images ? ` (--image ${name}=${images.join(',')})` : ''}`);
  process.exit(0);
}

bootstrap();
if (spawnSync(process.execPath, [path.join(root, 'scripts/build.mjs')], { stdio: 'inherit' }).status !== 0) process.exit(1);
const directory = path.join(root, '.cache/systems');
fs.mkdirSync(directory, { recursive: true });
const debian = new DebianPackages(directory);

const counts = { passed: 0, failed: 0, 'without images': 0 };
for (const system of selected) {
  const images = image.find(({ name }) => system.name.startsWith(name))?.files;
  console.log(`== ${system.name}: ${system.title}`);
  if (system.images && images?.length !== system.images.length) {
    counts['without images']++;
    console.log(`not tried: expected --image ${system.name}=${system.images.join(',')}`);
    continue;
  }
  try {
    console.log(`ok: ${await run(system, system.machine({ debian, images }), qemu)}`);
    counts.passed++;
  } catch (error) {
    counts.failed++;
    console.log(`FAILED: ${error.message}`);
  }
}
console.log(
  Object.entries(counts)
    .filter(([name, count]) => count > 0 || !name.includes(' '))
    .map(([name, count]) => `${count} ${name}`)
    .join(', '),
);
process.exit(counts.failed > 0 ? 1 : 0);
