/** What colours and hints say of an instruction is what the machine does with it. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { test } from 'node:test';
import type { TechniqueId } from '../../../src/protocol/techniques';
import { instructionFate } from '../../../src/ui/language/fate';
import { gasInstructionAt } from '../../../src/ui/language/gas';
import { lineCountHints } from '../../../src/ui/language/lineCountHints';
import { bytesOf, lenses } from '../../../src/ui/language/lineLenses';
import { semanticTokens } from '../../../src/ui/language/semanticTokens';
import { parseSource } from '../../../src/ui/language/sourceModel';
import { checkSource } from '../../../src/asm/checkService';
import { play } from '../../guest/play';

const FILE = 'examples/trap.asm';
const source = fs.readFileSync(FILE, 'utf8');
const model = parseSource(source);

/** Exits that the instruction they happen at has nothing to do with: interrupts, their windows, nested page tables. */
const ASYNCHRONOUS = [1, 7, 48];

type Observed = readonly [line: number, kind: string];

/** What each event says of the line where it happened. */
function observe(file: string, technique: TechniqueId): Observed[] {
  const { events, machine } = play(file, technique, { launch: {}, keys: '' });
  const lines = machine.assembly?.lines.filter((l) => l.code) ?? [];
  const own = events.filter((e) => e.kind !== 'vmExit' || !ASYNCHRONOUS.includes(e.number));
  return own.flatMap((e): Observed[] => lines.filter((l) => l.address === e.linear).map((l) => [l.line, e.kind]));
}

/** Where the CPU is in protected mode but code still 16 bits wide: between MOV CR0 and the far jump. */
const inBetween = (text: string): boolean => /^\s*jmp 0x08:/.test(text);

const EXPECTED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  trap: { trap: 'traps', silent: 'silent' },
  bt: { callout: 'traps' },
  hvm: { vmExit: 'exits' },
};

for (const technique of ['trap', 'bt', 'hvm'] as const) {
  test(`${technique}: what happened to each instruction is what was announced`, () => {
    let compared = 0;
    for (const file of [FILE, 'examples/popf.asm', 'examples/timer.asm']) {
      const announced = parseSource(fs.readFileSync(file, 'utf8'));
      const fates = new Map(announced.instructions.map((i) => [i.line + 1, instructionFate(i, technique)?.fate]));
      for (const [line, kind] of observe(file, technique)) {
        const text = announced.lines[line - 1];
        const expected = EXPECTED[technique][kind] ?? (kind === 'sensitive' ? ['direct', 'silent'] : undefined);
        if (!expected || inBetween(text)) continue;
        compared++;
        assert.ok([expected].flat().includes(fates.get(line) ?? ''), `${file}: ${text}: announced ${fates.get(line)}, but ${kind}`);
      }
    }
    assert.ok(compared > 10);
  });
}

test('semantic tokens: in order, apart, with what happens under the technique', () => {
  const tokens = semanticTokens(model, 'trap');
  for (const [i, t] of tokens.entries()) if (i > 0) assert.ok(t.line > tokens[i - 1].line || t.start >= tokens[i - 1].start + tokens[i - 1].length);
  const of = (technique: TechniqueId, pattern: RegExp) => {
    const line = model.lines.findIndex((l) => pattern.test(l));
    return semanticTokens(model, technique).find((t) => t.line === line && t.type === 'instruction')?.modifiers;
  };
  assert.deepEqual(of('trap', /^\s*lgdt/), ['privileged', 'traps']);
  assert.deepEqual(of('trap', /^\s*sgdt/), ['sensitive', 'silent']);
  assert.deepEqual(of('bare', /^\s*lgdt/), ['privileged']);
  assert.deepEqual(of('hvm', /^\s*out 0xe9/), ['io', 'exits']);
  assert.deepEqual(of('trap', /^\s*mov ds, ax/), ['sensitive']);
  assert.deepEqual(of('trap', /^\s*push cs/), ['sensitive', 'silent']);
  assert.ok(tokens.some((t) => t.type === 'label' && t.modifiers.includes('declaration')));
});

test('code lens: address, contents and bytes of each label', () => {
  const { lines } = checkSource({ id: 1, path: 'file:///trap.asm', text: source, files: {}, roots: [] });
  const [start] = lenses(model, lines);
  assert.match(start.title, /^7C00h · \d+ instructions, \d+ bytes · FA 31 C0 8E D8/);
  assert.match(model.lines[start.line], /^start:/);
  const cli = model.lines.findIndex((l) => /^\s*cli\b/.test(l));
  assert.equal(bytesOf(lines, cli), '`7C00h`: `FA` (1 byte)');
});

test('inlay hints: counts of a run, of this file only', () => {
  const counts = [
    { path: '/a.asm', line: 3, counts: { trap: 2, silent: 1, port: 9 } },
    { path: '/b.asm', line: 4, counts: { trap: 1 } },
    { path: '/a.asm', line: 5, counts: { port: 1 } },
  ];
  assert.deepEqual(
    lineCountHints(counts, (path) => path === '/a.asm').map(({ line, text }) => [line, text]),
    [[2, '1 silently wrong, 2 traps']],
  );
});

test('GNU assembler source: AT&T names and operands', () => {
  const at = (line: string, column = line.search(/\S/)) => gasInstructionAt(line, column);
  assert.deepEqual([at('  movl %eax, %cr0')?.name, at('  movl %eax, %cr0')?.operands], ['mov', 'cr0, eax']);
  assert.equal(at('  ljmp $8, $1f # far')?.name, 'jmp');
  assert.equal(at('1: lgdt gdtr', 3)?.name, 'lgdt');
  assert.equal(at('  movzbl (%esi), %eax')?.name, 'movzx');
  assert.equal(at('  # cli'), undefined);
  assert.equal(at('  .word 1'), undefined);
});
