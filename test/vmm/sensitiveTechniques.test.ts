/**
 * Every sensitive and privileged instruction by mode, CPL, IOPL and extensions (../semantics/sensitiveRows.ts) under each
 * technique that deprivileges: trap-and-emulate with the guest's kernel at CPL 3 and at CPL 1, wrong where the silicon is
 * (sensitiveCells.ts); binary translation in both ways, never wrong.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SENSITIVITY } from '../../src/x86/sensitivity';
import { PLACES, type Place, ROWS, type Row } from '../semantics/sensitiveRows';
import { type Cell, CellBench } from './cells';
import { exitsOf } from './exitCells';
import { CELLS } from './sensitiveCells';

/** D direct, T trap, C callout, I in line, H hypercall, F the guest's fault, S silently wrong: in what; then what came of it, if not what bare metal makes of it. */
const shown = ({ outcome, how }: Cell, bare: string): string => {
  const letter = how.startsWith('silent') ? `S:${how.slice(7)}` : { direct: 'D', trap: 'T', callout: 'C', inline: 'I', hypercall: 'H', guestFault: 'F' }[how];
  return outcome === bare ? `${letter}` : `${letter}=${outcome}`;
};

/** Under `pv`, where not as under trap-and-emulate. */
const PARAVIRTUALIZED: Readonly<Record<string, string>> = { vmcall: PLACES.map(() => 'H=ok').join(' ') };

const nameOf = ([, code, , options]: Row): string =>
  `${code}${options?.cr4 ? `, CR4 ${options.cr4.toString(16)}h` : ''}${options?.flags ? `, EFLAGS ${options.flags.toString(16)}h` : ''}`;
const bareOf = ([, , expected]: Row): string[] => expected.split(/ +/);
const cellsOf = (bench: CellBench, row: Row): string[] => PLACES.map((where, n) => shown(bench.cell(where, row[1], row[3] ?? {}), bareOf(row)[n]));
const named = (cells: readonly string[]): string[] => cells.map((cell, n) => `${PLACES[n].name}: ${cell}`);

for (const [technique, ringCompression, column] of [
  ['trap-and-emulate', false, 1],
  ['trap-and-emulate at CPL 1', true, 2],
] as const)
  test(`${technique}: every cell`, () => {
    const bench = new CellBench({ technique: 'trap', ringCompression });
    assert.deepEqual(
      CELLS.map(([name]) => name),
      ROWS.map(nameOf),
    );
    ROWS.forEach((row, n) => assert.deepEqual(named(cellsOf(bench, row)), named(CELLS[n][column].split(/ +/)), nameOf(row)));
  });

const isKernel = ({ mode, cpl }: Place): boolean => mode === 'real' || (mode === 'protected' && cpl < 3);
/** Emulated in the translation cache; the others call out. */
const IN_LINE = 'cli sti pushf popf sgdt sidt sldt str smsw clts pushSegment movFromSegment movFromControl movFromDebug invd wbinvd rdtsc io'.split(' ');

/** In the guest's kernel. */
function translated([sensitivity, code, expected]: Row, place: number, optimised: boolean): string {
  if (/^(GP|UD)/.test(expected.split(/ +/)[place])) return 'F';
  if (code === 'int1' || code === 'sysenter') return 'T';
  if (sensitivity === '') return 'D';
  return optimised && IN_LINE.includes(sensitivity) ? 'I' : 'C';
}

for (const optimised of [false, true])
  test(`binary translation, ${optimised ? 'optimised' : 'as in the textbook'}: every cell`, () => {
    const bench = new CellBench({ technique: 'bt', optimised });
    for (const row of ROWS) {
      const cells = cellsOf(bench, row);
      const expected = PLACES.map((where, n) => (isKernel(where) ? translated(row, n, optimised) : cells[n].replace(/=.*/, '')));
      assert.deepEqual(named(cells), named(expected), nameOf(row));
    }
  });

/** X and the exit reason, D without an exit; F when the guest gets a fault. */
const shownExits = ({ outcome, exits, faulted }: Cell, bare: string): string =>
  `${exits.length > 0 ? `X${exits.join('+')}` : ''}${faulted ? 'F' : exits.length > 0 ? '' : 'D'}${outcome === bare ? '' : `=${outcome}`}`;

/** A fault of the instruction itself comes before its exit, but for MOV DR and VMCALL; #UD is in the exception bitmap. */
function expectedExit(row: Row, { mode }: Place, bare: string, nestedPaging: boolean): string {
  const [nested, first, firstReal] = exitsOf(nameOf(row));
  const real = mode === 'real' && !nestedPaging;
  const exit = nestedPaging ? nested : real ? firstReal : first;
  const outranks = exit === 29 || exit === 18;
  if (!/^(GP|UD|NP|SS|TS)/.test(bare)) return exit === '-' ? 'D' : `X${exit}`;
  if (outranks) return `X${exit}F`;
  return real || bare === 'UD' ? 'X0F' : 'F';
}

for (const nestedPaging of [true, false])
  test(`VT-x${nestedPaging ? '' : ' of the first generation'}: every cell, by exit reason`, () => {
    const bench = new CellBench({ technique: 'hvm', nestedPaging });
    for (const row of ROWS) {
      const bare = bareOf(row);
      const cells = PLACES.map((where, n) => shownExits(bench.cell(where, row[1], row[3] ?? {}), bare[n]));
      assert.deepEqual(named(cells), named(PLACES.map((where, n) => expectedExit(row, where, bare[n], nestedPaging))), nameOf(row));
    }
  });

test('paravirtualized: what the guest was not changed for is as under trap-and-emulate, in every cell', () => {
  const bench = new CellBench({ technique: 'pv' });
  ROWS.forEach((row, n) => assert.deepEqual(named(cellsOf(bench, row)), named((PARAVIRTUALIZED[nameOf(row)] ?? CELLS[n][1]).split(/ +/)), nameOf(row)));
});

test('what is silently wrong is sensitive and unprivileged, and each such instruction that user mode can tell is wrong somewhere', () => {
  const silent = new Set(CELLS.flatMap(([, ...columns], n) => (columns.some((c) => c.includes('S:')) ? [ROWS[n][0]] : [])));
  for (const name of silent) assert.equal(SENSITIVITY[name as keyof typeof SENSITIVITY].kind, 'sensitive', name);
  assert.deepEqual([...silent].sort(), ['farCall', 'iret', 'lar', 'movFromSegment', 'movToSegment', 'popSegment', 'popf', 'pushSegment', 'pushf', 'sgdt', 'sidt', 'smsw', 'str']);
});
