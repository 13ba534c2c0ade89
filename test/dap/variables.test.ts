/** Variables of C programs as a client sees them: every sort of object, as gcc and clang describe them in DWARF 2 to 5. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { createMachine } from '../../src/machine/machine';
import { nodeFiles } from '../../src/nodeFiles';
import { canCompile, compile } from '../symbols/compile';
import { type Body, DapClient } from './dapClient';

const PROGRAM = path.resolve('test/symbols/program');
const FIXTURES = path.resolve('test/symbols/fixtures');
const SOURCES = [path.join(PROGRAM, 'variables.c'), path.join(PROGRAM, 'entry.S')];

/** What was compiled beforehand, so that nothing need be installed, and what is compiled now where that can be done. */
const BUILT = fs
  .readdirSync(FIXTURES)
  .filter((name) => name.endsWith('.elf'))
  .map((name) => ({ name, program: () => path.join(FIXTURES, name) }));
const COMPILED = (['gcc', 'clang'] as const).filter(canCompile).flatMap((compiler) =>
  [
    ['-gdwarf-5', '-O0'],
    ['-gdwarf-5', '-O2'],
  ].map((flags) => ({ name: `${compiler} ${flags.join(' ')}`, program: () => compile(compiler, SOURCES, flags) })),
);

async function begin(program: string): Promise<DapClient> {
  const client = new DapClient((config) => createMachine(config, nodeFiles));
  await client.start({ program, technique: 'bare' });
  await client.event('stopped');
  return client;
}

const frames = async (client: DapClient): Promise<Body[]> => (await client.request('stackTrace', { threadId: 1 })).stackFrames;
const names = async (client: DapClient): Promise<string[]> => (await frames(client)).map((f) => f.name);

async function evaluate(client: DapClient, expression: string, frameId = 1): Promise<string> {
  const answer = await client.response('evaluate', { expression, frameId, context: 'watch' });
  return answer.success ? `${answer.body.result}` : answer.message;
}

/** `name: value` of a scope of a frame. */
async function rows(client: DapClient, frameId: number, scope: string): Promise<Record<string, string>> {
  const { scopes } = await client.request('scopes', { frameId });
  const { variablesReference } = scopes.find((s: Body) => s.name === scope);
  const { variables } = await client.request('variables', { variablesReference });
  return Object.fromEntries(variables.map((v: Body) => [v.name, v.value]));
}

/** To the call of here() of this number, then out of it. */
async function until(client: DapClient, place: number): Promise<void> {
  await client.request('setFunctionBreakpoints', { breakpoints: [{ name: 'here', condition: `place == ${place}` }] });
  await client.go('continue');
  assert.equal((await names(client))[0], 'here');
}

const GLOBALS: Readonly<Record<string, string | RegExp>> = {
  'all.letter': "120 'x'",
  'all.small': '-2',
  'all.big': '81985529216486895',
  'all.real': '2.5',
  'all.single': '-0.25',
  'all.yes': 'true',
  'all.color': 'BLUE (-2)',
  'all.flags': 'READ | EXEC (5)',
  'all.low': '5',
  'all.middle': '-3',
  'all.high': '2748',
  'all.point': '{x = 3, y = 4}',
  'all.anonymous': '65',
  'all.first': "65 'A'",
  'all.list->next->value': '10',
  'all.list[2].value': '20',
  'all.list[2].next': '0x00000000',
  'all.grid': '[[0, 0, 0], [0, 0, 12]]',
  'all.grid[1][2] * 2 + 1': '25',
  'all.operation': /^0x\w+ <add>$/,
  'all.operation == add': '1',
  'all.text': /"hello\\n"$/,
  'all.text[1]': "101 'e'",
  '*all.text': "104 'h'",
  'nodes[0].tag': '"a"',
  hidden: '7',
  '*nodes': /^\{value = 0, next = 0x\w+ <nodes\+\w+h>, tag = "a"\}$/,
  '&nodes[1] - nodes': '1',
  '&nodes[2] == nodes[1].next': '1',
  'sizeof(node)': '12',
  'sizeof all.grid': '24',
  '(byte)300': "44 ','",
  '((node *)all.list)->tag[0]': "97 'a'",
  'all.nothing == &all': '1',
  '-all.small << 3': '16',
  'all.real / 2 + 1': '2.25',
  '~0u': '4294967295',
  'GREEN + 1': '6',
  '!all.yes || all.low > 4': '1',
  "all.letter == 'x' && all.big > 1": '1',
};

for (const { name, program } of [...BUILT.filter((b) => b.name.startsWith('variables')), ...COMPILED]) {
  test(`${name}: globals, locals and expressions`, async () => {
    const optimised = name.includes('O2');
    const client = await begin(program());
    await until(client, 1);
    for (const [expression, expected] of Object.entries(GLOBALS)) {
      const found = await evaluate(client, expression);
      if (typeof expected === 'string') assert.equal(found, expected, expression);
      else assert.match(found, expected, expression);
    }
    assert.match(await evaluate(client, 'all.missing'), /struct everything has no member missing; it has letter, small/);
    assert.match(await evaluate(client, '*all.nothing'), /cast it first/);
    assert.match(await evaluate(client, '1 / (all.low - 5)'), /Division by zero/);
    const { scopes } = await client.request('scopes', { frameId: 1 });
    const statics = scopes.find((s: Body) => s.name === 'Globals of variables.c');
    const { variables } = await client.request('variables', { variablesReference: statics.variablesReference });
    const large = variables.find((v: Body) => v.name === 'large');
    assert.equal(large.indexedVariables, 5000);
    const page = await client.request('variables', { variablesReference: large.variablesReference, filter: 'indexed', start: 4998, count: 2 });
    assert.deepEqual(
      page.variables.map((v: Body) => `${v.name} ${v.value} ${v.evaluateName}`),
      ['[4998] 0 large[4998]', '[4999] 1 large[4999]'],
    );
    const { declarationLocationReference } = large;
    const place = await client.request('locations', { locationReference: declarationLocationReference });
    assert.match(place.source.path, /variables\.c$/);
    assert.equal(place.line, fs.readFileSync(SOURCES[0], 'utf8').split('\n').indexOf('int large[5000];') + 1);

    await until(client, 5);
    assert.deepEqual((await names(client)).slice(0, 3), ['here', 'add', 'start_c']);
    const optional = (value: string, expected: string) => assert.ok(value === expected || (optimised && value.includes('<optimized out>')), `${value} is not ${expected}`);
    assert.deepEqual(await rows(client, 1, 'Locals'), { place: '5' });
    const add = await rows(client, 2, 'Locals');
    for (const [local, expected] of Object.entries({ a: '2', b: '3', sum: '5' })) optional(add[local], expected);
    optional(await evaluate(client, 'sum * 2', 2), '10');

    await until(client, 24);
    assert.deepEqual((await names(client)).slice(0, 3), ['here', 'twice', 'start_c'], 'inlined or not');
    optional((await rows(client, 2, 'Locals')).factor, '12');

    await until(client, 100);
    assert.equal((await rows(client, 2, 'Locals')).calls, '4', 'a static variable');
    if (!optimised) {
      assert.deepEqual((await names(client)).slice(0, 6), ['here', 'count', 'count', 'count', 'count', 'start_c']);
      for (let n = 0; n <= 3; n++) assert.equal((await rows(client, 2 + n, 'Locals')).n, String(n), 'each activation its own');
    }

    await until(client, 86);
    const blocks = await rows(client, 2, 'Locals');
    assert.deepEqual(Object.keys(blocks), ['outer', 'same', 'inner', 'same (hidden)'], 'the innermost first');
    optional(blocks.same, '40');
    optional(blocks['same (hidden)'], '47');
    optional(await evaluate(client, 'same', 2), '40');

    await until(client, 113);
    const wide = await rows(client, 2, 'Locals');
    for (const [local, expected] of Object.entries({ big: '1099511627776', real: '5.0', letter: "113 'q'", more: '3298534883328', half: '2.5' })) optional(wide[local], expected);
  });
}

test('variables are set: scalars, elements, bit-fields, doubles, through pointers; registers too, and of callers what is in memory', async () => {
  const client = await begin(path.join(FIXTURES, 'variables-gcc-4-O0.elf'));
  await until(client, 5);
  const { scopes } = await client.request('scopes', { frameId: 2 });
  const { variablesReference } = scopes.find((s: Body) => s.name === 'Locals');
  const set = await client.request('setVariable', { variablesReference, name: 'sum', value: 'a * 100 + b' });
  assert.equal(set.value, '203');
  for (const [expression, value, expected] of [
    ['all.small', '-7', '-7'],
    ['all.high', '0xfff', '4095'],
    ['all.middle', '-4', '-4'],
    ['all.low', '2', '2'],
    ['all.real', '1.0 / 8', '0.125'],
    ['all.big', '-1', '-1'],
    ['all.color', 'GREEN', 'GREEN (5)'],
    ['all.list->next->value', '99', '99'],
    ['all.grid[0][1]', 'all.grid[1][2] + 1', '13'],
    ['*nodes[0].next', 'nodes[2]', /^\{value = 20/],
    ['all.text', '0', '0x00000000'],
  ] as const) {
    const { value: after } = await client.request('setExpression', { expression, value, frameId: 1 });
    if (typeof expected === 'string') assert.equal(after, expected, expression);
    else assert.match(after, expected, expression);
  }
  const { result } = await client.request('evaluate', { expression: 'hidden = 8', frameId: 1, context: 'repl' });
  assert.equal(result, '8');
  for (const [expression, value, why] of [
    ['all.low', '8', /does not fit in 3 bits/],
    ['nodes', '1', /cannot be assigned as a whole/],
    ['all', 'nodes[0]', /can only be assigned another one/],
    ['all.small', '70000', /does not fit in 16 bits/],
    ['hidden + 1', '1', /no place of its own/],
  ] as const) {
    assert.match((await client.response('setExpression', { expression, value, frameId: 1 })).message, why);
  }
  await client.request('setExpression', { expression: '$edi', value: '0x1234', frameId: 1 });
  assert.equal(await evaluate(client, 'edi'), '0x00001234 (4660)');
});

test('conditions and log points see variables of the place that they are at', async () => {
  const client = await begin(path.join(FIXTURES, 'variables-gcc-4-O0.elf'));
  const source = { path: (await frames(client))[0].source.path.replace('entry.S', 'variables.c') };
  const text = fs.readFileSync(SOURCES[0], 'utf8').split('\n');
  const line = text.indexOf('  return count(n - 1) + n;') + 1;
  await client.request('setBreakpoints', {
    source,
    breakpoints: [
      { line, condition: 'n == 1 && calls == 3' },
      { line: text.indexOf('  calls++;') + 1, logMessage: 'n is {n}, called {calls} times' },
    ],
  });
  await client.go('continue');
  assert.equal(await evaluate(client, 'n'), '1');
  assert.equal(
    client
      .output('console')
      .match(/n is \d, called \d times/g)
      ?.join('; '),
    'n is 3, called 0 times; n is 2, called 1 times; n is 1, called 2 times',
  );
});

test('a data breakpoint on a variable', async () => {
  const client = await begin(path.join(FIXTURES, 'variables-gcc-4-O0.elf'));
  const info = await client.request('dataBreakpointInfo', { name: 'nodes[1].value' });
  assert.match(info.description, /4 bytes/);
  await client.request('setDataBreakpoints', { breakpoints: [{ dataId: info.dataId, accessType: 'write' }] });
  assert.equal((await client.go('continue')).reason, 'data breakpoint');
  assert.equal((await names(client))[0], 'fill');
  assert.equal(await evaluate(client, 'i'), '1');
});

test('assembly with the debugging information of nasm: lines, labels, steps', async () => {
  const client = await begin(path.join(FIXTURES, 'words.elf'));
  const at = async () => (await frames(client)).map((f) => `${f.name} ${f.source?.name}:${f.line}`).join(' < ');
  assert.match(await at(), /^start words\.asm:8/);
  await client.go('next');
  await client.go('next');
  await client.go('stepIn');
  assert.match(await at(), /^double_it words\.asm:17 < start\+\w+h words\.asm:10$/);
  await client.go('stepOut');
  assert.match(await at(), /^start\+\w+h words\.asm:11/);
  assert.equal(await evaluate(client, 'eax'), '0x0000002A (42)');
});

test('completions know the frame’s variables and the members of what is before the point or arrow', async () => {
  const client = await begin(path.join(FIXTURES, 'variables-gcc-4-O0.elf'));
  await client.request('setFunctionBreakpoints', { breakpoints: [{ name: 'add' }] });
  await client.go('continue');
  const [{ id: frameId }] = await frames(client);
  const complete = async (text: string) => (await client.request('completions', { text, column: text.length + 1, frameId })).targets;
  const labels = async (text: string): Promise<string[]> => (await complete(text)).map((t: Body) => t.label);
  assert.ok((await labels('su')).includes('sum'), 'a local');
  assert.ok((await labels('no')).includes('nodes'), 'a global of the file');
  assert.deepEqual(await labels('nodes[1].'), ['value', 'next', 'tag']);
  assert.deepEqual(await complete('1 + nodes[0].next->ta'), [{ label: 'tag', type: 'field', start: 19, length: 2 }]);
  assert.deepEqual(await labels('gdtr.b'), ['gdtr.base']);
  assert.deepEqual(await labels('sum.'), []);
});
