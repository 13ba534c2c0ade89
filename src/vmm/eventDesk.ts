/** Events of one VM: counted always, recorded while somebody asks, and matched against what should stop the guest. */
import { Emitter } from '../base/events';
import { Ring } from '../base/ring';
import { hexh } from '../base/bits';
import { EVENT_CELLS, countedKinds } from '../ir/eventCells';
import { VMM_EVENT_KINDS, type VmmEvent, type VmmEventKind } from '../protocol/vmmEvent';
import type { CpuState } from '../x86/cpuState';
import type { Instruction } from '../x86/decoder';
import { EDX } from '../x86/registers';
import { formatInstruction } from '../x86/formatter';
import type { CostEvent } from './cost/profiles';
import type { CostLedger } from './cost/ledger';
import type { EventStop } from './debuggable';
import { PlaceCounts } from './placeCounts';
import { SilentLog } from './silentLog';
import { type EventDraft, effectOf, exitReason } from './techniques/technique';

const RING_CAPACITY = 65536;
/** Sensitive instructions that run directly, between two stops, before they are counted only: older ones would be lost anyway. */
const FLOOD = RING_CAPACITY;

/** What an instruction is by itself, known before it executes. That it goes silently wrong is news wherever one stood before. */
const INSTRUCTION_KINDS: readonly VmmEventKind[] = ['sensitive', 'trap', 'callout', 'inline', 'vmExit', 'port', 'softwareInterrupt', 'controlWrite', 'hypercall'];

/** What is known only once it has happened: a stop is behind the instruction, or before the next one runs. */
const KNOWN_AFTERWARDS: readonly VmmEventKind[] = [
  ...(['blockTranslated', 'blockEnd', 'blockChained', 'blockInvalidated', 'adapted'] as const),
  ...(['vmEntry', 'injection', 'firmware', 'modeSwitch', 'deviceError', 'unclaimed'] as const),
];
export const isKnownAfterwards = (kind: VmmEventKind): boolean => KNOWN_AFTERWARDS.includes(kind);

/** Why the guest stopped where it stands: an event, or anything else. */
export type Suppression = VmmEventKind | 'breakpoint';

/** Coordinate and place of an instruction. */
export interface Place {
  readonly retired: number;
  readonly cs: number;
  readonly eip: number;
  readonly linear: number;
  readonly codeSize: 2 | 4;
}

export class EventDesk {
  readonly ring = new Ring<VmmEvent>(RING_CAPACITY);
  readonly source = new Emitter<VmmEvent>();
  readonly silent = new SilentLog();
  readonly places = new PlaceCounts();
  readonly #counts = Object.fromEntries(VMM_EVENT_KINDS.map((kind) => [kind, 0])) as Record<VmmEventKind, number>;
  #stops: readonly EventStop[] = [];
  #recording = false;
  readonly #texts = new WeakMap<Instruction, { readonly eip: number; readonly text: string }>();
  #watched = 16;
  /** Sensitive instructions that ran directly and were recorded since the guest stood. */
  #direct = 0;
  /** VM exits happen: an instruction that runs directly has none. */
  exits = false;
  /** The event that asked to stop. */
  stopEvent: VmmEvent | undefined;
  /** An event that is known only afterwards asks to stop: end the run. */
  stopAfter: (event: VmmEvent) => void = () => {};
  /** Going on from a stop: what must not stop here once more. */
  suppressed: Suppression | undefined;

  constructor(
    readonly cpu: CpuState,
    readonly ledger: CostLedger,
  ) {}

  get recording(): boolean {
    return this.#recording;
  }
  set recording(on: boolean) {
    if (on !== this.#recording) this.#watched += 2;
    this.#recording = on;
  }

  /** Part of the translation policy's key: changes whenever `interested` may answer otherwise. */
  get watchVersion(): number {
    return this.#watched + (this.flooded ? 1 : 0);
  }

  /** So many sensitive instructions have run directly since the guest stood that no more of them are recorded. */
  get flooded(): boolean {
    return this.#direct >= FLOOD;
  }

  /** One of them is about to be. */
  noteDirect(): void {
    this.#direct++;
  }

  /** The guest stands. */
  calm(): void {
    this.#direct = 0;
  }

  /** Somebody records, listens or may stop. */
  get watching(): boolean {
    return this.#recording || this.source.watched || this.#stops.length > 0;
  }

  set stops(stops: readonly EventStop[]) {
    this.#stops = stops;
    this.#watched += 2;
  }

  get counts(): Readonly<Record<VmmEventKind, number>> {
    const total = { ...this.#counts };
    for (const [kind, offset] of Object.entries(EVENT_CELLS)) total[kind as VmmEventKind] += this.cpu.get(offset);
    return total;
  }

  /** Would a run of this instruction be of interest: recorded, or a place to stop? */
  interested({ spec, immediate }: Instruction): boolean {
    const kinds: readonly VmmEventKind[] = countedKinds(spec);
    if (kinds.length === 0) return false;
    if (this.#recording && !this.flooded) return true;
    const fixedPort = spec.operands.includes('Ib') ? immediate & 0xff : undefined;
    const isKind = (kind: VmmEventKind): boolean => kinds.includes(kind === 'inline' ? 'sensitive' : kind);
    return this.#stops.some(
      (stop) =>
        isKind(stop.kind) &&
        (stop.mnemonic === undefined || stop.mnemonic === spec.mnemonic || stop.mnemonic === spec.mnemonic32) &&
        (stop.port === undefined || fixedPort === undefined || stop.port === fixedPort) &&
        (stop.vector === undefined || spec.lift !== 'int' || stop.vector === (immediate & 0xff)),
    );
  }

  /** What an instruction is by itself, whoever executes it. */
  sideEvents(instruction: Instruction): EventDraft[] {
    const { spec } = instruction;
    const name = spec.mnemonic.toUpperCase();
    return countedKinds(spec).flatMap((kind): EventDraft[] => {
      if (kind === 'port') {
        const port = spec.operands.includes('Ib') ? instruction.immediate & 0xff : this.cpu.reg(EDX) & 0xffff;
        const write = spec.lift.startsWith('out');
        return [{ kind, instruction, port, write, reason: `port ${hexh(port)}`, sentence: `${name} ${write ? 'wrote to' : 'read from'} port ${hexh(port)}.` }];
      }
      if (kind === 'softwareInterrupt') {
        const vector = spec.lift === 'int' ? instruction.immediate & 0xff : spec.lift === 'int3' ? 3 : 4;
        return [{ kind, instruction, vector, reason: `INT ${hexh(vector, 2)}`, sentence: `${name} called the handler of vector ${hexh(vector, 2)}.` }];
      }
      if (kind === 'controlWrite') {
        const register =
          spec.lift === 'movToControl'
            ? `CR${instruction.reg}`
            : spec.lift === 'movToDebug'
              ? `DR${instruction.reg}`
              : spec.lift === 'wrmsr'
                ? 'MSR'
                : spec.lift === 'movToTest'
                  ? `TR${instruction.reg}`
                  : 'CR0';
        return [{ kind, instruction, reason: register, sentence: `${name} wrote ${register}.` }];
      }
      return [];
    });
  }

  /** A sensitive instruction that runs directly, with the meaning the guest expects. */
  directEvents(instruction: Instruction): EventDraft[] {
    const { sensitive } = instruction.spec;
    const direct: EventDraft[] = sensitive
      ? [
          {
            kind: 'sensitive',
            instruction,
            reason: (this.exits ? undefined : exitReason(instruction)) ?? sensitive.kind,
            sentence: `Ran directly: ${effectOf(instruction)}`,
            cost: 'sensitive',
          },
        ]
      : [];
    return [...direct, ...this.sideEvents(instruction)];
  }

  event(draft: EventDraft, place: Place): VmmEvent {
    const { instruction } = draft;
    return {
      kind: draft.kind,
      retired: place.retired,
      cs: place.cs,
      eip: place.eip,
      linear: place.linear,
      codeSize: place.codeSize === 4 ? 32 : 16,
      mnemonic: instruction ? (instruction.operandSize === 4 ? instruction.spec.mnemonic32 : instruction.spec.mnemonic) : '',
      instruction: instruction ? this.#text(instruction, place) : '',
      reason: draft.reason,
      sentence: draft.sentence,
      cycles: (draft.cost ? this.ledger.price(draft.cost) : 0) + (draft.costs?.reduce((sum, [cost, count]) => sum + count * this.ledger.price(cost), 0) ?? 0),
      ...(draft.vector !== undefined ? { vector: draft.vector } : {}),
      ...(draft.port !== undefined ? { port: draft.port } : {}),
      ...(draft.write !== undefined ? { write: draft.write } : {}),
      ...('details' in draft ? draft.details : {}),
    } as VmmEvent;
  }

  /** An instruction of a block is reported many times and formatted once. */
  #text(instruction: Instruction, { eip, codeSize }: Place): string {
    const known = this.#texts.get(instruction);
    if (known?.eip === eip) return known.text;
    const text = formatInstruction(instruction, eip, codeSize);
    this.#texts.set(instruction, { eip, text });
    return text;
  }

  /** Somebody may stop at an event of this kind. */
  mayStopAt(kind: VmmEventKind): boolean {
    return this.#stops.some((stop) => stop.kind === kind);
  }

  /** Should the guest stop before this happens? Nothing is counted. */
  stopsAt(draft: EventDraft, place: Place): boolean {
    if (this.#stops.length === 0 || this.#isSuppressed(draft.kind)) return false;
    const matching = this.#matches(draft, place);
    if (matching) this.stopEvent = this.event(draft, place);
    return matching;
  }

  #matches(draft: EventDraft, place: Place): boolean {
    const { spec } = draft.instruction ?? {};
    return this.#stops.some(
      (stop) =>
        stop.kind === draft.kind &&
        (stop.linear === undefined || stop.linear === place.linear) &&
        (stop.mnemonic === undefined || stop.mnemonic === spec?.mnemonic || stop.mnemonic === spec?.mnemonic32) &&
        (stop.vector === undefined || stop.vector === draft.vector) &&
        (stop.port === undefined || stop.port === draft.port) &&
        (stop.reason === undefined || stop.reason === draft.reason) &&
        (!stop.unhandled || (draft.kind === 'guestFault' && draft.details.unhandled)),
    );
  }

  /** What an instruction is, was seen at the last stop; a fault it raises only if the stop was for that fault. */
  #isSuppressed(kind: VmmEventKind): boolean {
    return this.suppressed !== undefined && (kind === this.suppressed || INSTRUCTION_KINDS.includes(kind));
  }

  /** Translated code emulated so many instructions itself, `slow` of them ports and time. */
  countInline(count: number, slow: number): void {
    this.#counts.inline += count;
    this.ledger.charge('inlineState', count - slow);
    this.ledger.charge('inline', slow);
  }

  /** It happened, and nobody watches. Not for kinds that generated code counts. */
  count(kind: VmmEventKind, cost: CostEvent, times = 1): void {
    this.#counts[kind] += times;
    this.ledger.charge(cost, times);
  }

  /** Like `report`, for what happens often: nothing is built unless somebody listens. */
  tally(kind: VmmEventKind, cost: CostEvent | undefined, draft: () => EventDraft, place: () => Place): void {
    if (this.#recording || this.source.watched || this.mayStopAt(kind)) return this.report(draft(), place());
    this.#counts[kind]++;
    if (cost) this.ledger.charge(cost);
  }

  /** It happened: count, charge, record. Kinds that generated code counts are not counted twice. */
  report(draft: EventDraft, place: Place): void {
    const counted = draft.kind === 'inline' || (EVENT_CELLS as Record<string, number>)[draft.kind] !== undefined;
    if (!counted) this.#counts[draft.kind]++;
    // What runs directly is priced by its counter (see `cycles` of the VM).
    if (draft.cost && draft.kind !== 'sensitive' && draft.kind !== 'inline') this.ledger.charge(draft.cost);
    for (const [cost, count] of draft.costs ?? []) this.ledger.charge(cost, count);
    if (this.#stops.length > 0 && isKnownAfterwards(draft.kind) && this.#matches(draft, place)) this.stopAfter(this.event(draft, place));
    if (!this.#recording && !this.source.watched && draft.kind !== 'silent') return;
    const event = this.event(draft, place);
    if (event.kind === 'silent') this.silent.note(event);
    if (this.#recording) {
      this.ring.push(event);
      this.places.note(event.kind, event.linear);
    }
    this.source.fire(event);
  }
}
