/** Symbol files that are cut off, or whose bytes are wrong: an error with section and offset, or less information; never a hang, nor anything but a UserError. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { UserError } from '../../src/base/userError';
import type { FileBytes } from '../../src/symbols/byteReader';
import { compute, type FrameState, locate } from '../../src/symbols/dwarf/expression';
import { isElf, parseElf32 } from '../../src/symbols/elf32';
import { SymbolFile } from '../../src/symbols/symbolFile';

const FIXTURES = path.resolve('test/symbols/fixtures');
const NAMES = fs.readdirSync(FIXTURES).filter((name) => name.endsWith('.elf'));
const read = (name: string): Uint8Array => new Uint8Array(fs.readFileSync(path.join(FIXTURES, name)));

/** A generator of numbers that repeats itself for a seed (xorshift). */
function random(seed: number): (below: number) => number {
  let state = seed | 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

/** What the debugger asks about code is answered, with nothing if need be. */
function askAboutCode(file: SymbolFile): void {
  const places = file.lines.filter((_, i) => i % 7 === 0).map(({ linear }) => linear);
  for (const path of file.sources) file.linesOf(path);
  file.functionEntries('count');
  for (const linear of places) {
    file.lineAt(linear);
    file.functionsAt(linear);
    file.unwindRow(linear);
    file.behindPrologue(linear);
  }
}

/** Ask a symbol file for all that it knows. */
function exhaust(bytes: Uint8Array | FileBytes): SymbolFile {
  const file = new SymbolFile(bytes, { path: 'x.elf' });
  askAboutCode(file);
  for (const attempt of [() => file.info.named('all').map((die) => file.types.of(die).name), () => file.info.enumerator('GREEN')]) {
    try {
      attempt();
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      assert.match(error.message, /\.(debug_\w+|eh_frame) of x\.elf.* at [0-9A-F]+h:/);
    }
  }
  return file;
}

/** Read as a large file is: copies of what is asked for. */
const inPieces = (bytes: Uint8Array): FileBytes => ({ size: bytes.length, read: (offset, length) => bytes.slice(offset, offset + length) });

test('a file that is read in pieces says the same', () => {
  for (const name of NAMES) {
    const [whole, pieces] = [exhaust(read(name)), exhaust(inPieces(read(name)))];
    assert.deepEqual(pieces.lines, whole.lines, name);
    assert.deepEqual(pieces.sources, whole.sources, name);
    assert.deepEqual(pieces.symbols, whole.symbols, name);
  }
});

test('lines by address and by file are those of the whole table', () => {
  for (const name of NAMES) {
    const file = new SymbolFile(read(name), { path: name });
    assert.deepEqual(file.sources.flatMap((source) => file.linesOf(source)).length, file.lines.length, name);
    for (const span of file.lines.filter(({ length }) => length > 0)) assert.deepEqual(file.lineAt(span.linear + span.length - 1), span, name);
  }
});

test('fixtures are whole: nothing to complain about, and functions where their symbols are', () => {
  for (const name of NAMES) {
    const file = exhaust(read(name));
    assert.deepEqual(file.problems, [], name);
    assert.ok(file.lines.length > 10, name);
    if (name.startsWith('words')) continue;
    for (const symbol of file.symbols.filter(({ kind, name: n }) => kind === 'function' && n !== 'start'))
      assert.equal(file.functionsAt(symbol.value + 1).at(-1)?.name, symbol.name.replace(/\..*/, ''), `${name} ${symbol.name}`);
  }
});

test('files cut off anywhere', () => {
  for (const name of ['variables-gcc-5-O2.elf', 'variables-gcc-2-O0.elf']) {
    const whole = read(name);
    let refused = 0;
    for (let length = 0; length < whole.length; length += 97) {
      try {
        exhaust(whole.slice(0, length));
      } catch (error) {
        assert.ok(error instanceof UserError, `${name} cut at ${length}: ${error}`);
        refused++;
      }
    }
    assert.ok(refused > 10, 'the section headers are at the end');
  }
});

/** `SYMBOL_FUZZ_ROUNDS`: for a long run. */
const ROUNDS = Number(process.env.SYMBOL_FUZZ_ROUNDS ?? 25);

test('sections cut off or with bytes that are wrong: an error names section and offset', () => {
  const next = random(20261128);
  const complaints = new Set<string>();
  for (const name of NAMES) {
    const whole = read(name);
    const debug = parseElf32(whole).sections.filter((s) => /^\.(debug|eh_frame)/.test(s.name));
    for (let round = 0; round < ROUNDS; round++) {
      const bytes = whole.slice();
      const section = debug[next(debug.length)];
      const start = section.bytes.byteOffset - whole.byteOffset;
      if (round % 5 === 0) bytes.fill(0xff, start + next(section.size), start + section.size);
      else for (let n = 1 + next(4); n > 0; n--) bytes[start + next(section.size)] = next(256);
      try {
        for (const problem of exhaust(round % 2 ? bytes : inPieces(bytes)).problems) complaints.add(problem);
      } catch (error) {
        assert.ok(error instanceof UserError, `${name}, round ${round}: ${(error as Error).stack}`);
      }
    }
  }
  assert.ok(complaints.size > 20, `${complaints.size}`);
  for (const text of complaints) assert.match(text, /^\.(debug_\w+|eh_frame) of x\.elf(, expression at \w+)?( at [0-9A-F]+h: .|: its entries| is )/);
});

test('what is no ELF file', () => {
  assert.equal(isElf(new Uint8Array()), false);
  assert.throws(() => new SymbolFile(Uint8Array.of(1, 2, 3, 4), { path: 'x' }), UserError);
});

const NOTHING: FrameState = { register: () => undefined, read: () => undefined, cfa: undefined, frameBase: () => undefined, relocate: (a) => a, indexedAddress: () => 0 };
const KNOWN: FrameState = { ...NOTHING, register: (n) => 100 * n, read: (address) => address * 2, cfa: 1000, frameBase: () => 500, relocate: (a) => a + 0x1000 };
const expression = (...bytes: number[]) => ({ what: 'x', bytes: Uint8Array.from(bytes) });

test('location expressions compute what the standard says', () => {
  const value = (...bytes: number[]) => compute(expression(...bytes), KNOWN);
  assert.equal(value(0x03, 0x78, 0x56, 0x34, 0x12), 0x12346678, 'addr');
  assert.equal(value(0x91, 0x78), 492, 'fbreg -8');
  assert.equal(value(0x75, 0x08), 508, 'breg5 8');
  assert.equal(value(0x9c, 0x23, 0x04), 1004, 'cfa + 4');
  assert.equal(value(0x33, 0x34, 0x1c), 0xffffffff, '3 - 4');
  assert.equal(value(0x31, 0x32, 0x33, 0x17), 2, 'rot');
  assert.equal(value(0x31, 0x32, 0x16), 1, 'swap');
  assert.equal(value(0x35, 0x12, 0x1e), 25, 'dup mul');
  assert.equal(value(0x09, 0xff, 0x1f), 1, 'neg');
  assert.equal(value(0x09, 0xf0, 0x34, 0x26), 0xffffffff, 'shra');
  assert.equal(value(0x09, 0xf0, 0x34, 0x25), 0x0fffffff, 'shr');
  assert.equal(value(0x40, 0x06), 32, 'deref');
  assert.equal(value(0x32, 0x30, 0x28, 0x01, 0x00, 0x20), 0xfffffffd, 'bra not taken');
  assert.equal(value(0x32, 0x31, 0x28, 0x01, 0x00, 0x20), 2, 'bra taken');
  assert.deepEqual(locate(expression(0x50, 0x93, 4, 0x52, 0x93, 4), KNOWN), [
    { place: { kind: 'register', register: 0 }, bits: 32 },
    { place: { kind: 'register', register: 2 }, bits: 32 },
  ]);
  assert.deepEqual(locate(expression(0x35, 0x9f), KNOWN), [{ place: { kind: 'value', value: 5 } }]);
  assert.deepEqual(locate(expression(0xa3, 1, 0x50, 0x9f), KNOWN), [{ place: { kind: 'absent' } }], 'an entry value');
  assert.deepEqual(locate(expression(0x75, 0), NOTHING), [{ place: { kind: 'absent' } }], 'a register that nobody has kept');
});

test('location expressions that loop, run dry or end in the middle', () => {
  for (const [bytes, message] of [
    [[0x2f, 0xfd, 0xff], /x at .*h: the expression does not end/],
    [[0x1c], /empty stack/],
    [[0x31, 0x17], /empty stack/],
    [[0x03, 1], /4 bytes are wanted, 1 are there/],
    [[0x2f, 0x10, 0x00], /branches out of itself/],
    [[0x31, 0x2f, 0xfc, 0xff], /does not end/],
  ] as const) {
    assert.throws(
      () => locate(expression(...bytes), KNOWN),
      (error) => error instanceof UserError && message.test(error.message),
    );
  }
});
