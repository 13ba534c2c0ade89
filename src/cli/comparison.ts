/** A comparison of techniques as a table, with the first divergence of each run that has one. */
import { hex, hexh } from '../base/bits';
import type { ComparedRun, Divergence, RegisterDifference } from '../debug/compare';
import { TECHNIQUES } from '../protocol/techniques';
import { EFLAGS_BITS } from '../x86/flags';
import { countedKinds, describeStop, EVENT_NAMES, thousands } from './describe';

type Row = readonly [title: string, ...cells: string[]];

const indent = (text: string, by = 2): string => text.replace(/^(?=.)/gm, ' '.repeat(by));

/** Titles to the left, cells right-aligned under the names of the techniques. */
function table(rows: readonly Row[]): string {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows.map((row) => `${row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column]))).join('  ')}\n`).join('');
}

const ratio = (value: number, reference: number): string => (reference > 0 ? `${(value / reference).toFixed(2)}` : '–');

function rows(runs: readonly ComparedRun[]): Row[] {
  const [reference] = runs;
  const row = (title: string, cell: (run: ComparedRun) => string): Row => [title, ...runs.map(cell)];
  return [
    row('', (run) => run.technique),
    row('ended by', (run) => describeStop(run.stop)),
    row('retired instructions', (run) => thousands(run.retired)),
    row('modelled cycles', (run) => thousands(run.cycles)),
    row(`  relative to ${reference.technique}`, (run) => ratio(run.cycles, reference.cycles)),
    row('host milliseconds', (run) => thousands(run.milliseconds)),
    ...countedKinds(runs.map((run) => run.counts)).map((kind) => row(EVENT_NAMES[kind], (run) => thousands(run.counts[kind]))),
    row('final state', (run) => (run === reference ? 'reference' : run.equal ? 'equal' : 'differs')),
  ];
}

/** `eflags`: the names of the flags that differ, too. */
function difference({ name, reference, other }: RegisterDifference, referenceName: string, otherName: string): string {
  const flags = EFLAGS_BITS.filter(([, mask]) => ((reference ^ other) & mask) !== 0).map(([flag]) => flag);
  return `${name.padEnd(10)}  ${referenceName} ${hexh(reference, 8)}  ${otherName} ${hexh(other, 8)}${name === 'eflags' ? `  (${flags.join(', ')})` : ''}\n`;
}

function divergenceText(run: ComparedRun, divergence: Divergence, referenceName: string): string {
  const where = `${hex(divergence.cs, 4)}:${hex(divergence.eip, 8)}  ${divergence.instruction}`;
  const lines = [`${run.technique}: first divergence at instruction ${thousands(divergence.retired + 1)}: ${where}\n`];
  lines.push(...divergence.differences.map((d) => indent(difference(d, referenceName, run.technique))));
  if (divergence.kind === 'memory') lines.push(indent('memory or a device differs after it\n'));
  if (divergence.kind === 'stop') {
    lines.push(indent(`${referenceName}: ${divergence.referenceStop.kind === 'budget' ? 'goes on' : describeStop(divergence.referenceStop)}\n`));
    lines.push(indent(`${run.technique}: ${divergence.otherStop.kind === 'budget' ? 'goes on' : describeStop(divergence.otherStop)}\n`));
  }
  const { cause } = divergence;
  if (cause) lines.push(indent(`why: ${cause.retired === divergence.retired ? '' : `${cause.instruction}, instruction ${thousands(cause.retired + 1)}: `}${cause.sentence}\n`));
  return lines.join('');
}

function verdict(run: ComparedRun, referenceName: string): string {
  if (run.divergence) return divergenceText(run, run.divergence, referenceName);
  return `${run.technique}: ${run.retired === 0 ? 'never started' : 'ends in another state or wrote other serial output'}; no single instruction was found\n`;
}

export function comparisonText(guest: string, runs: readonly ComparedRun[]): string {
  const [reference] = runs;
  const names = TECHNIQUES.filter((technique) => runs.some((run) => run.technique === technique.id)).map(({ id, name }) => `${id}: ${name}`);
  const problems = runs.flatMap((run) =>
    run.stop.kind === 'tripleFault' || run.stop.kind === 'entryFailure' ? [`${run.technique}:\n`, ...run.stop.causes.map((cause) => indent(`${cause}\n`))] : [],
  );
  const verdicts = runs.filter((run) => !run.equal).map((run) => verdict(run, reference.technique));
  const sections = [`${guest}\n${indent(`${names.join('\n')}\n`)}`, table(rows(runs)), problems.join(''), ...verdicts];
  if (verdicts.length === 0) sections.push(`Every technique ends in the state that ${reference.technique} ends in.\n`);
  return sections.filter((section) => section !== '').join('\n');
}

/** Bytes become text: serial output is what a terminal would show. */
export function comparisonJson(guest: string, runs: readonly ComparedRun[]): string {
  const decoder = new TextDecoder();
  return `${JSON.stringify({ guest, runs: runs.map((run) => ({ ...run, serial: decoder.decode(run.serial) })) }, null, 2)}\n`;
}
