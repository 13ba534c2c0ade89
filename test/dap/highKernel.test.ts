/** A kernel that is linked at 3 GiB and loaded at 1 MiB: its sources are known before it has paging and after, at whichever addresses it runs. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { createMachine } from '../../src/machine/machine';
import { nodeFiles } from '../../src/nodeFiles';
import { canCompile, compile } from '../symbols/compile';
import { type Body, DapClient } from './dapClient';

const skip = canCompile('gcc') ? false : 'no gcc here';
const SOURCES = ['boot.S', 'early.c'].map((name) => path.resolve('test/symbols/highKernel', name));
const [BOOT, C] = SOURCES;
const MOVER = path.resolve('test/symbols/mover/mover.S');
const lineOf = (file: string, text: string): number =>
  fs
    .readFileSync(file, 'utf8')
    .split('\n')
    .findIndex((line) => line.trim() === text) + 1;
/** Of `count`. */
const FIRST = 'int *place = (int *)((char *)&calls - distance);';
const HIGH = 0xc0000000;

let program: string | undefined;

async function begin(attributes: Body = {}): Promise<DapClient> {
  program ??= compile('gcc', SOURCES, ['-g', '-O0']);
  const client = new DapClient((config) => createMachine(config, nodeFiles));
  await client.start({ program, technique: 'bare', memory: 16, stopOnEntry: true, ...attributes });
  await client.event('stopped');
  return client;
}

const frames = async (client: DapClient): Promise<Body[]> => (await client.request('stackTrace', { threadId: 1 })).stackFrames;
const named = (all: readonly Body[]): string[] => all.map((f) => `${f.name.replace(/\+.*/, '')} ${f.source?.name}:${f.line}`);
const eip = (frame: Body): number => Number(frame.instructionPointerReference);
const value = async (client: DapClient, expression: string, frameId: number): Promise<string> => (await client.request('evaluate', { expression, frameId })).result;

for (const technique of ['bare', 'trap', 'bt', 'hvm'])
  test(`${technique}: breakpoints that are set at power-on stop in a function each time, at physical addresses and at linked ones`, { skip }, async () => {
    const client = await begin({ technique });
    assert.deepEqual(named(await frames(client)), [`start boot.S:${lineOf(BOOT, 'mov $stack_top - HIGH, %esp')}`]);
    const { breakpoints } = await client.request('setFunctionBreakpoints', { breakpoints: [{ name: 'count' }] });
    assert.deepEqual([breakpoints[0].verified, breakpoints[0].line], [true, lineOf(C, FIRST)]);
    assert.ok(Number(breakpoints[0].instructionReference) > HIGH, 'it is where it was linked');
    assert.equal((await client.go('continue')).reason, 'function breakpoint');
    const early = await frames(client);
    assert.ok(eip(early[0]) < HIGH);
    assert.deepEqual(named(early), [`count early.c:${lineOf(C, FIRST)}`, `early early.c:${lineOf(C, 'count(2, distance);')}`, `start boot.S:${lineOf(BOOT, 'call early')}`]);
    assert.deepEqual(await Promise.all(['by', 'calls', '&calls == &calls'].map((e) => value(client, e, early[0].id))), ['2', '40', '1']);
    for (let n = 0; n < 2; n++) await client.go('next');
    assert.equal(await value(client, 'calls', early[0].id), '42');
    await client.go('stepOut');
    assert.match(named(await frames(client))[0], /^early early\.c/);
    assert.equal((await client.go('continue')).reason, 'function breakpoint');
    const late = await frames(client);
    assert.ok(eip(late[0]) > HIGH);
    assert.deepEqual(named(late).slice(0, 2), [`count early.c:${lineOf(C, FIRST)}`, `late early.c:${lineOf(C, 'count(5, 0);')}`]);
    assert.deepEqual(await Promise.all(['by', 'calls'].map((e) => value(client, e, late[0].id))), ['5', '42']);
  });

test('lines of assembly and C, jumps to a line, disassembly and names before paging', { skip }, async () => {
  const client = await begin();
  const set = async (file: string, line: number, mode?: string): Promise<Body> =>
    (await client.request('setBreakpoints', { source: { path: file }, breakpoints: [{ line, ...(mode && { mode }) }] })).breakpoints[0];
  assert.equal((await set(BOOT, lineOf(BOOT, 'mov %eax, %cr0'))).verified, true);
  await client.go('continue');
  const [frame] = await frames(client);
  assert.ok(eip(frame) < HIGH);
  const { instructions } = await client.request('disassemble', { memoryReference: frame.instructionPointerReference, instructionCount: 1 });
  assert.deepEqual([instructions[0].location.name, instructions[0].line], ['boot.S', lineOf(BOOT, 'mov %eax, %cr0')]);
  const at = await client.request('evaluate', { expression: 'early' });
  assert.match(at.memoryReference, /^0x0*1[0-9a-f]{5}$/i, 'where it is now');
  const { targets } = await client.request('gotoTargets', { source: { path: C }, line: lineOf(C, 'count(2, distance);') });
  assert.ok(targets[0].id < HIGH, 'a jump does not leave for addresses that nothing is mapped at');
  for (const step of ['mov %eax, %cr0', 'mov $high, %ecx', 'jmp *%ecx', 'mov $stack_top, %esp']) {
    assert.deepEqual(
      named(await frames(client)),
      [`start boot.S:${lineOf(BOOT, step)}`].map((f) => (step.startsWith('mov $stack') ? f.replace('start', 'high') : f)),
    );
    await client.go('next');
  }
  assert.ok(eip((await frames(client))[0]) > HIGH);
});

test('a physical breakpoint that is set before paging stops at whatever linear address the code runs', { skip }, async () => {
  const client = await begin();
  const { breakpoints } = await client.request('setBreakpoints', { source: { path: C }, breakpoints: [{ line: lineOf(C, '*place += by;'), mode: 'physical' }] });
  assert.equal(breakpoints[0].verified, true);
  await client.go('continue');
  assert.ok(eip((await frames(client))[0]) < HIGH);
  await client.go('continue');
  assert.ok(eip((await frames(client))[0]) > HIGH);
});

test('what runs later at the linear address that the kernel was loaded at is not the kernel', { skip }, async () => {
  const client = await begin();
  await client.request('setFunctionBreakpoints', { breakpoints: [{ name: 'early' }, { name: 'done' }] });
  const stops: string[] = [];
  for (let n = 0; n < 2; n++) {
    await client.go('continue');
    stops.push(named(await frames(client))[0].split(' ')[0]);
  }
  assert.deepEqual(stops, ['early', 'done'], 'other code at the same linear address as `early` has run in between');
});

test('symbolOffset: a program that moves itself is known where it was loaded, and where it goes', { skip }, async () => {
  const client = await begin({ program: compile('gcc', [MOVER], ['-g']), symbolOffset: 0x100000 });
  const { breakpoints } = await client.request('setBreakpoints', { source: { path: MOVER }, breakpoints: [{ line: lineOf(MOVER, 'inc %edx') }] });
  assert.equal(breakpoints[0].verified, true);
  assert.deepEqual(named(await frames(client)), [`start mover.S:${lineOf(MOVER, 'mov $0x80000, %esp')}`]);
  for (const expected of [0x100000, 0x200000]) {
    await client.go('continue');
    const [frame] = await frames(client);
    assert.deepEqual(named([frame]), [`work mover.S:${lineOf(MOVER, 'inc %edx')}`]);
    assert.equal(eip(frame) & 0xfff00000, expected);
  }
});
