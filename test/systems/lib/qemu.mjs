/** The same machine and script under QEMU's translator (TCG), for the ratio of the wall times. */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { qemuArguments } from './machine.mjs';

const QEMU = 'qemu-system-i386';
const POLL = 20;
const TEXT = { address: 0xb8000, columns: 80, lines: 25 };
const HOLD = 10;

const KEYS = {
  ...{ ' ': 'spc', '\n': 'ret', '\t': 'tab', '\x1b': 'esc', '-': 'minus', '=': 'equal', '.': 'dot', ',': 'comma', '/': 'slash', '\\': 'backslash', ';': 'semicolon' },
  ...{ "'": 'apostrophe', '[': 'bracket_left', ']': 'bracket_right', '|': 'shift-backslash', ':': 'shift-semicolon', _: 'shift-minus', '>': 'shift-dot' },
};
const keyName = (character) => KEYS[character] ?? (/[A-Z]/.test(character) ? `shift-${character.toLowerCase()}` : character);

/** Every other byte is a character. */
const textOf = (memory) =>
  Array.from({ length: TEXT.lines }, (_, line) => memory.subarray(line * TEXT.columns * 2, (line + 1) * TEXT.columns * 2).filter((__, i) => i % 2 === 0))
    .map((line) => Buffer.from(line).toString('latin1').replaceAll('\0', ' '))
    .join('\n');

class Qemu {
  output = '';
  ended = false;
  #errors = '';
  #scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'ringside-'));
  #socket = path.join(this.#scratch, 'monitor');
  #child;
  #monitor;

  constructor(machine) {
    this.#child = spawn(QEMU, [...qemuArguments(machine), '-serial', 'stdio', '-monitor', `unix:${this.#socket},server=on,wait=off`]);
    this.#child.stdout.on('data', (bytes) => (this.output += bytes.toString('latin1').replaceAll('\r', '')));
    this.#child.stderr.on('data', (bytes) => (this.#errors += bytes));
    this.#child.on('error', (error) => (this.#errors += error.message));
    this.#child.on('close', () => (this.ended = true));
  }

  get errors() {
    return this.#errors.trim();
  }

  async #connect() {
    for (;;) {
      const socket = net.connect(this.#socket).resume();
      const connected = await new Promise((resolve) => socket.once('connect', () => resolve(true)).once('error', () => resolve(false)));
      if (connected) return socket;
      if (this.ended) throw new Error(`QEMU: ${this.errors}`);
      await sleep(POLL);
    }
  }

  async command(text) {
    this.#monitor ??= await this.#connect();
    this.#monitor.write(`${text}\n`);
  }

  async screen() {
    const file = path.join(this.#scratch, 'screen');
    const bytes = TEXT.lines * TEXT.columns * 2;
    fs.rmSync(file, { force: true });
    await this.command(`pmemsave ${TEXT.address} ${bytes} "${file}"`);
    for (let tries = 0; tries < 50 && !this.ended; tries++) {
      if (fs.existsSync(file) && fs.statSync(file).size === bytes) return textOf(fs.readFileSync(file));
      await sleep(2);
    }
    return '';
  }

  async send({ keys, serial }) {
    if (serial !== undefined) this.#child.stdin.write(serial);
    for (const character of keys ?? '') await this.command(`sendkey ${keyName(character)} ${HOLD}`);
  }

  close() {
    this.#monitor?.destroy();
    this.#child.kill();
    fs.rmSync(this.#scratch, { recursive: true, force: true });
  }
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
    const from = screen.startsWith(seen.screen) ? seen.screen.length : 0;
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

/** Wall time in ms from the start of the process to the end of the script: the last text, or power-off. */
export async function runQemu(machine, script, seconds) {
  const started = performance.now();
  const qemu = new Qemu(machine);
  const seen = { output: 0, screen: '' };
  try {
    for (const step of script) {
      if (step.expect) await awaitText(qemu, step.expect, seen, performance.now() + seconds * 1000);
      else await qemu.send(step);
    }
    const powersOff = !script.at(-1)?.expect;
    for (const deadline = performance.now() + seconds * 1000; powersOff && !qemu.ended; await sleep(POLL))
      if (performance.now() > deadline) throw new Error('QEMU did not power off');
    return performance.now() - started;
  } finally {
    qemu.close();
  }
}
