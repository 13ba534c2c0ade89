/** What the user should read without asking: misbehaviour and gaps, once a site; and at the end, what the run came to. */
import { TECHNIQUES } from '../protocol/techniques';
import type { VmmEvent, VmmEventKind } from '../protocol/vmmEvent';
import { VMM_EVENT_KINDS } from '../protocol/vmmEvent';
import { EVENT_NAMES } from './describe';
import type { DebuggableVm } from '../vmm/debuggable';

export interface ReportLine {
  readonly category: 'console' | 'stderr';
  readonly text: string;
  readonly linear?: number;
}

const REPORTED: ReadonlyMap<VmmEventKind, ReportLine['category']> = new Map([
  ['silent', 'stderr'],
  ['unimplemented', 'stderr'],
  ['deviceError', 'console'],
  ['unclaimed', 'console'],
]);

const MAX_SITES = 200;

export class EventReport {
  #next = 0;
  #toldOfFlood = false;
  readonly #sites = new Set<string>();

  /** Recording has a price, so a run that nobody watches goes without: only its summary is left. */
  constructor(
    readonly vm: DebuggableVm,
    record: boolean,
  ) {
    vm.recordEvents = record;
  }

  /** Lines for the events recorded since the last call. */
  take(): ReportLine[] {
    const lines = this.#flood();
    if (this.vm.events.nextSequence === this.#next) return lines;
    for (const { sequence, entry } of this.vm.events.read(this.#next)) {
      this.#next = sequence + 1;
      const category = entry.kind === 'guestFault' && entry.unhandled ? 'stderr' : REPORTED.get(entry.kind);
      if (category && this.#firstAtSite(entry))
        lines.push({ category, text: `${entry.instruction || entry.kind}${entry.kind === 'silent' ? ' goes silently wrong' : ''}: ${entry.sentence}`, linear: entry.linear });
    }
    return lines;
  }

  #flood(): ReportLine[] {
    if (this.#toldOfFlood || !this.vm.flooded) return [];
    this.#toldOfFlood = true;
    return [{ category: 'console', text: 'Many sensitive instructions run directly. Until the guest stops they are counted, and no longer recorded one by one.' }];
  }

  #firstAtSite(event: VmmEvent): boolean {
    const site = `${event.kind} ${event.linear} ${event.reason}`;
    if (this.#sites.has(site) || this.#sites.size >= MAX_SITES) return false;
    this.#sites.add(site);
    return true;
  }

  summary(): string {
    const { technique, retired, cycles, eventCounts } = this.vm;
    const counts = VMM_EVENT_KINDS.filter((kind) => eventCounts[kind] > 0).map((kind) => `${EVENT_NAMES[kind]} ${eventCounts[kind]}`);
    const name = TECHNIQUES.find((t) => t.id === technique)?.name ?? technique;
    return `${name}: ${retired} instructions, ${cycles} modelled cycles${counts.length ? `; ${counts.join(', ')}` : ''}.`;
  }
}
