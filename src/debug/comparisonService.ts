/** Answers one request to compare techniques, for an editor that runs this in a worker and ends the worker to cancel. */
import type { Assembly } from '../asm/assembly';
import { UserError } from '../base/userError';
import { type Configuration, parseConfiguration } from '../machine/configuration';
import type { CompareMessage, CompareRequest, SourceProblem } from '../protocol/comparison';
import type { TechniqueId } from '../protocol/techniques';
import { COMPARED_INSTRUCTIONS, compareTechniques, type Subject } from './compare';
import { comparisonReport } from './comparisonReport';
import { eventLoopYield } from './yieldToEventLoop';

/** Throws UserError; for a source with errors one with `diagnostics`. */
export type CreateGuest = (config: Configuration) => Subject & { readonly assembly?: Assembly };

export interface ComparisonSurroundings {
  readonly create: CreateGuest;
  /** Host time in milliseconds. */
  readonly now: () => number;
  readonly post: (message: CompareMessage) => void;
}

/** What every technique runs: the guest's disks stay as they are. */
function configurationOf(attributes: CompareRequest['attributes'], technique: TechniqueId): Configuration {
  const result = parseConfiguration({ ...attributes, technique, persist: false });
  if ('problems' in result) throw new UserError('launch.configuration', result.problems.join('\n'));
  return result.config;
}

/** Only the user's mistakes are answered; anything else is thrown. */
export async function serveComparison({ attributes, techniques }: CompareRequest, { create, now, post }: ComparisonSurroundings): Promise<void> {
  let problems: readonly SourceProblem[] = [];
  const createSubject = (technique: TechniqueId): Subject => {
    const guest = create(configurationOf(attributes, technique));
    problems = guest.assembly?.diagnostics ?? [];
    return guest;
  };
  try {
    const { program, maxInstructions } = configurationOf(attributes, techniques[0]);
    const runs = await compareTechniques(createSubject, {
      techniques,
      maxInstructions: maxInstructions ?? COMPARED_INSTRUCTIONS,
      now,
      pause: eventLoopYield(),
      progress: (technique, phase) => post({ kind: 'progress', technique, phase }),
    });
    post({ kind: 'done', report: comparisonReport(program, runs), problems });
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const { diagnostics = [] } = error as { readonly diagnostics?: readonly SourceProblem[] };
    post({ kind: 'refused', message: error.message, problems: diagnostics });
  }
}
