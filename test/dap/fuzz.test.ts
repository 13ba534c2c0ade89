import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ERROR_CODES } from '../../src/dap/errors';
import { HANDLERS } from '../../src/dap/handlers';
import { type Body, DapClient } from './dapClient';
import { TOY_PATH, toyMachine } from './fakeVm';

/** A small generator with a seed: a failure can be had again. */
function random(seed: number) {
  let state = seed;
  return (below: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const FIELDS = [
  'memoryReference',
  'offset',
  'instructionOffset',
  'instructionCount',
  'count',
  'expression',
  'value',
  'name',
  'variablesReference',
  'frameId',
  'source',
  'line',
  'endLine',
  'breakpoints',
  'filters',
  'filterOptions',
  'instructionReference',
  'data',
  'text',
  'column',
  'targetId',
  'context',
  'kinds',
  'since',
  'keys',
  'granularity',
  'startFrame',
  'levels',
];
const VALUES = [
  0,
  1,
  -1,
  2,
  1e9,
  2 ** 53,
  -(2 ** 31),
  1.5,
  '',
  '0x7c00',
  '0xffffffff',
  'phys:0x0',
  '-5',
  '[eax',
  '[[eax]]',
  'ds:si',
  'cs:eip',
  'routine',
  '((((',
  'eax = 1',
  '{}',
  'AAAA',
  'int:',
  'insn:cli',
  null,
  true,
  [],
  {},
  [null],
  [{}],
  [[]],
  { path: TOY_PATH },
  [{ line: 1 }],
  [{ line: -7 }],
  [{ name: 'x:y' }],
  [{ instructionReference: '0x7c00' }],
  ['trap'],
  [{ filterId: 'trap', condition: ')' }],
];

test('no arguments whatever make the session fail', { timeout: 60_000 }, async () => {
  const below = random(7);
  const client = new DapClient(() => toyMachine([['90'], ['40'], ['eb fd', 'routine']]));
  await client.start();
  await client.event('stopped');
  const commands = HANDLERS.map((h) => h.command).filter((c) => !['disconnect', 'terminate', 'launch', 'restart', 'configurationDone', 'continue'].includes(c));
  for (let i = 0; i < 3000; i++) {
    const args: Body = {};
    for (let n = below(5); n >= 0; n--) args[FIELDS[below(FIELDS.length)]] = VALUES[below(VALUES.length)];
    const command = commands[below(commands.length)];
    const response = await client.response(command, below(20) === 0 ? VALUES[below(VALUES.length)] : args);
    if (!response.success) assert.notEqual(response.body.error.id, ERROR_CODES.internal, `${command} ${JSON.stringify(args)}: ${response.message}`);
  }
  await client.request('pause', { threadId: 1 });
  assert.equal((await client.request('threads')).threads.length, 1);
});
