/** `ringside run` of a machine with a script. */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { childTime } from './childTime.mjs';
import { ringsideArguments } from './machine.mjs';

const CLI = path.resolve(import.meta.dirname, '../../../dist/cli.mjs');
const MAXIMUM_OUTPUT = 1 << 28;

const ESCAPES = { '\\': '\\\\', '\n': '\\n', '\t': '\\t', '\x1b': '\\e' };
const escaped = (text) => Array.from(text, (character) => ESCAPES[character] ?? character).join('');

const option = (step) => {
  if (step.expect) return ['--expect', step.expect.source];
  return step.keys === undefined ? ['--type-serial', escaped(step.serial)] : ['--type', escaped(step.keys)];
};

const lastLines = (text, count = 30) => text.split('\n').slice(-count).join('\n');

/**
 * What was printed (`output`), the text screen at the end (`screen`), where it was silently misled (`silent`), how it ended (`stop`),
 * instructions, wall and CPU time of the process in ms. The picture at the end goes to the file `screenshot`, if given. Throws when the
 * script did not come to its end.
 */
export function runRingside(machine, script, seconds, screenshot) {
  const waits = script.filter((step) => step.expect).length;
  const args = [
    'run',
    ...ringsideArguments(machine),
    '--json',
    ...(waits > 0 ? ['--timeout', String(seconds)] : []),
    ...(screenshot ? ['--screenshot', screenshot] : []),
    ...script.flatMap(option),
  ];
  const [started, before] = [performance.now(), childTime()];
  const { stdout, stderr, error } = spawnSync(process.execPath, [CLI, ...args], { encoding: 'latin1', maxBuffer: MAXIMUM_OUTPUT, timeout: (waits + 1) * seconds * 1000 });
  const [milliseconds, cpu] = [performance.now() - started, childTime() - before];
  const json = stderr.split('\n').findLast((line) => line.startsWith('{'));
  const output = stdout.replaceAll('\r', '');
  if (!json) throw new Error(`no report; ${error?.message ?? ''}\n${lastLines(output)}\n${stderr}`);
  const report = JSON.parse(Buffer.from(json, 'latin1').toString());
  const screen = (report.screen ?? []).join('\n').trimEnd();
  if (report.unmet !== undefined) throw new Error(`${report.unmet} did not come; ${report.stop.kind} after ${report.retired} instructions\n${lastLines(output)}\n${screen}`);
  const silent = report.silent.map(({ instruction, sentence }) => `${instruction}: ${sentence}`);
  return { output, screen, silent, stop: report.stop, retired: report.retired, milliseconds, cpu };
}
