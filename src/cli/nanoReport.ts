/** The nanobenchmarks as tables: published beside predicted, what a prediction is made of, and who is ahead. */
import { type NanoReport, type NanoResult, type Prediction, ROUNDS, RUN_NAMES, type Term, isOwn, predictedWinner, publishedWinner } from '../debug/nanobench';
import { thousands } from '../debug/describe';

const TITLES = { bt: 'binary translation', vt: 'VT-x' } as const;

/** A figure that comes from the benchmark itself predicts nothing. */
const OWN = 'own';

function error(prediction: Prediction): string {
  const { published, cycles } = prediction;
  if (published === undefined) return '';
  return isOwn(prediction) ? OWN : `${cycles >= published ? '+' : '−'}${Math.abs(Math.round((100 * (cycles - published)) / published))}%`;
}

const termText = ({ event, count, cycles, own }: Term): string =>
  `${Number(count.toFixed(2))} × ${event} = ${thousands(cycles)}${own ? ' (measured by this benchmark itself)' : ''}`;
const made = ({ terms }: Prediction): string => terms.map(termText).join(', ') || 'nothing';

const columns = (cells: readonly string[]): string =>
  `${cells[0].padEnd(16)}${cells
    .slice(1)
    .map((cell) => cell.padStart(11))
    .join('')}\n`;

/** Which of the two is off, and by what: the dearest term of the one that is further from its published figure. */
function why({ bt, vt }: NanoResult): string {
  const off = ({ cycles, published = cycles }: Prediction): number => Math.abs(Math.log(Math.max(cycles, 1) / Math.max(published, 1)));
  const [side, prediction] = off(bt) > off(vt) ? (['bt', bt] as const) : (['vt', vt] as const);
  const dearest = [...prediction.terms].sort((a, b) => b.cycles - a.cycles)[0];
  const direction = prediction.cycles > (prediction.published ?? 0) ? 'dearer' : 'cheaper';
  const cause = dearest ? `, ${thousands(dearest.cycles)} of them for ${termText(dearest)}` : ': no event of ours stands for it';
  return `why: ours is ${direction} under ${TITLES[side]}, ${thousands(prediction.cycles)} cycles where ${thousands(prediction.published ?? 0)} were measured${cause}`;
}

function verdict(result: NanoResult): string {
  const [published, predicted] = [publishedWinner(result), predictedWinner(result)];
  const { name } = result.benchmark;
  if (published === predicted) return `  ${name}: ${TITLES[predicted]} is ahead, as published\n`;
  return `  ${name}: ${TITLES[predicted]} is ahead; published: ${TITLES[published]}\n      ${why(result)}\n`;
}

const factor = (times: number): string => `${times.toFixed(1)}×`;

const forkwaitText = ({ published, predicted, nativeCycles }: NanoReport['forkwait']): string =>
  [
    '\nA process forked, run and waited for (forkwait), as many times as long as natively\n',
    columns(['', 'BT publ.', 'predicted', 'textbook', 'VT-x publ.', 'predicted']),
    columns(['forkwait', factor(published.bt), factor(predicted.bt), factor(predicted.textbook), factor(published.vt), factor(predicted.vt)]),
    `  (ours takes ${thousands(nativeCycles)} modelled cycles natively: less than the paper's, whose kernel is a whole one)\n`,
  ].join('');

export function nanoText({ benchmarks, forkwait }: NanoReport): string {
  const predictions = benchmarks.map(({ benchmark, bt, textbook, vt }) =>
    columns([
      benchmark.name,
      thousands(benchmark.native),
      thousands(benchmark.bt),
      thousands(bt.cycles),
      error(bt),
      thousands(textbook.cycles),
      thousands(benchmark.vt),
      thousands(vt.cycles),
      error(vt),
    ]),
  );
  const walls = benchmarks.map(({ benchmark, wall }) => columns([benchmark.name, ...RUN_NAMES.map((name) => thousands(wall[name] ?? 0))]));
  return [
    'Adams & Agesen 2006, Pentium 4 672, cycles a round. Predicted: events of one round × what each costs. VT-x is its first generation.\n',
    `Textbook: binary translation without chaining, which nobody measured. ${OWN}: a figure that this very benchmark measured is in it, so that nothing is predicted.\n\n`,
    columns(['', 'native', 'BT publ.', 'predicted', 'error', 'textbook', 'VT-x publ.', 'predicted', 'error']),
    ...predictions,
    forkwaitText(forkwait),
    '\nWhat the predictions are made of\n',
    ...benchmarks.map(
      ({ benchmark, bt, textbook, vt }) => `  ${benchmark.name}\n      binary translation: ${made(bt)}\n      as in the textbook: ${made(textbook)}\n      VT-x: ${made(vt)}\n`,
    ),
    '\nWho is ahead\n',
    ...benchmarks.map(verdict),
    `\nMeasured here, host milliseconds of a run of ${ROUNDS} rounds (interpreted, machine already built)\n`,
    columns(['', ...RUN_NAMES]),
    ...walls,
  ].join('');
}
