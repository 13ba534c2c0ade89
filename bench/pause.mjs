#!/usr/bin/env node
// How long `pause` takes to stop a guest that is at its worst: loops that the engine leaves often, or seldom. Over stdio, as an
// editor that is not VS Code would. Prints milliseconds from the request to the `stopped` event. `npm run bench:pause`
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const PAUSES = 10;

const PROTECTED = `
        cli
        lgdt [gdt_register]
        mov eax, cr0
        or al, 1
        mov cr0, eax
        jmp 8:protected
gdt_register: dw 23
        dd gdt
gdt:    dq 0, 0x00cf9b000000ffff, 0x00cf93000000ffff
        bits 32
protected:
        mov ax, 0x10
        mov ds, ax
        mov es, ax
        mov ss, ax
        mov esp, 0x7000
`;

/** Bodies of guests, by what they do without end. */
const LOOPS = {
  count: 'again: inc eax\njmp again',
  'jump to itself': 'again: jmp again',
  'halt, timer interrupts': 'again: sti\nhlt\njmp again',
  'port input': 'again: in al, 0x60\njmp again',
  'unclaimed ports': 'mov dx, 0x5555\nagain: in eax, dx\njmp again',
  'BIOS calls': 'again: mov ah, 1\nint 0x16\njmp again',
  'sensitive instructions': 'again: pushf\npop ax\ncli\nsmsw bx\nsti\njmp again',
  'code that modifies itself': 'again: inc word [change + 1]\nchange: mov ax, 0\njmp again',
  'REP STOS to RAM': `${PROTECTED}again: mov edi, 0x10000\nmov ecx, 0x4000\nrep stosd\njmp again`,
  'REP STOS beyond RAM': `${PROTECTED}again: mov edi, 0x40000000\nmov ecx, 0x10000000\nrep stosd\njmp again`,
  'REP MOVS from video memory': `${PROTECTED}again: mov esi, 0xb8000\nmov edi, 0xb8000\nmov ecx, 0x1000\nrep movsd\njmp again`,
  exceptions: 'xor ax, ax\nmov ds, ax\nmov word [4 * 6], handler\nmov word [4 * 6 + 2], 0\nagain: ud2\njmp again\nhandler: add sp, 6\njmp again',
};

class Client {
  #buffer = Buffer.alloc(0);
  #seq = 0;
  #waiting = [];
  constructor() {
    this.server = spawn(process.execPath, [path.join(root, 'dist/cli.mjs'), 'dap'], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.server.stdout.on('data', (data) => this.#receive(data));
  }
  #receive(data) {
    this.#buffer = Buffer.concat([this.#buffer, data]);
    for (;;) {
      const end = this.#buffer.indexOf('\r\n\r\n');
      if (end < 0) return;
      const length = Number(/Content-Length: (\d+)/.exec(this.#buffer.toString('latin1', 0, end))[1]);
      if (this.#buffer.length < end + 4 + length) return;
      const message = JSON.parse(this.#buffer.toString('utf8', end + 4, end + 4 + length));
      this.#buffer = this.#buffer.subarray(end + 4 + length);
      this.#waiting = this.#waiting.filter(({ test, resolve }) => !test(message) || resolve(message));
    }
  }
  when(test) {
    return new Promise((resolve) => this.#waiting.push({ test, resolve }));
  }
  event(name) {
    return this.when((m) => m.event === name);
  }
  send(command, args) {
    const seq = ++this.#seq;
    const body = JSON.stringify({ seq, type: 'request', command, arguments: args });
    const answer = this.when((m) => m.type === 'response' && m.request_seq === seq);
    this.server.stdin.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
    return answer.then((m) => {
      if (!m.success) throw new Error(`${command}: ${m.message}`);
    });
  }
}

const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

async function measure(program, technique) {
  const client = new Client();
  const initialized = client.event('initialized');
  await client.send('initialize', { adapterID: 'ringside' });
  const launched = client.send('launch', { program, technique, memory: 16, stopOnEntry: false });
  await initialized;
  await client.send('configurationDone', {});
  await launched;
  const times = [];
  for (let i = 0; i < PAUSES; i++) {
    await sleep(30 + 37 * (i % 5));
    const from = performance.now();
    const stopped = client.event('stopped');
    await client.send('pause', { threadId: 1 });
    await stopped;
    times.push(performance.now() - from);
    await client.send('continue', { threadId: 1 });
  }
  await client.send('disconnect', { terminateDebuggee: true });
  client.server.stdin.end();
  return times.sort((a, b) => a - b);
}

const work = fs.mkdtempSync(path.join(os.tmpdir(), 'ringside-pause-'));
process.on('exit', () => fs.rmSync(work, { recursive: true, force: true }));
console.log(`load average ${os.loadavg()[0].toFixed(1)} on ${os.cpus().length} CPUs; milliseconds, median and longest of ${PAUSES}`);
for (const [name, body] of Object.entries(LOOPS)) {
  const program = path.join(work, `${name.replace(/\W+/g, '-')}.asm`);
  fs.writeFileSync(program, `bits 16\norg 0x7c00\n${body}\n`);
  const columns = [];
  for (const technique of ['bare', 'trap', 'bt', 'hvm', 'pv']) {
    const times = await measure(program, technique);
    columns.push(`${technique} ${times[PAUSES >> 1].toFixed(0).padStart(4)} ${times.at(-1).toFixed(0).padStart(4)}`);
  }
  console.log(`${name.padEnd(28)} ${columns.join('   ')}`);
}
