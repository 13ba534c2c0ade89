/** A comparison of techniques as rows and sentences: what the command line and the editor lay out, each in its way. */
import { hex, hexh } from '../base/bits';
import type { ComparisonDivergence, ComparisonReport, ComparisonRow, ComparisonVerdict, DifferingRegister } from '../protocol/comparison';
import type { StopReason } from '../vmm/debuggable';
import { EFLAGS_BITS } from '../x86/flags';
import type { ComparedRun, Divergence, RegisterDifference } from './compare';
import { countedKinds, describeStop, EVENT_NAMES, thousands } from './describe';

const ratio = (value: number, reference: number): string => (reference > 0 ? `${(value / reference).toFixed(2)}` : '–');

function comparisonRows(runs: readonly ComparedRun[]): ComparisonRow[] {
  const [reference] = runs;
  const row = (group: ComparisonRow['group'], title: string, cell: (run: ComparedRun) => string): ComparisonRow => ({ group, title, cells: runs.map(cell) });
  return [
    row('cost', 'ended by', (run) => describeStop(run.stop)),
    row('cost', 'retired instructions', (run) => thousands(run.retired)),
    row('cost', 'modelled cycles', (run) => thousands(run.cycles)),
    row('part', `relative to ${reference.technique}`, (run) => ratio(run.cycles, reference.cycles)),
    row('cost', 'host milliseconds', (run) => thousands(run.milliseconds)),
    ...countedKinds(runs.map((run) => run.counts)).map((kind) => row('event', EVENT_NAMES[kind], (run) => thousands(run.counts[kind]))),
    row('state', 'final state', (run) => (run === reference ? 'reference' : run.equal ? 'equal' : 'differs')),
  ];
}

const differingRegister = ({ name, reference, other }: RegisterDifference): DifferingRegister => ({
  name,
  reference: hexh(reference, 8),
  other: hexh(other, 8),
  flags: name === 'eflags' ? EFLAGS_BITS.filter(([, mask]) => ((reference ^ other) & mask) !== 0).map(([flag]) => flag) : [],
});

const goesOn = (stop: StopReason): string => (stop.kind === 'budget' ? 'goes on' : describeStop(stop));

function remarks(divergence: Divergence, technique: string, reference: string): ComparisonDivergence['remarks'] {
  if (divergence.kind === 'memory') return [['after it', 'memory or a device differs']];
  if (divergence.kind === 'registers') return [];
  return [
    [reference, goesOn(divergence.referenceStop)],
    [technique, goesOn(divergence.otherStop)],
  ];
}

function causeSentence({ cause, retired }: Divergence): string | undefined {
  if (!cause) return undefined;
  const where = cause.retired === retired ? '' : `${cause.instruction}, instruction ${thousands(cause.retired + 1)}: `;
  return `${where}${cause.sentence}`;
}

function divergenceReport(divergence: Divergence, technique: string, reference: string): ComparisonDivergence {
  const cause = causeSentence(divergence);
  return {
    instructionNumber: thousands(divergence.retired + 1),
    address: `${hex(divergence.cs, 4)}:${hex(divergence.eip, 8)}`,
    instruction: divergence.instruction,
    ...(divergence.source === undefined ? {} : { source: divergence.source }),
    registers: divergence.differences.map(differingRegister),
    remarks: remarks(divergence, technique, reference),
    ...(cause === undefined ? {} : { cause }),
  };
}

function verdict(run: ComparedRun, reference: string): ComparisonVerdict {
  const sentence = run.retired === 0 ? 'never started' : 'ends in another state or wrote other serial output';
  return {
    technique: run.technique,
    sentence: `${sentence}; no single instruction was found`,
    ...(run.divergence ? { divergence: divergenceReport(run.divergence, run.technique, reference) } : {}),
  };
}

/** `guest`: its name or path. */
export function comparisonReport(guest: string, runs: readonly ComparedRun[]): ComparisonReport {
  const [reference] = runs;
  return {
    guest,
    techniques: runs.map((run) => run.technique),
    rows: comparisonRows(runs),
    failures: runs.flatMap(({ technique, stop }) => (stop.kind === 'tripleFault' || stop.kind === 'entryFailure' ? [{ technique, causes: stop.causes }] : [])),
    verdicts: runs.filter((run) => !run.equal).map((run) => verdict(run, reference.technique)),
  };
}
