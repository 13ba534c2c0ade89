/** A comparison of techniques as a table, with the first divergence of each run that has one. */
import type { ComparedRun } from '../debug/compare';
import { comparisonReport } from '../debug/comparisonReport';
import type { ComparisonDivergence, ComparisonReport, ComparisonVerdict } from '../protocol/comparison';
import { TECHNIQUES } from '../protocol/techniques';

type Row = readonly [title: string, ...cells: string[]];

const indent = (text: string, by = 2): string => text.replace(/^(?=.)/gm, ' '.repeat(by));

/** Titles to the left, cells right-aligned under the names of the techniques. */
function table(rows: readonly Row[]): string {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows.map((row) => `${row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column]))).join('  ')}\n`).join('');
}

const tableRows = ({ techniques, rows }: ComparisonReport): Row[] => [
  ['', ...techniques],
  ...rows.map(({ group, title, cells }): Row => [group === 'part' ? indent(title) : title, ...cells]),
];

function divergenceText(technique: string, divergence: ComparisonDivergence, referenceName: string): string {
  const { instructionNumber, address, instruction, source, registers, remarks, cause } = divergence;
  const details = source === undefined ? [] : [`source: ${source}`];
  for (const { name, reference, other, flags } of registers)
    details.push(`${name.padEnd(10)}  ${referenceName} ${reference}  ${technique} ${other}${flags.length > 0 ? `  (${flags.join(', ')})` : ''}`);
  details.push(...remarks.map(([title, text]) => `${title}: ${text}`));
  if (cause !== undefined) details.push(`why: ${cause}`);
  return `${technique}: first divergence at instruction ${instructionNumber}: ${address}  ${instruction}\n${indent(details.map((line) => `${line}\n`).join(''))}`;
}

const verdictText = ({ technique, divergence, sentence }: ComparisonVerdict, referenceName: string): string =>
  divergence ? divergenceText(technique, divergence, referenceName) : `${technique}: ${sentence}\n`;

export function comparisonText(guest: string, runs: readonly ComparedRun[]): string {
  const report = comparisonReport(guest, runs);
  const [reference] = report.techniques;
  const names = TECHNIQUES.filter(({ id }) => report.techniques.includes(id)).map(({ id, name }) => `${id}: ${name}`);
  const failures = report.failures.map(({ technique, causes }) => `${technique}:\n${causes.map((cause) => indent(`${cause}\n`)).join('')}`);
  const verdicts = report.verdicts.map((verdict) => verdictText(verdict, reference));
  const sections = [`${guest}\n${indent(`${names.join('\n')}\n`)}`, table(tableRows(report)), failures.join(''), ...verdicts];
  if (verdicts.length === 0) sections.push(`Every technique ends in the state that ${reference} ends in.\n`);
  return sections.filter((section) => section !== '').join('\n');
}

/** Bytes become text: serial output is what a terminal would show. */
export function comparisonJson(guest: string, runs: readonly ComparedRun[]): string {
  const decoder = new TextDecoder();
  return `${JSON.stringify({ guest, runs: runs.map((run) => ({ ...run, serial: decoder.decode(run.serial) })) }, null, 2)}\n`;
}
