/** All breakpoints of a session: what the user asked for, where that is in this machine, and what happens when it is reached. */
import { hex } from '../base/bits';
import { UserError } from '../base/userError';
import { TECHNIQUES } from '../protocol/techniques';
import type { VmmEvent } from '../protocol/vmmEvent';
import type { WatchHit, Watchpoint } from '../memory/watchpoint';
import type { EventStop } from '../vmm/debuggable';
import type { BreakpointMode } from './breakpointModes';
import { register } from './codeView';
import { BreakpointCondition, type BreakpointRequest } from './breakpointCondition';
import { type DataAccess, parseDataId, readWatched, type WatchedData, watchpointOf } from './dataBreakpoints';
import { matchesStop, parseEventBreakpoint } from './eventBreakpoints';
import { EXCEPTION_FILTERS } from './exceptionFilters';
import type { EvaluationContext } from './expressions';
import { normalizePath, type SourceMap } from './sourceMap';

export type BreakpointOrigin = 'source' | 'function' | 'instruction' | 'filter' | 'data';

export interface Breakpoint {
  readonly id: number;
  readonly origin: BreakpointOrigin;
  readonly verified: boolean;
  /** Why it is not verified. */
  readonly message?: string;
  readonly path?: string;
  readonly line?: number;
  readonly linear: readonly number[];
  /** Where the same code was loaded: counts while it runs there, before paging. */
  readonly loaded?: readonly number[];
  readonly physical?: number;
  /** Selector in CS, when only that counts. */
  readonly selector?: number;
  readonly stops: readonly EventStop[];
  /** What an origin `data` watches, and for which accesses. */
  readonly data?: WatchedData & { readonly access: DataAccess };
  /** The filter's name, for origin `filter`. */
  readonly filter?: string;
}

export interface SourceBreakpointRequest extends BreakpointRequest {
  readonly line: number;
  readonly mode?: BreakpointMode;
}
export interface FunctionBreakpointRequest extends BreakpointRequest {
  readonly name: string;
}
export interface InstructionBreakpointRequest extends BreakpointRequest {
  readonly linear: number;
  readonly mode?: BreakpointMode;
}
export interface DataBreakpointRequest extends BreakpointRequest {
  readonly dataId: string;
  readonly access: DataAccess;
}
export interface FilterRequest extends BreakpointRequest {
  readonly filter: string;
}

/** What reaching a place came to: the breakpoints that stop, and what log points say. */
export interface Reached {
  readonly hit: readonly Breakpoint[];
  readonly logs: readonly string[];
}

type AnyRequest = BreakpointRequest & Partial<SourceBreakpointRequest & FunctionBreakpointRequest & InstructionBreakpointRequest & FilterRequest & DataBreakpointRequest>;

interface Entry {
  readonly request: AnyRequest;
  readonly breakpoint: Breakpoint;
  readonly condition: BreakpointCondition | undefined;
}

/** What one request of the client sets as a whole: the breakpoints of a file, or all of one kind. */
interface Group {
  readonly origin: BreakpointOrigin;
  readonly path: string;
  entries: Entry[];
}

type Resolution = Omit<Breakpoint, 'id' | 'origin'>;

const NOWHERE = { linear: [], stops: [] } as const;

export class Breakpoints {
  readonly #groups = new Map<string, Group>();
  /** What data breakpoints saw last. */
  readonly #values = new WeakMap<Breakpoint, string>();
  #nextId = 1;
  #changed = true;

  constructor(
    readonly context: EvaluationContext,
    readonly sourceMap: SourceMap,
  ) {}

  setSource(path: string, requests: readonly SourceBreakpointRequest[]): Breakpoint[] {
    return this.#replace('source', path, requests);
  }

  setFunction(requests: readonly FunctionBreakpointRequest[]): Breakpoint[] {
    return this.#replace('function', '', requests);
  }

  setInstruction(requests: readonly InstructionBreakpointRequest[]): Breakpoint[] {
    return this.#replace('instruction', '', requests);
  }

  setFilters(requests: readonly FilterRequest[]): Breakpoint[] {
    return this.#replace('filter', '', requests);
  }

  setData(requests: readonly DataBreakpointRequest[]): Breakpoint[] {
    return this.#replace('data', '', requests);
  }

  /** Resolve in this machine all that was set in another one. The breakpoints keep their numbers. */
  adopt(other: Breakpoints): Breakpoint[] {
    this.#nextId = other.#nextId;
    for (const [key, { origin, path, entries }] of other.#groups) {
      this.#groups.set(key, { origin, path, entries: entries.map((e) => this.#enter(origin, path, e.request, e.breakpoint.id)) });
    }
    this.#changed = true;
    return this.#all().map((entry) => entry.breakpoint);
  }

  /** Nobody is there any more who could be told. */
  clear(): void {
    this.#groups.clear();
    this.#changed = true;
  }

  /** True once after every change. */
  takeChanged(): boolean {
    const changed = this.#changed;
    this.#changed = false;
    return changed;
  }

  get linear(): Set<number> {
    return new Set(this.#all().flatMap(({ breakpoint: { linear, loaded = [] } }) => [...linear, ...loaded]));
  }

  /** A triple fault ends a run by itself; nobody has to ask for it. */
  get eventStops(): EventStop[] {
    return this.#all()
      .flatMap((e) => e.breakpoint.stops)
      .filter((stop) => stop.kind !== 'tripleFault');
  }

  get watchpoints(): Watchpoint[] {
    return this.#all().flatMap(({ breakpoint: { data } }) => (data ? [watchpointOf(data, data.access)] : []));
  }

  /** An instruction accessed memory that these breakpoints watch; each says what was there before and is now. */
  reachedData(hits: readonly WatchHit[]): Reached & { readonly changes: ReadonlyMap<Breakpoint, string> } {
    const changes = new Map<Breakpoint, string>();
    const touched = (b: Breakpoint) =>
      b.data && hits.some(({ watchpoint: w }) => w.space === b.data?.space && w.first === b.data.address && w.access === b.data.access && w.last - w.first + 1 === b.data.length);
    const reached = this.#reached(({ breakpoint: b }) => {
      if (!b.data || !touched(b)) return false;
      const after = readWatched(this.context.vm, b.data);
      const before = this.#values.get(b);
      this.#values.set(b, after);
      changes.set(b, before === undefined || before === after ? after : `${before} → ${after}`);
      return true;
    }, this.context);
    return { ...reached, changes };
  }

  reachedAddress(linear: number): Reached {
    const { vm } = this.context;
    const isThere = (b: Breakpoint) => b.linear.includes(linear) || (b.loaded?.includes(linear) === true && this.sourceMap.linked(linear) !== linear);
    return this.#reached(
      ({ breakpoint: b }) => isThere(b) && (b.physical === undefined || vm.translate(linear) === b.physical) && (b.selector === undefined || b.selector === vm.readRegister('cs')),
      this.context,
    );
  }

  reachedEvent(event: VmmEvent): Reached {
    const names = { vector: event.vector ?? 0, port: event.port ?? 0, write: event.write ? 1 : 0 };
    return this.#reached((entry) => entry.breakpoint.stops.some((stop) => matchesStop(stop, event)), { ...this.context, names });
  }

  #all(): Entry[] {
    return [...this.#groups.values()].flatMap((group) => group.entries);
  }

  #reached(here: (entry: Entry) => boolean, context: EvaluationContext): Reached {
    const hit: Breakpoint[] = [];
    const logs: string[] = [];
    for (const entry of this.#all().filter(here)) {
      const verdict = entry.condition?.reached(context) ?? { stop: true };
      if (verdict.stop) hit.push(entry.breakpoint);
      if (verdict.log !== undefined) logs.push(verdict.log);
    }
    return { hit, logs };
  }

  /** The request replaces its group; a breakpoint that was there before keeps its number and its hits. */
  #replace(origin: BreakpointOrigin, path: string, requests: readonly AnyRequest[]): Breakpoint[] {
    const key = `${origin}:${normalizePath(path)}`;
    const before = (this.#groups.get(key)?.entries ?? []).map((entry) => ({ entry, text: JSON.stringify(entry.request) }));
    const entries = requests.map((request) => {
      const kept = before.findIndex(({ text }) => text === JSON.stringify(request));
      return kept >= 0 ? before.splice(kept, 1)[0].entry : this.#enter(origin, path, request, this.#nextId++);
    });
    this.#groups.set(key, { origin, path, entries });
    this.#changed = true;
    return entries.map((entry) => entry.breakpoint);
  }

  #enter(origin: BreakpointOrigin, path: string, request: AnyRequest, id: number): Entry {
    try {
      const condition = new BreakpointCondition(request);
      const breakpoint = { id, origin, ...this.#resolve(origin, path, request) };
      if (breakpoint.data) this.#values.set(breakpoint, readWatched(this.context.vm, breakpoint.data));
      return { request, condition, breakpoint };
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      const place = origin === 'source' ? { path, line: request.line } : {};
      return { request, condition: undefined, breakpoint: { id, origin, verified: false, message: error.message, ...place, ...NOWHERE } };
    }
  }

  #resolve(origin: BreakpointOrigin, path: string, request: AnyRequest): Resolution {
    switch (origin) {
      case 'source':
        return this.#inMode(this.#resolveLine(path, request.line ?? 0), request.mode);
      case 'function':
        return { ...this.#locate(this.#whereLinked(parseEventBreakpoint(request.name ?? '', this.context))), verified: true };
      case 'data':
        return { ...NOWHERE, verified: true, data: { ...parseDataId(request.dataId ?? ''), access: request.access ?? 'write' } };
      case 'instruction':
        return this.#inMode({ ...this.#locate({ linear: [request.linear ?? 0], stops: [] }), verified: true }, request.mode);
      case 'filter':
        return this.#resolveFilter(request.filter ?? '');
    }
  }

  #resolveLine(path: string, line: number): Resolution {
    const found = this.sourceMap.breakpointAt(path, line);
    if (found) return { ...this.#whereLinked({ ...NOWHERE, ...found }), verified: true, path };
    const message = this.sourceMap.isSkipped(path, line)
      ? 'A condition (%if) leaves this line out here.'
      : this.sourceMap.hasFile(path)
        ? `No instruction at or after line ${line}.`
        : 'This file is not part of the guest.';
    return { ...NOWHERE, verified: false, message, path, line };
  }

  #inMode(resolution: Resolution, mode: BreakpointMode = 'linear'): Resolution {
    const { vm } = this.context;
    const [linear] = resolution.linear;
    if (mode === 'linear' || linear === undefined) return resolution;
    if (mode === 'segmented') return { ...resolution, selector: register(vm, 'cs') };
    const physical = resolution.loaded?.[0] ?? vm.translate(linear);
    return physical === undefined
      ? { ...resolution, verified: false, linear: [], message: 'Nothing is mapped there now: it has no physical address.' }
      : { ...resolution, physical };
  }

  #resolveFilter(filter: string): Resolution {
    const { technique } = this.context.vm;
    const row = EXCEPTION_FILTERS.find((f) => f.filter === filter);
    if (!row) throw new UserError('breakpoint.filter', `There is no exception filter ${filter}. Filters: ${EXCEPTION_FILTERS.map((f) => f.filter).join(' ')}.`);
    if (row.techniques.includes(technique))
      return { verified: true, linear: [], stops: row.kinds.map((kind) => ({ kind, ...(row.unhandled && { unhandled: row.unhandled }) })), filter };
    const names = TECHNIQUES.filter((t) => row.techniques.includes(t.id)).map((t) => t.name);
    return { ...NOWHERE, verified: false, message: `Does not happen under ${TECHNIQUES.find((t) => t.id === technique)?.name}; only under ${names.join(', ')}.`, filter };
  }

  /** A name may have been given as what it is before paging. */
  #whereLinked<T extends Pick<Breakpoint, 'linear'>>(places: T): T & Pick<Breakpoint, 'loaded'> {
    const linear = places.linear.map((each) => this.sourceMap.linked(each));
    const loaded = linear.map((each) => this.sourceMap.loaded(each)).filter((each) => each !== undefined);
    return { ...places, linear, ...(loaded.length > 0 && { loaded }) };
  }

  #locate(places: Pick<Breakpoint, 'linear' | 'loaded' | 'stops' | 'physical'>): Omit<Resolution, 'verified'> {
    const source = places.linear.length === 1 ? this.sourceMap.location(places.linear[0]) : undefined;
    return { ...places, ...source };
  }
}

export const formatAddress = (linear: number): string => `0x${hex(linear, 8).toLowerCase()}`;
