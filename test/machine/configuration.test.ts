import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ATTRIBUTES, launchSchema, parseConfiguration, parseConfigurations, type Configuration } from '../../src/machine/configuration';
import { TECHNIQUES } from '../../src/protocol/techniques';

const parse = (raw: unknown): Configuration => {
  const result = parseConfiguration(raw);
  assert.ok('config' in result, JSON.stringify(result));
  return result.config;
};

const problems = (raw: unknown): readonly string[] => {
  const result = parseConfiguration(raw);
  return 'problems' in result ? result.problems : [];
};

test('a program is enough', () => {
  assert.deepEqual(parse({ program: 'boot.asm' }), {
    program: 'boot.asm',
    technique: 'trap',
    translation: 'textbook',
    ringCompression: false,
    nestedPaging: true,
    kind: 'auto',
    memory: 64,
    cpu: 'p4',
    append: '',
    entropySeed: 1,
    persist: false,
    stopOnEntry: true,
    onHalt: 'stop',
    onTripleFault: 'stop',
    pace: 'idle',
    profile: 'p4-672',
    translate: 'on',
    weight: 256,
    startDate: Date.UTC(2005, 0, 1),
  });
});

test('sizes, addresses, numbers and macros in the forms people write', () => {
  const config = parse({ program: 'p', memory: '16M', loadAddress: '0x10000', entry: '1000h', bits: '32', cpu: 486, maxInstructions: 10, define: { DEBUG: 1, NAME: 'x' } });
  assert.deepEqual(
    [config.memory, config.loadAddress, config.entry, config.bits, config.cpu, config.maxInstructions, config.define],
    [16, 0x10000, 0x1000, 32, '486', 10, { DEBUG: '1', NAME: 'x' }],
  );
  assert.equal(parse({ program: 'p', memory: '1G' }).memory, 1024);
  assert.equal(parse({ program: 'p', startDate: '1999-12-31' }).startDate, Date.UTC(1999, 11, 31));
});

test('disks: one or several, an order to boot', () => {
  assert.deepEqual(parse({ program: 'p', disk: 'a.img' }).disk, ['a.img']);
  assert.deepEqual(parse({ program: 'p', disk: ['a.img', 'b.img'] }).disk, ['a.img', 'b.img']);
  assert.deepEqual(parse({ program: 'p', boot: 'cdrom, disk' }).boot, ['cdrom', 'disk']);
  assert.deepEqual(problems({ program: 'p', disk: [], boot: 'net', persist: 1 }), [
    '"disk" is []: expected a path, or an array of paths.',
    '"boot" is "net": expected some of "floppy", "disk", "cdrom", each once.',
    '"persist" is 1: expected true or false.',
  ]);
});

test('what VS Code adds is left alone', () => {
  assert.deepEqual(problems({ type: 'ringside', request: 'launch', name: 'x', program: 'p', __sessionId: '1', internalConsoleOptions: 'neverOpen', presentation: {} }), []);
});

test('every wrong attribute gives one sentence', () => {
  assert.deepEqual(problems({ technique: 'magic', memory: 0, stopOnEntry: 'yes', techniqe: 'bare', colour: 1 }), [
    '"program" is missing: expected the path of the guest to run.',
    `"technique" is "magic": expected one of ${TECHNIQUES.map(({ id }) => JSON.stringify(id)).join(', ')}.`,
    '"memory" is 0: expected a whole number of MiB from 1 to 1024.',
    '"stopOnEntry" is "yes": expected true or false.',
    '"techniqe" is not a launch attribute; did you mean "technique"?',
    '"colour" is not a launch attribute.',
  ]);
});

test('no value breaks it', () => {
  const values = [Number.NaN, Infinity, -1, 1.5, '', 'x'.repeat(1000), [], {}, [[]], () => 0, Symbol('s'), 10n, true, '\0', { toString: () => 'trap' }];
  for (const { name } of ATTRIBUTES) {
    for (const value of values) {
      const result = parseConfiguration({ program: 'p', [name]: value });
      if ('problems' in result) assert.ok(result.problems.length === 1 && result.problems[0].startsWith(`"${name}" is `), `${name}: ${result.problems.join()}`);
    }
  }
  for (const raw of [undefined, null, 5, 'x', [], Number.NaN]) assert.equal(problems(raw).length, 1);
});

test('prototypes are not touched', () => {
  const result = parseConfiguration(JSON.parse('{"program":"p","__proto__":{"technique":"bt"},"define":{"__proto__":"1"}}'));
  assert.ok('config' in result);
  assert.equal(result.config.technique, 'trap');
  assert.equal(Object.getPrototypeOf(result.config.define), Object.prototype);
  assert.equal(problems(JSON.parse('{"program":"p","constructor":1,"toString":2}')).length, 2);
  assert.equal(({} as Record<string, unknown>).technique, undefined);
  assert.deepEqual(problems(Object.create({ program: 'inherited' })), ['"program" is missing: expected the path of the guest to run.']);
});

test('the schema has every attribute with description and default', () => {
  const { anyOf, properties } = launchSchema() as { anyOf: unknown; properties: Record<string, { default?: unknown; description?: unknown }> };
  assert.deepEqual(anyOf, [{ required: ['program'] }, { required: ['vms'] }]);
  assert.deepEqual(Object.keys(properties), [...ATTRIBUTES.map((a) => a.name), 'vms']);
  assert.equal(properties.memory.default, 64);
  assert.ok(Object.values(properties).every((p) => typeof p.description === 'string'));
  for (const a of ATTRIBUTES) if ('valueDescriptions' in a) assert.equal(a.values.length, a.valueDescriptions.length, a.name);
});

const vmsOf = (raw: unknown) => {
  const result = parseConfigurations(raw);
  return 'vms' in result ? result.vms : result.problems;
};

test('several VMs: each has what the configuration says, and what it says itself', () => {
  const vms = parseConfigurations({
    technique: 'bt',
    memory: 4,
    vms: [{ program: 'a.asm' }, { program: 'dir/a.asm', technique: 'trap', weight: 512 }, { name: 'third', program: 'b.img', cap: 10 }],
  });
  assert.ok('vms' in vms);
  assert.deepEqual(
    vms.vms.map(({ name, config }) => [name, config.technique, config.memory, config.weight, config.cap]),
    [
      ['a.asm', 'bt', 4, 256, undefined],
      ['a.asm 2', 'trap', 4, 512, undefined],
      ['third', 'bt', 4, 256, 10],
    ],
  );
});

test('one VM is a list of one', () => {
  const vms = parseConfigurations({ program: '/x/boot.asm' });
  assert.ok('vms' in vms);
  assert.deepEqual(
    vms.vms.map((vm) => vm.name),
    ['boot.asm'],
  );
});

test('what is wrong with a list of VMs is said, with its place', () => {
  assert.deepEqual(vmsOf({ vms: [{ program: 'a' }, { technique: 'bt' }] }), ['vms[1]: "program" is missing: expected the path of the guest to run.']);
  assert.deepEqual(
    vmsOf({
      vms: [
        { program: 'a', name: 'x' },
        { program: 'b', name: 'x' },
        { program: 'c', name: 3 },
      ],
    }),
    ['vms[1]: "x" is the name of another VM.', 'vms[2]: "name" must be text.'],
  );
  for (const vms of [[], {}, 'a', [1], new Array(17).fill({ program: 'a' })]) assert.match(String(vmsOf({ vms })), /"vms" must be an array of 1 to 16 objects/);
});
