/** The nanobenchmarks as tables: published beside predicted, what a prediction is made of, and who is ahead. */
import { ROUNDS, type NanoResult, type Prediction, predictedWinner, publishedWinner } from '../debug/nanobench';
import { thousands } from '../debug/describe';

const TITLES = { bt: 'binary translation', vt: 'VT-x' } as const;

const error = ({ published, cycles }: Prediction): string => `${cycles >= published ? '+' : '−'}${Math.abs(Math.round((100 * (cycles - published)) / published))}%`;

const made = ({ terms }: Prediction): string =>
  terms.map(({ event, count, cycles, own }) => `${Number(count.toFixed(2))} × ${event} = ${thousands(cycles)}${own ? ' (measured by this benchmark itself)' : ''}`).join(', ') ||
  'nothing';

const columns = (cells: readonly string[]): string =>
  `${cells[0].padEnd(16)}${cells
    .slice(1)
    .map((cell) => cell.padStart(11))
    .join('')}\n`;

function verdict(result: NanoResult): string {
  const [published, predicted] = [publishedWinner(result), predictedWinner(result)];
  const { name } = result.benchmark;
  if (published === predicted) return `  ${name}: ${TITLES[predicted]} is ahead, as published\n`;
  return `  ${name}: ${TITLES[predicted]} is ahead; published: ${TITLES[published]}\n      binary translation: ${made(result.bt)}\n      VT-x: ${made(result.vt)}\n`;
}

export function nanoText(results: readonly NanoResult[]): string {
  const predictions = results.map(({ benchmark, bt, vt }) =>
    columns([benchmark.name, thousands(benchmark.native), ...[bt, vt].flatMap((p) => [thousands(p.published), thousands(p.cycles), error(p)])]),
  );
  const techniques = ['bare', 'trap', 'bt', 'hvm'] as const;
  const walls = results.map(({ benchmark, wall }) => columns([benchmark.name, ...techniques.map((t) => thousands(wall[t] ?? 0))]));
  return [
    'Adams & Agesen 2006, Pentium 4 672, cycles a round. Predicted: events of one round × what each costs.\n\n',
    columns(['', 'native', 'BT publ.', 'predicted', 'error', 'VT-x publ.', 'predicted', 'error']),
    ...predictions,
    '\nWhat the predictions are made of\n',
    ...results.map(({ benchmark, bt, vt }) => `  ${benchmark.name}\n      binary translation: ${made(bt)}\n      VT-x: ${made(vt)}\n`),
    '\nWho is ahead\n',
    ...results.map(verdict),
    `\nMeasured here, host milliseconds of a run of ${ROUNDS} rounds (interpreted, machine already built)\n`,
    columns(['', ...techniques]),
    ...walls,
  ].join('');
}
