/** The same machine and script under QEMU's translator (TCG), for the ratio of the wall times. */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { childTime } from './childTime.mjs';
import { qemuArguments } from './machine.mjs';
import { Qmp } from './qmp.mjs';
import { TextScreen } from './textScreen.mjs';

const QEMU = 'qemu-system-i386';
const POLL = 20;
const HOLD = 10;
/** BIOS data area: the video mode, and the clock's ticks. */
const VIDEO_MODE = 0x449;
const TICKS = 0x46c;
const MODE_13H = 0x13;

const KEYS = {
  ...{ ' ': 'spc', '\n': 'ret', '\t': 'tab', '\x1b': 'esc', '-': 'minus', '=': 'equal', '.': 'dot', ',': 'comma', '/': 'slash', '\\': 'backslash', ';': 'semicolon' },
  ...{ "'": 'apostrophe', '[': 'bracket_left', ']': 'bracket_right', '|': 'shift-backslash', ':': 'shift-semicolon', _: 'shift-minus', '>': 'shift-dot' },
};
const keyName = (character) => KEYS[character] ?? (/[A-Z]/.test(character) ? `shift-${character.toLowerCase()}` : character);

class Qemu {
  output = '';
  ended = false;
  #errors = '';
  #scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'ringside-'));
  #child;
  #closed;
  #qmp;
  #screen = new TextScreen(this);

  constructor(machine) {
    this.#child = spawn(QEMU, [...qemuArguments(machine), '-serial', 'stdio', '-qmp', `unix:${this.#socket},server=on,wait=off`]);
    this.#child.stdout.on('data', (bytes) => (this.output += bytes.toString('latin1').replaceAll('\r', '')));
    this.#child.stderr.on('data', (bytes) => (this.#errors += bytes));
    this.#child.on('error', (error) => (this.#errors += error.message));
    this.#closed = new Promise((resolve) => this.#child.on('close', resolve)).then(() => (this.ended = true));
  }

  get #socket() {
    return path.join(this.#scratch, 'qmp');
  }

  get errors() {
    return this.#errors.trim();
  }

  async connect() {
    try {
      this.#qmp = await Qmp.connect(this.#socket, () => !this.ended);
    } catch (error) {
      throw new Error(`QEMU: ${error.message}: ${this.errors}`);
    }
  }

  monitor(line) {
    return this.#qmp.monitor(line);
  }

  /** Bytes of guest-physical memory; none when QEMU has ended. */
  async memory(address, size) {
    const file = path.join(this.#scratch, 'memory');
    const saved = await this.#qmp.execute('pmemsave', { val: address, size, filename: file });
    return saved ? fs.readFileSync(file) : Buffer.alloc(0);
  }

  screen() {
    return this.#screen.text();
  }

  /** The picture, as a PPM file. */
  async picture() {
    const file = path.join(this.#scratch, 'picture');
    await this.#qmp.execute('screendump', { filename: file });
    return fs.readFileSync(file);
  }

  async send({ keys, serial }) {
    if (serial !== undefined) this.#child.stdin.write(serial);
    for (const character of keys ?? '') await this.monitor(`sendkey ${keyName(character)} ${HOLD}`);
  }

  async close() {
    this.#qmp?.close();
    this.#child.kill();
    await this.#closed;
    fs.rmSync(this.#scratch, { recursive: true, force: true });
  }
}

/** How much of the screen was there already, when it may have scrolled since. */
function seenOf(screen, seen) {
  const lines = seen.split('\n');
  const scrolled = lines.findIndex((_, n) => screen.startsWith(lines.slice(n).join('\n')));
  return scrolled < 0 ? 0 : lines.slice(scrolled).join('\n').length;
}

/** Waits for text that was not there when the step before was taken. */
async function awaitText(qemu, pattern, seen, deadline) {
  const expected = new RegExp(pattern.source, 'm');
  while (performance.now() < deadline) {
    const onSerial = expected.exec(qemu.output.slice(seen.output));
    if (onSerial) {
      seen.output += onSerial.index + onSerial[0].length;
      return;
    }
    const screen = await qemu.screen();
    const from = seenOf(screen, seen.screen);
    const onScreen = expected.exec(screen.slice(from));
    if (onScreen) {
      seen.screen = screen.slice(0, from + onScreen.index + onScreen[0].length);
      return;
    }
    if (qemu.ended) break;
    await sleep(POLL);
  }
  throw new Error(`QEMU: ${pattern.source} did not come; ${qemu.errors}\n${qemu.output.split('\n').slice(-10).join('\n')}\n${await qemu.screen()}`);
}

/** Until `found` says so. */
async function until(qemu, what, deadline, found) {
  while (!(await found())) {
    if (qemu.ended || performance.now() > deadline) throw new Error(`QEMU: ${what} did not come; ${qemu.errors}`);
    await sleep(POLL);
  }
}

async function awaitTicks(qemu, ticks, deadline) {
  const clock = async () => {
    const bytes = await qemu.memory(TICKS, 4);
    return bytes.length > 0 ? bytes.readUInt32LE() : 0;
  };
  await until(qemu, 'mode 13h', deadline, async () => (await qemu.memory(VIDEO_MODE, 1))[0] === MODE_13H);
  const end = (await clock()) + ticks;
  await until(qemu, `tick ${ticks}`, deadline, async () => (await clock()) >= end);
}

/** What is on the screen at the end, for a system that has ticks. */
async function play(qemu, { script, seconds, ticks }) {
  const deadline = () => performance.now() + seconds * 1000;
  const seen = { output: 0, screen: '' };
  await qemu.connect();
  for (const step of script) {
    if (step.expect) await awaitText(qemu, step.expect, seen, deadline());
    else await qemu.send(step);
  }
  if (ticks !== undefined) {
    await awaitTicks(qemu, ticks, deadline());
    return qemu.picture();
  }
  if (!script.at(-1)?.expect) await until(qemu, 'power-off', deadline(), () => qemu.ended);
  return undefined;
}

/**
 * `milliseconds` of wall time from the start of the process to the end of the system's script: the last text, or power-off; `cpu`, its
 * CPU time. A system of so many `ticks` ends when the BIOS's clock has counted them in mode 13h; `picture`, a PPM file, is what is on
 * the screen then.
 */
export async function runQemu(machine, system) {
  const [started, before] = [performance.now(), childTime()];
  const qemu = new Qemu(machine);
  let played;
  try {
    const picture = await play(qemu, system);
    played = { picture, milliseconds: performance.now() - started };
  } finally {
    await qemu.close();
  }
  return { ...played, cpu: childTime() - before };
}
