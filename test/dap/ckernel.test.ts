/** The C kernel of examples/, compiled where there is gcc, debugged by its source lines over a real connection. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { createMachine } from '../../src/machine/machine';
import { nodeFiles } from '../../src/nodeFiles';
import { CKERNEL, canCompile, compile } from '../symbols/compile';
import { type Body, DapClient } from './dapClient';

const skip = canCompile('gcc') ? false : 'no gcc here';
const KERNEL = path.join(CKERNEL, 'kernel.c');
const SOURCES = [path.join(CKERNEL, 'boot.S'), KERNEL];
const TEXT = fs.readFileSync(KERNEL, 'utf8').split('\n');
const lineOf = (text: string): number => TEXT.findIndex((line) => line.trim() === text) + 1;

async function begin(flags: readonly string[], attributes: Body = {}): Promise<DapClient> {
  const client = new DapClient((config) => createMachine(config, nodeFiles));
  await client.start({ program: compile('gcc', SOURCES, flags), technique: 'bare', ...attributes });
  await client.event('stopped');
  return client;
}

const frames = async (client: DapClient): Promise<string[]> =>
  (await client.request('stackTrace', { threadId: 1 })).stackFrames.map((f: Body) => `${f.name} ${f.source?.name}:${f.line}`);

for (const version of [2, 3, 4, 5]) {
  test(`DWARF ${version}: breakpoints on lines and functions, steps over, into and out of C functions`, { skip }, async () => {
    const client = await begin([`-gdwarf-${version}`, '-O0']);
    assert.match((await frames(client))[0], /^start boot.S:\d+$/);
    const { breakpoints } = await client.request('setFunctionBreakpoints', { breakpoints: [{ name: 'kmain' }] });
    assert.deepEqual([breakpoints[0].verified, breakpoints[0].line], [true, lineOf('make(0, "init", 3);')]);
    assert.equal((await client.go('continue')).reason, 'function breakpoint');
    await client.go('next');
    assert.equal(await client.line(), lineOf('make(1, "shell", 9);'));
    await client.go('stepIn');
    assert.match((await frames(client)).join(' < '), new RegExp(`^make kernel.c:${lineOf('struct task *task = &tasks[id];')} < kmain kernel.c:\\d+ < start\\+`));
    await client.go('next');
    assert.equal(await client.line(), lineOf('task->id = id;'));
    await client.go('stepOut');
    assert.equal(await client.line(), lineOf('make(1, "shell", 9);'));
    const source = { path: KERNEL };
    const set = await client.request('setBreakpoints', { source, breakpoints: [{ line: lineOf('return 1;') }] });
    assert.equal(set.breakpoints[0].verified, true);
    await client.go('continue');
    assert.deepEqual(
      (await frames(client)).map((frame) => frame.split(' ')[0]),
      ['factorial', 'factorial', 'factorial', 'factorial', 'run', 'kmain', 'start+5Fh'],
    );
    const where = await client.request('breakpointLocations', { source, line: 1, endLine: 20 });
    assert.ok(where.breakpoints.some((b: Body) => b.line === lineOf('while (*text)')));
  });
}

test('optimised code: an inlined function is a frame of its own, and breakpoints on it stop in each copy', { skip }, async () => {
  const client = await begin(['-g', '-O2']);
  await client.request('setFunctionBreakpoints', { breakpoints: [{ name: 'put' }] });
  await client.go('continue');
  assert.match((await frames(client)).join(' < '), /^put kernel.c:\d+ < make kernel.c:\d+ < kmain kernel.c:\d+/);
  await client.request('setFunctionBreakpoints', { breakpoints: [] });
  await client.go('stepOut');
  assert.doesNotMatch((await frames(client))[0], /^put/);
});

test('symbols of a flat image: from a file named beside it, moved by an offset; disassembly has names and lines', { skip }, async () => {
  const elf = compile('gcc', SOURCES, ['-g', '-O0']);
  const { loadAddress } = { loadAddress: 0x300000 };
  const flat = { readFile: (file: string) => (file === '/flat.bin' ? Uint8Array.of(0xeb, 0xfe) : nodeFiles.readFile(file)), readInclude: nodeFiles.readInclude };
  const client = new DapClient((config) => createMachine(config, flat));
  await client.start({ program: '/flat.bin', kind: 'flat', bits: 32, loadAddress, symbols: [`${elf}@0x200000`], technique: 'bare', stopOnEntry: true });
  await client.event('stopped');
  assert.deepEqual((await client.request('evaluate', { expression: 'start' })).result, '0x30000C (3145740)');
  const { instructions } = await client.request('disassemble', { memoryReference: 'start', instructionCount: 2 });
  assert.deepEqual([instructions[0].symbol, instructions[0].location.name], ['start', 'boot.S']);
  const { breakpoints } = await client.request('setFunctionBreakpoints', { breakpoints: [{ name: 'kmain' }] });
  assert.equal(breakpoints[0].verified, true);
  assert.ok(Number(breakpoints[0].instructionReference) > 0x300000);
});

for (const flags of [
  ['-g', '-O0'],
  ['-g', '-O2', '-fomit-frame-pointer'],
  ['-g', '-O2', '-fomit-frame-pointer', '-fno-asynchronous-unwind-tables', '-fno-dwarf2-cfi-asm', '-fno-exceptions'],
]) {
  test(`${flags.join(' ')}: below the handler of a fault are the handler in assembly and the user code that it interrupted, in another ring`, { skip }, async () => {
    for (const technique of ['bare', 'trap', 'bt', 'hvm']) {
      const client = await begin(flags, { technique });
      await client.request('setFunctionBreakpoints', { breakpoints: [{ name: 'trap' }] });
      await client.go('continue');
      const { stackFrames } = await client.request('stackTrace', { threadId: 1 });
      assert.deepEqual(
        stackFrames.map((f: Body) => f.name.replace(/\+.*/, '')),
        ['trap', 'gp_entry', 'user_task (interrupted)'],
        technique,
      );
      assert.equal((await client.request('evaluate', { expression: 'frame->vector', frameId: 1 })).result, '13');
      assert.equal((await client.request('evaluate', { expression: 'frame->cs & 3', frameId: 1 })).result, '3');
      if (flags.includes('-O0')) assert.equal((await client.request('evaluate', { expression: 'secret', frameId: 3 })).result, '42');
    }
  });
}
