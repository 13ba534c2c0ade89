/** `ringside compare`: the same guest under every technique, side by side. */
import { COMPARED_INSTRUCTIONS, compareTechniques } from '../debug/compare';
import { type Attributes, runNanobenchmarks } from '../debug/nanobench';
import { TECHNIQUES } from '../protocol/techniques';
import { type Arguments, type CliEnvironment, type Command, Interrupted } from './command';
import { comparisonJson, comparisonText } from './comparison';
import { exitCode } from './exitCodes';
import { nanoText } from './nanoReport';
import { guestAttributes, MACHINE_OPTIONS } from './guestOptions';

async function bench(args: Arguments, environment: CliEnvironment, pause: () => Promise<void>): Promise<number> {
  const create = (guest: string, attributes: Attributes) => environment.createGuest({ program: `${args.operand}/${guest}`, ...attributes });
  const results = await runNanobenchmarks({ create, now: environment.now, pause });
  environment.stdout(args.has('json') ? `${JSON.stringify(results, null, 2)}\n` : nanoText(results));
  return exitCode('ok');
}

export const compare: Command = {
  name: 'compare',
  summary: 'Run a guest under every technique and show where they differ and what they cost',
  operand: 'GUEST',
  options: [
    ...MACHINE_OPTIONS,
    { name: 'max-instructions', short: 'n', value: 'N', help: `stop after so many instructions (${COMPARED_INSTRUCTIONS / 1e6}M by default)` },
    { name: 'bench', help: 'GUEST is the folder bench/nano: predict the nanobenchmarks of Adams & Agesen 2006 from our events, beside the published figures' },
    { name: 'json', help: 'write the comparison as JSON' },
  ],
  notes: `Exit codes: 0 when every technique ends in the state that bare metal ends in, ${exitCode('diverged')} when one does not.`,
  async run(args: Arguments, environment: CliEnvironment): Promise<number> {
    const attributes = guestAttributes(args);
    const maxInstructions = args.count('max-instructions') ?? COMPARED_INSTRUCTIONS;
    const { now } = environment;
    const pause = async () => {
      if (environment.interrupted()) throw new Interrupted();
      await environment.pause();
    };
    if (args.has('bench')) return bench(args, environment, pause);
    const techniques = TECHNIQUES.map((technique) => technique.id);
    await pause();
    const runs = await compareTechniques((technique) => environment.createGuest({ ...attributes, technique }), { techniques, maxInstructions, now, pause });
    environment.stdout(args.has('json') ? comparisonJson(args.operand, runs) : comparisonText(args.operand, runs));
    return runs.every((run) => run.equal) ? exitCode('ok') : exitCode('diverged');
  },
};
