/**
 * Whole sessions as transcripts: what a client says, and everything it hears, in order. UPDATE_GOLDEN=1 writes them anew;
 * read the difference before committing it.
 */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { createMachine } from '../../src/machine/machine';
import { nodeFiles } from '../../src/nodeFiles';
import { type Body, DapClient } from './dapClient';

type Step = readonly [command: string, args?: object, event?: string];

const ROOT = `${process.cwd()}/`;

/** Without what differs from run to run or from place to place: sequence numbers, the folder of the project, and machine-wide tallies. */
function normal(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (key, inner) => {
      if (key === 'seq' || key === 'request_seq') return undefined;
      return typeof inner === 'string' ? inner.replaceAll(ROOT, '').replace(/\d+ modelled cycles; .*/, 'N modelled cycles; ...') : inner;
    }),
  );
}

/** One line a message; of a long one a line each field, and each row of its lists. */
function show(prefix: string, body: object | undefined): string {
  if (body === undefined) return prefix;
  const plain = normal(body) as Body;
  if (JSON.stringify(plain).length < 140) return `${prefix} ${JSON.stringify(plain)}`;
  const rows = (value: unknown) => (Array.isArray(value) ? value.map((row) => `\n        ${JSON.stringify(row)}`).join('') : ` ${JSON.stringify(value)}`);
  return (
    prefix +
    Object.entries(plain)
      .map(([key, value]) => `\n      ${key}:${rows(value)}`)
      .join('')
  );
}

async function record(program: string, attributes: Body, steps: readonly Step[]): Promise<string> {
  const client = new DapClient((config) => createMachine(config, nodeFiles));
  const lines: string[] = [];
  let shown = 0;
  const flush = () => {
    for (; shown < client.messages.length; shown++) {
      const message = client.messages[shown] as Body;
      if (message.type === 'event') lines.push(show(`  ! ${message.event}`, message.body));
      else
        lines.push(
          show(`  < ${message.command}${message.success ? '' : ` failed: ${message.message}`}`, message.success && message.command !== 'initialize' ? message.body : undefined),
        );
    }
  };
  const all: readonly Step[] = [
    ['initialize', { adapterID: 'ringside', linesStartAt1: true, columnsStartAt1: true, supportsInvalidatedEvent: true, supportsMemoryEvent: true }],
    ['launch', { program: path.join(ROOT, program), technique: 'bare', pace: 'full', ...attributes }, 'initialized'],
    ...steps,
  ];
  for (const [command, args, event] of all) {
    lines.push(show(`> ${command}`, args));
    await client.response(command, args);
    if (event) await client.event(event);
    flush();
  }
  return `${lines.join('\n')}\n`;
}

function compare(name: string, actual: string): void {
  const golden = `test/golden/dap/${name}.txt`;
  if (process.env.UPDATE_GOLDEN) fs.writeFileSync(golden, actual);
  assert.equal(actual, fs.readFileSync(golden, 'utf8'));
}

const thread = { threadId: 1 };

test('a C kernel: break in a function, look at frames and variables, step, watch, change, end', async () => {
  const steps: Step[] = [
    ['setFunctionBreakpoints', { breakpoints: [{ name: 'scopes' }, { name: 'nowhere' }] }],
    ['setBreakpoints', { source: { path: '/program/variables.c' }, breakpoints: [{ line: 55 }, { line: 100000 }] }],
    ['setExceptionBreakpoints', { filters: [] }],
    ['configurationDone', undefined, 'stopped'],
    ['threads'],
    ['stackTrace', thread],
    ['continue', thread, 'stopped'],
    ['stackTrace', thread],
    ['scopes', { frameId: 1 }],
    ['variables', { variablesReference: 1 }],
    ['evaluate', { expression: 'a + b == sum', frameId: 1, context: 'watch' }],
    ['evaluate', { expression: 'nodes[1]', frameId: 1, context: 'hover' }],
    ['evaluate', { expression: 'all.nonsense', frameId: 1, context: 'watch' }],
    ['setVariable', { variablesReference: 1, name: 'sum', value: '6' }],
    ['next', thread, 'stopped'],
    ['stepOut', thread, 'stopped'],
    ['stackTrace', thread],
    ['continue', thread, 'stopped'],
    ['stepIn', thread, 'stopped'],
    ['stackTrace', thread],
    ['evaluate', { expression: 'same', frameId: 1, context: 'hover' }],
    ['modules'],
    ['loadedSources'],
    ['disassemble', { memoryReference: 'add', instructionCount: 4 }],
    ['setFunctionBreakpoints', { breakpoints: [] }],
    ['continue', thread, 'terminated'],
    ['disconnect'],
  ];
  compare('ckernel', await record('test/symbols/fixtures/variables-gcc-4-O0.elf', {}, steps));
});

test('an assembly source under trap-and-emulate: break on an event, what it was, into the hypervisor, to the end', async () => {
  const steps: Step[] = [
    ['setExceptionBreakpoints', { filters: ['silent'] }],
    ['configurationDone', undefined, 'stopped'],
    ['stackTrace', thread],
    ['next', thread, 'stopped'],
    ['continue', thread, 'stopped'],
    ['exceptionInfo', thread],
    ['stackTrace', thread],
    ['stepInTargets', { frameId: 1 }],
    ['stepIn', { ...thread, targetId: 2 }, 'stopped'],
    ['stackTrace', thread],
    ['readMemory', { memoryReference: '0x7c00', count: 16 }],
    ['evaluate', { expression: 'nothing at all', frameId: 1, context: 'watch' }],
    ['disconnect'],
  ];
  compare('trap', await record('examples/trap.asm', { technique: 'trap' }, steps));
});
