/** Recorded events, summed up for whoever looks at many of them at once. */
import type { ExitSummary, ReasonSummary, TimelineBucket } from '../protocol/exitSummary';
import type { VmmEvent, VmmEventKind } from '../protocol/vmmEvent';
import type { DebuggableVm } from '../vmm/debuggable';

/** Which events count: of these kinds, by instructions retired (`from` included, `to` not). */
export interface SummaryRange {
  readonly kinds?: readonly VmmEventKind[] | undefined;
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly buckets: number;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

export function reasonsOf(events: readonly VmmEvent[]): ReasonSummary[] {
  const found = new Map<string, Mutable<ReasonSummary>>();
  for (const { kind, reason, cycles, mnemonic, vector, port } of events) {
    const key = `${kind} ${reason}`;
    const sum = found.get(key);
    if (!sum) {
      found.set(key, { kind, reason, count: 1, cycles, mnemonic, ...(vector === undefined ? {} : { vector }), ...(port === undefined ? {} : { port }) });
      continue;
    }
    sum.count++;
    sum.cycles += cycles;
    if (sum.mnemonic !== mnemonic) sum.mnemonic = '';
    if (sum.vector !== vector) delete sum.vector;
    if (sum.port !== port) delete sum.port;
  }
  return [...found.values()].sort((a, b) => b.count - a.count);
}

/** `count` stretches of equal length, at least one instruction each. */
export function timelineOf(events: readonly VmmEvent[], from: number, to: number, count: number): TimelineBucket[] {
  const length = Math.max(1, Math.ceil((to - from) / count));
  const used = Math.max(1, Math.ceil((to - from) / length));
  const buckets = Array.from({ length: used }, (_, n): Mutable<TimelineBucket> & { counts: Partial<Record<VmmEventKind, number>> } => ({
    from: from + n * length,
    counts: {},
    cycles: 0,
  }));
  for (const { retired, kind, cycles } of events) {
    const bucket = buckets[Math.floor((retired - from) / length)];
    if (!bucket) continue;
    bucket.counts[kind] = (bucket.counts[kind] ?? 0) + 1;
    bucket.cycles += cycles;
  }
  return buckets;
}

export function exitSummary(vm: DebuggableVm, { kinds, from, to, buckets }: SummaryRange): ExitSummary {
  const { technique, retired, cycles, eventCounts, events } = vm;
  const recorded = events.read().map(({ entry }) => entry);
  const wanted = kinds ? recorded.filter((event) => kinds.includes(event.kind)) : recorded;
  // The instruction at hand may have had its events before it retires.
  const end = to ?? retired + 1;
  const start = Math.min(from ?? (events.firstSequence > 0 ? (recorded[0]?.retired ?? 0) : 0), end);
  const inside = wanted.filter((event) => event.retired >= start && event.retired < end);
  return {
    technique,
    retired,
    cycles,
    counts: { ...eventCounts },
    recorded: recorded.length,
    dropped: events.firstSequence,
    reasons: reasonsOf(inside),
    from: start,
    to: end,
    buckets: timelineOf(inside, start, end, buckets),
  };
}
