/**
 * Random programs, interpreted against translated. `--blocks N`: blocks to run (default 100 000), `--seed S`: first seed.
 * Every difference names its seed, and what is left of the program when everything is gone that does not matter.
 */
import { Lockstep, type Outcome } from './lockstep';
import { reproduction } from './reproduction';

const option = (name: string, fallback: number): number => {
  const at = process.argv.indexOf(name);
  if (at < 0) return fallback;
  const value = Number(process.argv[at + 1]);
  if (Number.isInteger(value) && value >= 0) return value;
  console.error(`${name} takes a number`);
  process.exit(2);
};

const wanted = option('--blocks', 100_000);
const first = option('--seed', 1);
/** Seeds to a set of machines: what one remembers of earlier programs matters less and less. */
const FRESH = 500;
const REPORT = 1000;
/** Differences after which it is enough. */
const MANY = 10;

let [blocks, regions, failures] = [0, 0, 0];
let seed = first;
let lockstep = new Lockstep();
const report = (): void => {
  const { user, system } = process.cpuUsage();
  const seconds = (user + system) / 1e6;
  console.log(`seeds ${first} to ${seed}: ${blocks} blocks, ${regions} regions, ${failures} differences; ${Math.round(blocks / seconds)} blocks a second of CPU time`);
};

function play(): Outcome {
  try {
    return lockstep.run(seed);
  } catch (error) {
    return { blocks: 0, regions: 0, difference: `${error instanceof Error ? error.stack : error} (seed ${seed})` };
  }
}

for (; blocks < wanted && failures < MANY; seed++) {
  if ((seed - first + 1) % FRESH === 0) lockstep = new Lockstep();
  const outcome = play();
  blocks += outcome.blocks;
  regions += outcome.regions;
  if (outcome.difference) {
    failures++;
    console.log(outcome.difference);
    const least = reproduction(lockstep.caseOf(seed));
    console.log(least ? `--seed ${seed} --blocks 1; the least of it:\n${least.join('\n')}` : `not on new machines: it takes the seeds before it, up to ${FRESH}`);
    lockstep = new Lockstep();
  }
  if ((seed - first + 1) % REPORT === 0) report();
}
seed--;
report();
process.exit(failures > 0 ? 1 : 0);
