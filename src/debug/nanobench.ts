/**
 * Predictions for the nanobenchmarks: what our techniques count in one round, times what each event costs. A prediction is
 * composed; a figure that the paper measured by the very same benchmark is marked. VT-x of the first generation is hardware
 * assistance that also exits on page faults and CR3, and the faults of shadow page tables (the same tables as under
 * trap-and-emulate), each priced as an exit.
 */
import type { TechniqueId } from '../protocol/techniques';
import { NANOBENCHMARKS, type Nanobenchmark, isOwnFigure } from '../vmm/cost/nanobenchmarks';
import { type CostEvent, DEFAULT_COST_PROFILE, figureFor } from '../vmm/cost/profiles';
import type { DebuggableVm } from '../vmm/debuggable';
import type { Subject } from './compare';

export const ROUNDS = 200;
const LIMIT = 1_000_000;
const READS_PER_EXIT = 10;

export type Attributes = Readonly<Record<string, unknown>>;
export type CreateNano = (guest: string, attributes: Attributes) => Subject;

/** One kind of event in a round. */
export interface Term {
  readonly event: CostEvent;
  readonly count: number;
  readonly cycles: number;
  /** The figure is this benchmark's own. */
  readonly own: boolean;
}

export interface Prediction {
  readonly published: number;
  readonly cycles: number;
  readonly terms: readonly Term[];
}

export interface NanoResult {
  readonly benchmark: Nanobenchmark;
  readonly bt: Prediction;
  readonly vt: Prediction;
  /** Host milliseconds of a run of all rounds. */
  readonly wall: Readonly<Partial<Record<TechniqueId, number>>>;
}

export interface NanoOptions {
  readonly create: CreateNano;
  /** What makes binary translation the one of the paper. */
  readonly translation: Attributes;
  readonly now: () => number;
  readonly pause: () => Promise<void>;
}

/** Controls of the first generation: no nested paging, so page faults and CR3 are the VMM's. */
const FIRST_GENERATION = { exceptionBitmap: '#PF', cr3LoadExiting: 'true', cr3StoreExiting: 'true', invlpgExiting: 'true' };

const RUNS: readonly { readonly technique: TechniqueId; readonly attributes: (options: NanoOptions) => Attributes }[] = [
  { technique: 'bare', attributes: () => ({}) },
  { technique: 'trap', attributes: () => ({}) },
  { technique: 'bt', attributes: ({ translation }) => translation },
  { technique: 'hvm', attributes: () => ({ vmcs: FIRST_GENERATION }) },
];

type Counts = Readonly<Partial<Record<CostEvent, number>>>;

interface Run {
  readonly counts: Counts;
  readonly milliseconds: number;
}

/** In chained code returns look their target up: one event that no counter of the VMM sees, but the blocks do. */
function countsOf(vm: DebuggableVm): Counts {
  const counts = vm.costs?.() ?? {};
  const chained = vm.technique === 'bt' && !counts.blockDispatch;
  const returns = vm.blocks().reduce((sum, block) => sum + (block.endReason === 'return' ? block.hits : 0), 0);
  return { ...counts, indirectLookup: chained ? returns : 0 };
}

async function play(options: NanoOptions, guest: string, technique: TechniqueId, attributes: Attributes, empty: boolean): Promise<Run> {
  const define = { COUNT: String(ROUNDS), ...(empty ? { EMPTY: '1' } : {}) };
  const subject = options.create(guest, { technique, memory: 4, translate: 'off', define, ...attributes });
  try {
    const started = options.now();
    const stop = subject.vm.run(LIMIT, 60_000);
    if (stop.kind !== 'exited') throw new Error(`${guest} ended with ${stop.kind} under ${technique}`);
    return { counts: countsOf(subject.vm), milliseconds: options.now() - started };
  } finally {
    subject.dispose?.();
  }
}

/** What a round adds to the empty loop. */
async function roundOf(options: NanoOptions, guest: string, technique: TechniqueId, attributes: Attributes): Promise<Run> {
  const [full, empty] = [await play(options, guest, technique, attributes, false), await play(options, guest, technique, attributes, true)];
  const events = Object.keys(full.counts) as CostEvent[];
  return {
    counts: Object.fromEntries(events.map((event) => [event, ((full.counts[event] ?? 0) - (empty.counts[event] ?? 0)) / ROUNDS])),
    milliseconds: full.milliseconds,
  };
}

/** A fault of the guest under binary translation is an entry to the VMM; its IRET is an event of its own. */
const AS_ENTRY: readonly CostEvent[] = ['guestFault', 'pageFault'];
/** Translating happens once. */
const ONCE: readonly CostEvent[] = ['translateInstruction'];

function predict(benchmark: Nanobenchmark, technique: 'bt' | 'hvm', counts: Counts): Prediction {
  const terms = (Object.entries(counts) as [CostEvent, number][])
    .filter(([event, count]) => !ONCE.includes(event) && Math.abs(count) > 0.02)
    .map(([event, count]): Term => {
      const figure = figureFor(DEFAULT_COST_PROFILE, technique, technique === 'bt' && AS_ENTRY.includes(event) ? 'trap' : event);
      return { event, count, cycles: figure.cycles * count, own: isOwnFigure(benchmark, figure.source) };
    });
  return { published: technique === 'bt' ? benchmark.bt : benchmark.vt, cycles: terms.reduce((sum, term) => sum + term.cycles, 0), terms };
}

/** Exits, and the faults that shadow page tables cause, which are exits too. */
function firstGeneration(hvm: Counts, trap: Counts): Counts {
  const shadow = (trap.shadowFault ?? 0) + (trap.tracedWrite ?? 0);
  const exits = (hvm.vmExitRoundTrip ?? 0) + shadow;
  return { ...hvm, vmExitRoundTrip: exits, vmcsRead: exits * READS_PER_EXIT, exitService: exits };
}

export async function runNanobenchmarks(options: NanoOptions): Promise<NanoResult[]> {
  const results: NanoResult[] = [];
  for (const benchmark of NANOBENCHMARKS) {
    const runs = new Map<TechniqueId, Run>();
    for (const { technique, attributes } of RUNS) {
      runs.set(technique, await roundOf(options, benchmark.guest, technique, attributes(options)));
      await options.pause();
    }
    const counts = (technique: TechniqueId): Counts => runs.get(technique)!.counts;
    results.push({
      benchmark,
      bt: predict(benchmark, 'bt', counts('bt')),
      vt: predict(benchmark, 'hvm', firstGeneration(counts('hvm'), counts('trap'))),
      wall: Object.fromEntries([...runs].map(([technique, { milliseconds }]) => [technique, milliseconds])),
    });
  }
  return results;
}

export type Winner = 'bt' | 'vt';
export const publishedWinner = ({ benchmark }: NanoResult): Winner => (benchmark.bt < benchmark.vt ? 'bt' : 'vt');
export const predictedWinner = ({ bt, vt }: NanoResult): Winner => (bt.cycles < vt.cycles ? 'bt' : 'vt');
