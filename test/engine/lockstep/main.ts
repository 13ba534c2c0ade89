/**
 * Random programs, interpreted against translated. `--blocks N`: random blocks to run (default 100 000), `--seed S`: first seed.
 * Every difference names its seed: run that alone with `--seed S --blocks 1`.
 */
import { Lockstep } from './lockstep';

const option = (name: string, fallback: number): number => {
  const at = process.argv.indexOf(name);
  return at < 0 ? fallback : Number(process.argv[at + 1]);
};

const wanted = option('--blocks', 100_000);
const first = option('--seed', 1);
/** Seeds to a pair of machines: compiled code of a process grows. */
const FRESH = 2000;

let [blocks, regions, failures] = [0, 0, 0];
let seed = first;
for (let lockstep = new Lockstep(); blocks < wanted; seed++) {
  if ((seed - first + 1) % FRESH === 0) lockstep = new Lockstep();
  const outcome = lockstep.run(seed);
  blocks += outcome.blocks;
  regions += outcome.regions;
  if (outcome.difference) {
    failures++;
    console.log(outcome.difference);
    lockstep = new Lockstep();
  }
  if ((seed - first + 1) % 1000 === 0) console.log(`seeds ${first} to ${seed}: ${blocks} blocks, ${regions} regions, ${failures} differences`);
}
console.log(`seeds ${first} to ${seed - 1}: ${blocks} blocks, ${regions} regions, ${failures} differences`);
process.exit(failures > 0 ? 1 : 0);
