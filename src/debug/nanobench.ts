/**
 * Predictions for the nanobenchmarks: what our techniques count in one round, times what each event costs. A prediction is
 * composed; one that contains a figure measured by the very same benchmark is none, and says so. Binary translation is the
 * products' (optimised), the textbook's beside it; VT-x is that of the first generation, as in the paper.
 */
import type { TechniqueId } from '../protocol/techniques';
import { FORKWAIT, NANOBENCHMARKS, type Nanobenchmark, isOwnFigure } from '../vmm/cost/nanobenchmarks';
import { type CostEvent, DEFAULT_COST_PROFILE, figureFor } from '../vmm/cost/profiles';
import type { DebuggableVm } from '../vmm/debuggable';
import type { Subject } from './compare';

export const ROUNDS = 200;
const LIMIT = 4_000_000;
/** forkwait takes many instructions a round. */
const PROCESSES = 10;

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
  /** Undefined where the paper has none: the textbook's translation. */
  readonly published?: number;
  readonly cycles: number;
  readonly terms: readonly Term[];
}

export interface NanoResult {
  readonly benchmark: Nanobenchmark;
  readonly bt: Prediction;
  readonly textbook: Prediction;
  readonly vt: Prediction;
  /** Host milliseconds of a run of all rounds. */
  readonly wall: Readonly<Partial<Record<RunName, number>>>;
}

/** How many times as long as natively. */
export interface ForkwaitResult {
  readonly published: { readonly bt: number; readonly vt: number };
  readonly predicted: { readonly bt: number; readonly textbook: number; readonly vt: number };
  /** Modelled cycles of one process, natively. */
  readonly nativeCycles: number;
}

export interface NanoReport {
  readonly benchmarks: readonly NanoResult[];
  readonly forkwait: ForkwaitResult;
}

export interface NanoOptions {
  readonly create: CreateNano;
  readonly now: () => number;
  readonly pause: () => Promise<void>;
}

export const RUN_NAMES = ['bare', 'trap', 'textbook', 'bt', 'vt'] as const;
export type RunName = (typeof RUN_NAMES)[number];

const RUNS: Readonly<Record<RunName, { readonly technique: TechniqueId } & Attributes>> = {
  bare: { technique: 'bare' },
  trap: { technique: 'trap' },
  textbook: { technique: 'bt' },
  bt: { technique: 'bt', translation: 'optimised' },
  vt: { technique: 'hvm', nestedPaging: false },
};

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

async function play(options: NanoOptions, guest: string, name: RunName, rounds: number, empty: boolean): Promise<Run> {
  const define = { COUNT: String(rounds), ...(empty ? { EMPTY: '1' } : {}) };
  const subject = options.create(guest, { memory: 4, translate: 'off', define, ...RUNS[name] });
  try {
    const started = options.now();
    const stop = subject.vm.run(LIMIT, 60_000);
    if (stop.kind !== 'exited') throw new Error(`${guest} ended with ${stop.kind} under ${name}`);
    return { counts: countsOf(subject.vm), milliseconds: options.now() - started };
  } finally {
    subject.dispose?.();
  }
}

/** What a round adds to the empty loop. */
async function roundOf(options: NanoOptions, guest: string, name: RunName, rounds: number): Promise<Run> {
  const [full, empty] = [await play(options, guest, name, rounds, false), await play(options, guest, name, rounds, true)];
  const events = Object.keys(full.counts) as CostEvent[];
  return {
    counts: Object.fromEntries(events.map((event) => [event, ((full.counts[event] ?? 0) - (empty.counts[event] ?? 0)) / rounds])),
    milliseconds: full.milliseconds,
  };
}

/** A fault of the guest under binary translation is an entry to the VMM; its IRET is an event of its own. */
const AS_ENTRY: readonly CostEvent[] = ['guestFault', 'pageFault'];
/** Translating happens once. */
const ONCE: readonly CostEvent[] = ['translateInstruction'];

/** What the events of a round cost. */
function termsOf(name: RunName, counts: Counts, isOwn: (source: string) => boolean): Term[] {
  const { technique } = RUNS[name];
  return (Object.entries(counts) as [CostEvent, number][])
    .filter(([event, count]) => !ONCE.includes(event) && Math.abs(count) > 0.02)
    .map(([event, count]): Term => {
      const figure = figureFor(DEFAULT_COST_PROFILE, technique, technique === 'bt' && AS_ENTRY.includes(event) ? 'trap' : event);
      return { event, count, cycles: figure.cycles * count, own: isOwn(figure.source) };
    });
}

const sumOf = (terms: readonly Term[]): number => terms.reduce((sum, term) => sum + term.cycles, 0);

function predict(benchmark: Nanobenchmark, name: RunName, counts: Counts, published?: number): Prediction {
  const terms = termsOf(name, counts, (source) => isOwnFigure(benchmark, source));
  return { ...(published === undefined ? {} : { published }), cycles: sumOf(terms), terms };
}

/** Made of what this very benchmark measured. */
export const isOwn = ({ terms }: Prediction): boolean => terms.some(({ own }) => own);

async function roundsOf(options: NanoOptions, guest: string, rounds: number): Promise<Readonly<Record<RunName, Run>>> {
  const runs: Partial<Record<RunName, Run>> = {};
  for (const name of RUN_NAMES) {
    runs[name] = await roundOf(options, guest, name, rounds);
    await options.pause();
  }
  return runs as Record<RunName, Run>;
}

async function forkwait(options: NanoOptions): Promise<ForkwaitResult> {
  const runs = await roundsOf(options, FORKWAIT.guest, PROCESSES);
  const cycles = (name: RunName): number => sumOf(termsOf(name, runs[name].counts, () => false));
  const ratio = (name: RunName): number => cycles(name) / cycles('bare');
  return {
    published: { bt: FORKWAIT.bt / FORKWAIT.native, vt: FORKWAIT.vt / FORKWAIT.native },
    predicted: { bt: ratio('bt'), textbook: ratio('textbook'), vt: ratio('vt') },
    nativeCycles: cycles('bare'),
  };
}

export async function runNanobenchmarks(options: NanoOptions): Promise<NanoReport> {
  const benchmarks: NanoResult[] = [];
  for (const benchmark of NANOBENCHMARKS) {
    const runs = await roundsOf(options, benchmark.guest, ROUNDS);
    benchmarks.push({
      benchmark,
      bt: predict(benchmark, 'bt', runs.bt.counts, benchmark.bt),
      textbook: predict(benchmark, 'textbook', runs.textbook.counts),
      vt: predict(benchmark, 'vt', runs.vt.counts, benchmark.vt),
      wall: Object.fromEntries(RUN_NAMES.map((name) => [name, runs[name].milliseconds])),
    });
  }
  return { benchmarks, forkwait: await forkwait(options) };
}

export type Winner = 'bt' | 'vt';
export const publishedWinner = ({ benchmark }: NanoResult): Winner => (benchmark.bt < benchmark.vt ? 'bt' : 'vt');
export const predictedWinner = ({ bt, vt }: NanoResult): Winner => (bt.cycles < vt.cycles ? 'bt' : 'vt');
