/**
 * Blocks that check themselves: code that is rewritten every few times it runs. Nobody sees the stores, and whatever is written, the guest
 * does what one does whose code is decoded anew before every instruction.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assembleInstruction } from '../../src/asm/assembleInstruction';
import type { Heat, Translation } from '../../src/engine/heat';
import type { Block } from '../../src/engine/block';
import { DebugView } from '../../src/vmm/debugView';
import { CPU } from '../../src/x86/cpuState';
import { EAX, EBP, EBX, ECX, EDX, ESI, ESP } from '../../src/x86/registers';
import { TestCpu } from '../harness/testCpu';
import { generator } from '../x86/randomInstructions';

const WARM: Heat = { threshold: 8, warm: 2, patience: 0 };
const CODE = 0x2000;
const TABLE = 0x10000;

const assembled = (source: string): number[] => [...assembleInstruction(source, 32, CODE).bytes];

/** What stands at CODE next, and how often it is called. */
interface Round {
  readonly code: readonly number[];
  readonly calls: number;
}

/** Copies each round's code to CODE, byte by byte, and calls it. */
const COPY =
  'again: mov edi, 2000h\nlodsd\nmov ecx, eax\ncopy: lodsb\nmov [edi], al\ninc edi\nloop copy\nlodsd\nmov ecx, eax\ncalls: push ecx\ncall 2000h\npop ecx\nloop calls\ndec ebp\njnz again\nhlt';

const u32 = (n: number): number[] => [n & 255, (n >>> 8) & 255, (n >>> 16) & 255, n >>> 24];

/** `seen`: stores to code that TypeScript was told of. */
type Counted = TestCpu & { seen: number };

function bench(translation: Translation | Heat): Counted {
  const cpu = Object.assign(new TestCpu({ translation }), { seen: 0 });
  const { physical } = cpu.vm;
  const { onCodeWrite } = physical;
  physical.onCodeWrite = (...write) => {
    cpu.seen++;
    onCodeWrite(...write);
  };
  return cpu;
}

function start(cpu: Counted, rounds: readonly Round[]): void {
  cpu.vm.engine.cache.clear('another program');
  cpu.vm.engine.retired = 0;
  cpu.flat32();
  cpu.write(0x1000, new Uint8Array(0x4000));
  cpu.write(TABLE, Uint8Array.from(rounds.flatMap(({ code, calls }) => [...u32(code.length), ...code, ...u32(calls)])));
  cpu.load(COPY);
  for (let n = 0; n < 8; n++) cpu.cpu.setReg(n, 0);
  cpu.cpu.setReg(ESI, TABLE);
  cpu.cpu.setReg(ESP, 0x8000);
  cpu.cpu.setReg(EBP, rounds.length);
  cpu.cpu.eflags = 2;
  cpu.cpu.set(CPU.HALTED, 0);
  cpu.seen = 0;
}

function state({ cpu, vm }: TestCpu): unknown {
  return [[EAX, EBX, ECX, EDX, ESI, EBP].map((n) => cpu.reg(n)), cpu.eflags, vm.retired, Buffer.from(vm.physical.readBytes(0x1000, 0x2000)).toString('hex')];
}

function check(cpu: TestCpu): void {
  cpu.vm.engine.cache.checkInvariants();
  cpu.vm.engine.regions.checkInvariants();
}

/** Some programs run away. */
const LIMIT = 20_000;

const goesOn = ({ cpu, vm }: TestCpu): boolean => !cpu.get(CPU.HALTED) && vm.retired < LIMIT;

/** All rounds, up to HLT or a fault, in slices of changing length, or as long as they may be. */
function finish(cpu: Counted, sliced = true): Counted {
  for (let n = 0; goesOn(cpu); n++) if (cpu.vm.engine.run(Math.min(sliced ? 40 + (n % 7) * 50 : LIMIT, LIMIT - cpu.vm.retired)).kind === 'fault') break;
  check(cpu);
  return cpu;
}

/** The same with nothing kept of any code from one instruction to the next. */
function decodeAnew(cpu: Counted): Counted {
  while (goesOn(cpu)) {
    cpu.vm.engine.cache.clear('decoded anew');
    if (cpu.vm.engine.step().kind === 'fault') break;
  }
  return cpu;
}

function run(cpu: Counted, rounds: readonly Round[], sliced = true): Counted {
  start(cpu, rounds);
  return finish(cpu, sliced);
}

const checking = (cpu: TestCpu): Block[] => [...cpu.vm.engine.cache.blocks()].filter(({ checks }) => checks);

/** `n` rounds of a function whose immediate is the round's number; of every second, its first instruction is another one. */
const counting = (n: number, calls = 2): Round[] =>
  Array.from({ length: n }, (_, i) => ({ code: assembled(`${i & 1 ? 'inc' : 'dec'} edx\nadd eax, strict dword ${i}\nrol eax, 1\nsub ebx, strict byte ${i & 127}\nret`), calls }));

test('code that keeps its shape is rewritten unseen, and stays one block', () => {
  const cpu = run(bench('off'), counting(200), false);
  const [block] = checking(cpu);
  assert.equal(block.linear, CODE);
  assert.equal(block.code.instructions.at(1)?.instruction.immediate, 199);
  assert.ok(cpu.vm.engine.hits(block) > 350);
  assert.ok(cpu.seen < 100, `${cpu.seen} stores seen`);
  const expected = state(cpu);
  start(cpu, counting(200));
  assert.deepEqual(state(decodeAnew(cpu)), expected);
});

test('code of another shape is another block in the same place', () => {
  const shapes = ['inc eax\nrol eax, 3\nret', 'add ebx, strict dword 77\ndec eax\nadc eax, ebx\nret', 'xor edx, eax\nlea eax, [edx + ebx + 5]\nnop\nnop\nret'];
  const rounds = Array.from({ length: 300 }, (_, n) => ({ code: assembled(shapes[n % 3]), calls: 3 }));
  const cpu = bench('off');
  start(cpu, rounds);
  const { cache } = cpu.vm.engine;
  const entries = new Set<number>();
  cache.invalidated.on((block) => void (block.linear === CODE && block.roomy && entries.add(block.entry)));
  finish(cpu, false);
  assert.equal(entries.size, 1);
  assert.ok(cpu.seen < 200, `${cpu.seen} stores seen`);
  const lost = cache.forgotten.filter(({ linear }) => linear === CODE);
  assert.ok(lost.length > 100);
  for (const block of lost) {
    assert.equal(block.invalidatedBy, 'code written');
    assert.ok([3, 4, 5].includes(block.code.instructions.length));
    assert.equal(cpu.vm.engine.hits(block), 3, 'what a lost block ran stays known');
  }
});

test('a hot block stops checking itself and becomes a region; a store to it is seen again', () => {
  const cpu = run(bench(WARM), [...counting(60, 1), { code: assembled('inc edx\nadd eax, strict dword 7\nrol eax, 1\nsub ebx, strict byte 9\nret'), calls: 400 }]);
  assert.ok([...cpu.vm.engine.regions.regions()].some(({ blocks }) => blocks.some(({ linear }) => linear === CODE)));
  assert.ok(!checking(cpu).some(({ linear }) => linear === CODE));
});

test('a block that waits for its region and begins to check itself meanwhile gets none', () => {
  const cpu = bench({ threshold: 2, warm: 1, patience: 1e9 });
  cpu.vm.engine.cache.clear('another program');
  run(cpu, counting(1));
  const { regions, cache } = cpu.vm.engine;
  const block = [...cache.blocks()].find(({ linear }) => linear === CODE) as Block;
  assert.ok(block.valid && !block.checks);
  regions.want(block, 0);
  // DEC EDX and INC EDX by turns.
  for (let n = 0; n < 40; n++) cpu.vm.physical.writeBytes(CODE, Uint8Array.of(n & 1 ? 0x4a : 0x42));
  assert.ok(block.checks);
  regions.compileDue(block.mode, Number.POSITIVE_INFINITY);
  check(cpu);
  assert.equal(block.region, undefined);
});

test('what is written by a device, a debugger or a linear alias is run', () => {
  const cpu = run(bench('off'), counting(100));
  for (const code of ['add eax, strict dword 1000\nrol eax, 1\nsub ebx, strict byte 1\nret', 'inc ebx\nret', 'mov eax, 5\nmov ebx, 6\nmov ecx, 7\nret']) {
    cpu.vm.physical.writeBytes(CODE, Uint8Array.from(assembled(code)));
    for (const register of [EAX, EBX]) cpu.cpu.setReg(register, 0);
    cpu.load('call 2000h\nhlt', 0x3000);
    cpu.cpu.eip = 0x3000;
    cpu.cpu.set(CPU.HALTED, 0);
    finish(cpu);
    assert.deepEqual([cpu.cpu.reg(EAX), cpu.cpu.reg(EBX)], code.startsWith('add') ? [2000, 0xffffffff] : code.startsWith('inc') ? [0, 1] : [5, 6]);
  }
});

test('a step and a part of a block run what stands there', () => {
  const rounds = counting(100, 1);
  const expected = state(run(bench('off'), rounds));
  const cpu = bench('off');
  start(cpu, rounds);
  for (let n = 0; goesOn(cpu); n++) {
    if (n % 3 === 0) cpu.vm.engine.step();
    else cpu.vm.engine.run(1 + (n % 11));
  }
  check(cpu);
  assert.deepEqual(state(cpu), expected);
});

test('whoever looks at the blocks sees what they are', () => {
  const cpu = run(bench('off'), counting(100), false);
  assert.equal(checking(cpu).length, 1);
  cpu.vm.physical.writeBytes(CODE, Uint8Array.from(assembled('nop\nret')));
  const rows = new DebugView(cpu.vm).blocks().filter(({ linear }) => linear === CODE);
  assert.ok(rows.every(({ state }) => state === 'invalidated'));
  assert.equal(rows.at(-1)?.invalidatedBy, 'code written');
});

const REGISTERS = ['eax', 'ebx', 'edx'];
/** Anything may stand in a function: what stores elsewhere, what stores into the rest of it, jumps over bytes, what is no instruction until later. */
function randomCode(random: (n: number) => number): number[] {
  const register = (): string => REGISTERS[random(3)];
  const pieces = [
    () => `add ${register()}, strict dword ${random(2 ** 32)}`,
    () => `adc ${register()}, strict byte ${random(127)}`,
    () => `mov ${register()}, ${random(2 ** 32)}`,
    () => `inc ${register()}`,
    () => `ror ${register()}, 1`,
    () => `shl ${register()}, ${1 + random(30)}`,
    () => `lea ${register()}, [${register()} + ${random(100)}]`,
    () => `mov ${register()}, [${0x2800 + 4 * random(16)}]`,
    () => `imul ${register()}, ${register()}, ${random(100)}`,
    () => `mov [${0x2800 + 4 * random(16)}], ${register()}`,
    () => `mov byte [${CODE + random(24)}], 90h`,
    () => 'db 0xeb, 0x01, 0x0f',
    () => `push ${register()}\npop ${register()}`,
    () => 'nop',
  ];
  const stores = random(4) === 0;
  const lines = Array.from({ length: 1 + random(9) }, () => pieces[random(stores ? pieces.length : 9)]());
  return assembled([...lines, 'ret'].join('\n'));
}

/** Rounds that differ in everything, in immediates, or not at all. */
function randomRounds(seed: number): Round[] {
  const random = generator(seed);
  let code = randomCode(random);
  return Array.from({ length: 150 }, () => {
    if (random(3) === 0) code = randomCode(random);
    else if (random(2) === 0) code = code.map((byte, n) => (n > 0 && code[n - 1] === 0xb8 ? random(256) : byte));
    return { code, calls: 1 + random(3) };
  });
}

test('whatever is written where code was, is what runs', () => {
  const [reference, ...others] = (['off', 'off', 'eager', WARM] as const).map(bench);
  let checks = 0;
  for (let seed = 1; seed <= 12; seed++) {
    const rounds = randomRounds(seed);
    start(reference, rounds);
    const expected = state(decodeAnew(reference));
    for (const [n, cpu] of others.entries()) {
      assert.deepEqual(state(run(cpu, rounds)), expected, `seed ${seed}, ${['off', 'eager', 'warm'][n]}`);
      if (checking(cpu).length > 0) checks++;
    }
  }
  assert.ok(checks > 12, `${checks} runs with blocks that check themselves`);
});
