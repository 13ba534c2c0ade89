/**
 * The same guest under several techniques: what each did and cost, and where the first that differs from the reference parts from it.
 * Coordinates are retired instructions, which mean the same under every technique.
 */
import type { Emitter } from '../base/events';
import type { Picture } from '../devices/vga/render';
import type { ScreenText } from '../protocol/screen';
import type { ComparisonPhase } from '../protocol/comparison';
import type { PostOffice } from '../vmm/hypercalls/mailbox';
import type { TechniqueId } from '../protocol/techniques';
import type { VmmEvent, VmmEventKind } from '../protocol/vmmEvent';
import type { DebuggableVm, StopReason } from '../vmm/debuggable';

/** A machine at power-on. */
export interface Subject {
  readonly vm: DebuggableVm;
  /** Sentences for the user about the program and its images. */
  readonly notes?: readonly string[];
  /** What the guest writes to its serial port. */
  readonly serial?: Emitter<Uint8Array>;
  screen?(): ScreenText;
  picture?(): Picture;
  /** Type on the keyboard. */
  typeKeys?(text: string): void;
  /** Bytes for serial port 1. */
  serialInput?(bytes: Uint8Array): void;
  /** Where in its source an instruction is, as `boot.asm:12`. */
  locate?(linear: number): string | undefined;
  joinMessages?(office: PostOffice): void;
  dispose?(): void;
}

export type CreateSubject = (technique: TechniqueId) => Subject;

export interface CompareOptions {
  /** The first one is the reference. */
  readonly techniques: readonly TechniqueId[];
  readonly maxInstructions: number;
  /** Host time in milliseconds. */
  readonly now: () => number;
  /** Called between slices of a run. */
  readonly pause: () => Promise<void>;
  /** Called when a technique starts to run, and when the search begins for where it parted from the reference. */
  readonly progress?: (technique: TechniqueId, phase: ComparisonPhase) => void;
}

/** Instructions after which a guest that does not end is stopped, where nobody says otherwise. */
export const COMPARED_INSTRUCTIONS = 10_000_000;

export interface TechniqueRun {
  readonly technique: TechniqueId;
  readonly stop: StopReason;
  readonly retired: number;
  readonly cycles: number;
  /** Host time. */
  readonly milliseconds: number;
  readonly counts: Readonly<Record<VmmEventKind, number>>;
  readonly stateHash: string;
  readonly serial: Uint8Array;
}

export interface RegisterDifference {
  readonly name: string;
  readonly reference: number;
  readonly other: number;
}

/** The first instruction whose outcome differs. */
export interface Divergence {
  /** `registers`: they differ after it; `stop`: only one run goes on after it; `memory`: memory or a device differs after it. */
  readonly kind: 'registers' | 'stop' | 'memory';
  /** Instructions retired before it. */
  readonly retired: number;
  readonly cs: number;
  readonly eip: number;
  readonly linear: number;
  readonly instruction: string;
  /** Its place in the source, as `boot.asm:12`. */
  readonly source?: string;
  readonly differences: readonly RegisterDifference[];
  readonly referenceStop: StopReason;
  readonly otherStop: StopReason;
  /** The last silent misbehaviour up to here: why they differ. */
  readonly cause?: VmmEvent;
}

export interface ComparedRun extends TechniqueRun {
  /** True for the reference itself. */
  readonly equal: boolean;
  /** Where an unequal run parted; undefined when only its output differs, or the place was not found. */
  readonly divergence?: Divergence;
}

/** What the guest can see of its processor. Time-stamp and debug registers are left out: they belong to whoever debugs. */
export const VISIBLE_REGISTERS = [
  ...['eax', 'ecx', 'edx', 'ebx', 'esp', 'ebp', 'esi', 'edi', 'eip', 'eflags', 'es', 'cs', 'ss', 'ds', 'fs', 'gs'],
  ...['cr0', 'cr2', 'cr3', 'cr4', 'gdtr.base', 'gdtr.limit', 'idtr.base', 'idtr.limit', 'ldtr', 'tr', 'cpl'],
] as const;

const SLICE_MILLISECONDS = 200;
/** Slices without a retired instruction before a run counts as stuck. */
const STUCK_SLICES = 25;
/** Instructions between two comparisons where nothing suspicious happened. */
const STRIDE = 1000;
/** Hashing all of memory is dear: do it after this many silent events at most. */
const MAX_HASHES = 64;

const stopKey = (stop: StopReason): string => (stop.kind === 'exited' ? `exited ${stop.code}` : stop.kind);

/** Run until `retired` instructions have retired in all; `budget` means that it got there (or is stuck). */
async function runTo(vm: DebuggableVm, retired: number, pause: () => Promise<void>): Promise<StopReason> {
  let stuck = 0;
  while (vm.retired < retired && stuck < STUCK_SLICES) {
    const before = vm.retired;
    const stop = vm.run(retired - before, SLICE_MILLISECONDS);
    if (stop.kind !== 'budget') return stop;
    stuck = vm.retired === before ? stuck + 1 : 0;
    if (vm.retired < retired) await pause();
  }
  return { kind: 'budget' };
}

function differences(reference: DebuggableVm, other: DebuggableVm): RegisterDifference[] {
  return VISIBLE_REGISTERS.flatMap((name) => {
    const pair = { name, reference: reference.readRegister(name) ?? 0, other: other.readRegister(name) ?? 0 };
    return pair.reference === pair.other ? [] : [pair];
  });
}

const sameBytes = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && a.every((byte, i) => byte === b[i]);

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

async function runOne(create: CreateSubject, technique: TechniqueId, options: CompareOptions): Promise<TechniqueRun> {
  const subject = create(technique);
  const parts: Uint8Array[] = [];
  const listening = subject.serial?.on((bytes) => void parts.push(bytes.slice()));
  try {
    const { vm } = subject;
    const started = options.now();
    const stop = await runTo(vm, options.maxInstructions, options.pause);
    const milliseconds = options.now() - started;
    return { technique, stop, retired: vm.retired, cycles: vm.cycles, milliseconds, counts: { ...vm.eventCounts }, stateHash: vm.stateHash(), serial: concatenate(parts) };
  } finally {
    listening?.dispose();
    subject.dispose?.();
  }
}

/** Two machines that run the same guest in step: the reference and the other. */
class Pair {
  readonly subjects: readonly [Subject, Subject];
  /** The other side's last silent event. */
  silent: VmmEvent | undefined;
  readonly #pause: () => Promise<void>;

  constructor(create: CreateSubject, reference: TechniqueId, other: TechniqueId, pause: () => Promise<void>) {
    this.subjects = [create(reference), create(other)];
    this.#pause = pause;
    this.other.eventSource.on((event) => {
      if (event.kind === 'silent') this.silent = event;
    });
  }

  get reference(): DebuggableVm {
    return this.subjects[0].vm;
  }

  get other(): DebuggableVm {
    return this.subjects[1].vm;
  }

  async runTo(retired: number): Promise<readonly [StopReason, StopReason]> {
    return [await runTo(this.reference, retired, this.#pause), await runTo(this.other, retired, this.#pause)];
  }

  differ(stops: readonly [StopReason, StopReason]): boolean {
    return stopKey(stops[0]) !== stopKey(stops[1]) || this.reference.retired !== this.other.retired || differences(this.reference, this.other).length > 0;
  }

  sameState(): boolean {
    return this.reference.stateHash() === this.other.stateHash();
  }

  /** Execute one instruction on both sides; what differs after it, if anything does. */
  async step(compareMemory: (silent: boolean) => boolean): Promise<Divergence | 'ended' | undefined> {
    const vm = this.reference;
    const [retired, cs, eip] = [vm.retired, vm.readRegister('cs') ?? 0, vm.readRegister('eip') ?? 0];
    const linear = (vm.segment('cs').base + eip) >>> 0;
    const instruction = vm.disassemble(linear, 1)[0]?.text ?? '??';
    const silentBefore = this.silent;
    const stops = await this.runTo(retired + 1);
    const registers = this.differ(stops);
    const memory = !registers && compareMemory(this.silent !== silentBefore) && !this.sameState();
    if (!registers && !memory) return stops[0].kind === 'budget' ? undefined : 'ended';
    const found = differences(this.reference, this.other);
    const kind = memory ? 'memory' : found.length > 0 ? 'registers' : 'stop';
    const source = this.subjects[0].locate?.(linear);
    const known = { ...(source === undefined ? {} : { source }), ...(this.silent ? { cause: this.silent } : {}) };
    return { kind, retired, cs, eip, linear, instruction, differences: found, referenceStop: stops[0], otherStop: stops[1], ...known };
  }

  dispose(): void {
    for (const subject of this.subjects) subject.dispose?.();
  }
}

/**
 * A scout runs ahead in strides; where it finds registers that differ, or the other side misbehaved silently, a second pair that
 * trails behind goes through the stride instruction by instruction. A difference that shows only in memory is bisected by hash.
 */
async function findDivergence(newPair: () => Pair, end: number): Promise<Divergence | undefined> {
  const scout = newPair();
  const trail = newPair();
  try {
    let hashes = 0;
    const compareMemory = (silent: boolean) => silent && hashes++ < MAX_HASHES;
    for (let at = 0; at <= end; at += STRIDE) {
      const silentBefore = scout.silent;
      const stops = await scout.runTo(at + STRIDE);
      if (!scout.differ(stops) && scout.silent === silentBefore) await trail.runTo(at + STRIDE);
      else
        while (trail.reference.retired < at + STRIDE) {
          const found = await trail.step(compareMemory);
          if (found === 'ended') break;
          if (found) return found;
        }
      if (stops[0].kind !== 'budget') break;
    }
  } finally {
    scout.dispose();
    trail.dispose();
  }
  return bisectMemory(newPair, end);
}

async function bisectMemory(newPair: () => Pair, end: number): Promise<Divergence | undefined> {
  let [equalAt, differsAt] = [0, end];
  while (differsAt - equalAt > 1) {
    const pair = newPair();
    const middle = Math.floor((equalAt + differsAt) / 2);
    await pair.runTo(middle);
    if (pair.sameState()) equalAt = middle;
    else differsAt = middle;
    pair.dispose();
  }
  const pair = newPair();
  try {
    await pair.runTo(equalAt);
    const found = await pair.step(() => true);
    return found === 'ended' ? undefined : found;
  } finally {
    pair.dispose();
  }
}

/** Run the guest under every technique; the first is what the others are compared with. */
export async function compareTechniques(create: CreateSubject, options: CompareOptions): Promise<ComparedRun[]> {
  const runs: TechniqueRun[] = [];
  for (const technique of options.techniques) {
    options.progress?.(technique, 'run');
    runs.push(await runOne(create, technique, options));
  }
  const [reference] = runs;
  const compared: ComparedRun[] = [];
  for (const run of runs) {
    const sameState = run.stateHash === reference.stateHash && run.retired === reference.retired && stopKey(run.stop) === stopKey(reference.stop);
    if (!sameState) options.progress?.(run.technique, 'divergence');
    const newPair = () => new Pair(create, reference.technique, run.technique, options.pause);
    const divergence = sameState ? undefined : await findDivergence(newPair, Math.max(run.retired, reference.retired));
    compared.push({ ...run, equal: sameState && sameBytes(run.serial, reference.serial), ...(divergence ? { divergence } : {}) });
  }
  return compared;
}
