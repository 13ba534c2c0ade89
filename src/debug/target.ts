/**
 * One machine under the debugger: running or stopped, in bounded slices between which messages get in. Runs and steps
 * end in a TargetStop; breakpoints whose condition fails, hit counts not reached and log points never surface.
 */
import type { Disposable } from '../base/events';
import { Emitter } from '../base/events';
import type { VmmEvent } from '../protocol/vmmEvent';
import type { StopReason } from '../vmm/debuggable';
import { type Breakpoint, Breakpoints, formatAddress } from './breakpoints';
import { codeBits, instructionPointer } from './codeView';
import type { DebugMachine } from './debugMachine';
import { CScope } from './c/cScope';
import type { EvaluationContext } from './expressions';
import { stackFrames } from './stackFrames';
import { Pace, type PaceMode } from './pace';
import { firmwareHalt } from './firmwareHalt';
import { SourceMap } from './sourceMap';
import { silentReport } from './silentReport';
import { type Granularity, type Leg, type LegResult, type Step, type StepKind, step } from './stepping';
import { SymbolTable } from './symbolTable';
import { VisitRecorder, type VmmVisit } from './vmmVisit';
import { eventLoopYield, type Yield } from './yieldToEventLoop';

export type TargetStop =
  | { readonly kind: 'entry' | 'step' | 'pause' }
  | { readonly kind: 'breakpoint'; readonly hit: readonly Breakpoint[] }
  /** Behind an access to watched memory. `text`: by which instruction, and what each breakpoint saw. */
  | { readonly kind: 'data'; readonly hit: readonly Breakpoint[]; readonly text: string }
  | { readonly kind: 'event'; readonly event: VmmEvent; readonly hit: readonly Breakpoint[] }
  | Extract<StopReason, { kind: 'exited' | 'unimplemented' }>
  /** `silent`: where the guest was silently misled, and whether that is why it halted. */
  | (Extract<StopReason, { kind: 'halted' }> & { readonly silent: readonly string[] /** What the BIOS said, if it gave up. */; readonly firmware?: string })
  /** `hit`: who asked to be told before the session ends. */
  | { readonly kind: 'tripleFault'; readonly causes: readonly string[]; readonly hit: readonly Breakpoint[] }
  | { readonly kind: 'entryFailure'; readonly causes: readonly string[] }
  /** As many instructions as the configuration allows have retired. */
  | { readonly kind: 'limit'; readonly instructions: number }
  /** A defect of Ringside: this VM stops, nothing else does. */
  | { readonly kind: 'failed'; readonly error: unknown };

export interface LogLine {
  readonly text: string;
  /** Where the guest was. */
  readonly linear: number;
}

const SLICE_MILLISECONDS = 8;
/** Bounds of what the VM is asked to retire at once: it looks at the clock only now and then. */
const SMALLEST_BUDGET = 10_000;
const LARGEST_BUDGET = 1_000_000_000;

/** What the VM is being run for: freely, or leg by leg. */
interface Run {
  readonly step?: Step;
  leg?: Leg;
  legStart: number;
  interruptedAt?: number;
}

/** A position that the user has been shown, and what was decided there: continuing from it must not stop on the same again. */
interface Settled {
  readonly retired: number;
  readonly linear: number;
  readonly decided: Set<string>;
}

export class DebugTarget implements Disposable {
  readonly sourceMap: SourceMap;
  readonly symbols: SymbolTable;
  readonly context: EvaluationContext;
  readonly breakpoints: Breakpoints;
  readonly stopped = new Emitter<TargetStop>();
  readonly logged = new Emitter<LogLine>();
  /** After every slice of a run, before a stop is reported. */
  readonly sliced = new Emitter<void>();
  readonly #yield: Yield;
  readonly #pace: Pace;
  #state: 'stopped' | 'running' | 'ended' = 'stopped';
  #lastStop: TargetStop | undefined;
  #visit: VmmVisit | undefined;
  #visits = 0;
  #pauseRequested = false;
  #budget = SMALLEST_BUDGET;
  #armed: number | undefined;
  #settled: Settled = { retired: -1, linear: -1, decided: new Set() };

  constructor(
    readonly machine: DebugMachine,
    readonly maxInstructions = Number.POSITIVE_INFINITY,
    yieldToEventLoop: Yield = eventLoopYield(),
    pace: PaceMode = 'full',
  ) {
    this.#pace = new Pace(pace, machine.vm, () => performance.now());
    this.#yield = yieldToEventLoop;
    const files = machine.symbolFiles ?? [];
    this.sourceMap = new SourceMap(machine.assembly, machine.loadAddress, files);
    this.symbols = new SymbolTable(machine.assembly, machine.loadAddress, machine.symbols, files);
    this.context = {
      vm: machine.vm,
      symbols: this.symbols,
      functionEntries: (name) => files.flatMap((file) => file.functionEntries(name)),
      scope: () => this.scopeOf(0),
    };
    this.breakpoints = new Breakpoints(this.context, this.sourceMap);
  }

  /** What names of a compiled program mean in a frame of the call stack, 0 being the innermost; undefined when there is no such program. */
  scopeOf(index: number): CScope | undefined {
    const { symbolFiles } = this.sourceMap;
    if (!symbolFiles.some(({ info }) => info.units.length > 0)) return undefined;
    return new CScope(this.vm, symbolFiles, stackFrames(this, index === 0 ? 1 : undefined)[index]);
  }

  /** For expressions about a frame of the call stack. */
  contextOf(index: number): EvaluationContext {
    return index === 0 ? this.context : { ...this.context, scope: () => this.scopeOf(index) };
  }

  get vm() {
    return this.machine.vm;
  }

  get running(): boolean {
    return this.#state === 'running';
  }

  /** Shut down or powered off: it can be looked at, but not resumed. */
  get ended(): boolean {
    return this.#state === 'ended';
  }

  get lastStop(): TargetStop | undefined {
    return this.#lastStop;
  }

  /** Report the position before the first instruction as a stop. */
  stopOnEntry(): void {
    this.#finish({ kind: 'entry' });
  }

  resume(): void {
    this.#start({ legStart: 0 });
  }

  /** What the VMM did for the last instruction, while the user is being shown it. */
  get visit(): VmmVisit | undefined {
    return this.#visit;
  }

  step(kind: StepKind, granularity: Granularity): void {
    if (this.#state !== 'stopped') return;
    if (this.#visit) {
      // The guest has gone on already: this step is one in the telling, or back to it.
      if (kind === 'out' || !this.#visit.advance()) this.#visit = undefined;
      return this.#finish({ kind: 'step' }, this.#visit);
    }
    this.#take(step(kind, granularity, this));
  }

  /** One instruction, and then the handling of it by the VMM, if there was any. */
  stepIntoVmm(): void {
    if (this.#state === 'stopped') this.#take(this.#visitVmm());
  }

  *#visitVmm(): Step {
    const recorder = new VisitRecorder(this.vm, this.#visits++);
    yield { kind: 'instruction' };
    this.#visit = recorder.finish();
  }

  #take(steps: Step): void {
    const first = steps.next({});
    if (first.done) this.#finish({ kind: 'step' });
    else this.#start({ step: steps, leg: first.value, legStart: this.vm.retired });
  }

  pause(): void {
    if (this.#state === 'running') this.#pauseRequested = true;
  }

  /** Make it stand, wherever it is; resolves when it does. */
  async halt(): Promise<void> {
    if (this.#state !== 'running') return;
    await new Promise<void>((resolve) => {
      const stopped = this.stopped.on(() => {
        stopped.dispose();
        resolve();
      });
      this.pause();
    });
  }

  dispose(): void {
    this.#state = 'ended';
    this.machine.dispose?.();
  }

  #start(run: Run): void {
    if (this.#state !== 'stopped') return;
    this.#state = 'running';
    this.#visit = undefined;
    this.#pauseRequested = false;
    void this.#drive(run);
  }

  async #drive(run: Run): Promise<void> {
    const watch = run.step && this.vm.eventSource.on((event) => event.kind === 'interrupt' && (run.interruptedAt ??= event.linear));
    try {
      // Responses and events of the request that resumed us go first.
      await this.#yield();
      this.#pace.start();
      this.#pace.wait();
      while (this.#state === 'running') {
        const stop = this.#slice(run) ?? (this.#pauseRequested ? ({ kind: 'pause' } as const) : undefined);
        this.sliced.fire();
        if (stop) return this.#finish(stop);
        const sleep = this.#pace.wait();
        if (sleep > 0) {
          await new Promise((resolve) => setTimeout(resolve, sleep));
          this.#pace.wait(); // time has passed: the limit is another
        }
        await this.#yield();
      }
    } catch (error) {
      this.#finish({ kind: 'failed', error });
    } finally {
      this.#pace.stop();
      watch?.dispose();
    }
  }

  #finish(stop: TargetStop, visit = stop.kind === 'step' ? this.#visit : undefined): void {
    if (this.#state === 'ended') return;
    this.#visit = visit;
    const over = stop.kind === 'exited' || stop.kind === 'tripleFault' || stop.kind === 'failed' || stop.kind === 'limit';
    this.#state = over ? 'ended' : 'stopped';
    this.#lastStop = stop;
    this.#settle().add('address');
    this.stopped.fire(stop);
  }

  /** Run until the slice's time is up or there is something to report. */
  #slice(run: Run): TargetStop | undefined {
    const deadline = performance.now() + SLICE_MILLISECONDS;
    do {
      const here = this.#arrive();
      if (here) return here;
      const stop = this.#runOnce(run, Math.max(1, deadline - performance.now()));
      if (stop) return stop;
      if (!run.leg || !this.#legOver(run.leg, run.legStart, run)) continue;
      const result: LegResult = run.interruptedAt === undefined ? {} : { interruptedAt: run.interruptedAt };
      run.interruptedAt = undefined;
      const next = run.step?.next(result);
      if (!next || next.done) return this.#arrive() ?? { kind: 'step' };
      run.leg = next.value;
      run.legStart = this.vm.retired;
    } while (performance.now() < deadline && !this.#pauseRequested && this.vm.waitsUntil === undefined && this.#pace.budget > 1);
    return undefined;
  }

  #runOnce(run: Run, milliseconds: number): TargetStop | undefined {
    this.#arm(run.leg?.kind === 'until' ? run.leg.linear : undefined);
    const left = this.maxInstructions - this.vm.retired;
    if (left <= 0) return { kind: 'limit', instructions: this.maxInstructions };
    const reason = run.leg?.kind === 'instruction' ? this.#runOne(milliseconds) : this.#runBudget(left, milliseconds);
    switch (reason.kind) {
      case 'budget':
      case 'breakpoint': // a user's or a leg's: both are recognised by position
        return undefined;
      case 'pause':
        return { kind: 'pause' };
      case 'watchpoint':
        return this.#arriveAtData(reason);
      case 'event':
        return this.#arriveAtEvent(reason.event);
      case 'tripleFault':
        return { ...reason, hit: this.breakpoints.reachedEvent(this.#shutdown(reason.causes)).hit };
      case 'halted':
        return this.#halted(reason);
      default:
        return reason;
    }
  }

  #halted(reason: Extract<StopReason, { kind: 'halted' }>): TargetStop {
    const firmware = firmwareHalt(this.machine, reason.interruptsEnabled);
    const silent = silentReport({ vm: this.vm, locate: (linear) => this.#sourceLine(linear) }, reason);
    return { ...reason, silent, ...(firmware !== undefined && { firmware }) };
  }

  /** `boot.asm:12`. */
  #sourceLine(linear: number): string | undefined {
    const place = this.sourceMap.location(linear);
    return place && `${place.path.replace(/^.*[\\/]/, '')}:${place.line}`;
  }

  #runOne(milliseconds: number): StopReason {
    const reason = this.vm.run(1, milliseconds);
    this.vm.showBlock?.();
    return reason;
  }

  /** As many instructions as take about a slice, by how long the last ones took. */
  #runBudget(most: number, milliseconds: number): StopReason {
    const before = performance.now();
    const reason = this.vm.run(Math.min(this.#budget, most, this.#pace.budget), milliseconds);
    const elapsed = performance.now() - before;
    if (elapsed > SLICE_MILLISECONDS) this.#budget = Math.max(SMALLEST_BUDGET, this.#budget >> 1);
    else if (elapsed < SLICE_MILLISECONDS / 4) this.#budget = Math.min(LARGEST_BUDGET, this.#budget * 2);
    return reason;
  }

  #legOver(leg: Leg, start: number, run: Run): boolean {
    if (leg.kind === 'instruction') return this.vm.retired !== start || run.interruptedAt !== undefined;
    return this.vm.retired !== start && instructionPointer(this.vm) === leg.linear && leg.accept();
  }

  /** Breakpoints of the instruction about to execute, each asked once. */
  #arrive(): TargetStop | undefined {
    if (!this.#userAddresses().has(instructionPointer(this.vm))) return undefined;
    const decided = this.#settle();
    if (decided.has('address')) return undefined;
    decided.add('address');
    const linear = instructionPointer(this.vm);
    const { hit, logs } = this.breakpoints.reachedAddress(linear);
    for (const text of logs) this.logged.fire({ text, linear });
    return hit.length > 0 ? { kind: 'breakpoint', hit } : undefined;
  }

  #arriveAtEvent(event: VmmEvent): TargetStop | undefined {
    const decided = this.#settle();
    const key = `${event.kind} ${event.reason}`;
    if (decided.has(key)) return undefined;
    decided.add(key);
    const { hit, logs } = this.breakpoints.reachedEvent(event);
    for (const text of logs) this.logged.fire({ text, linear: event.linear });
    return hit.length > 0 ? { kind: 'event', event, hit } : undefined;
  }

  #arriveAtData({ hits, by }: Extract<StopReason, { kind: 'watchpoint' }>): TargetStop | undefined {
    const { hit, logs, changes } = this.breakpoints.reachedData(hits);
    for (const text of logs) this.logged.fire({ text, linear: by });
    if (hit.length === 0) return undefined;
    const [instruction] = this.vm.disassemble(by, 1);
    const access = hits.some((h) => h.write) ? 'wrote' : 'read';
    const what = hit.map((b) => `${b.data!.length} bytes at ${b.data!.space === 'physical' ? 'physical ' : ''}${formatAddress(b.data!.address)}: ${changes.get(b)}`);
    return { kind: 'data', hit, text: `${instruction?.text ?? ''} at ${formatAddress(by)} ${access} ${what.join('; ')}` };
  }

  #shutdown(causes: readonly string[]): VmmEvent {
    const { vm } = this;
    const position = { retired: vm.retired, cs: vm.readRegister('cs') ?? 0, eip: vm.readRegister('eip') ?? 0, linear: instructionPointer(vm), codeSize: codeBits(vm) };
    return { kind: 'tripleFault', ...position, mnemonic: '', instruction: '', reason: 'triple fault', sentence: causes.join(' '), cycles: 0 };
  }

  /** What has been decided at this position. */
  #settle(): Set<string> {
    const { retired } = this.vm;
    const linear = instructionPointer(this.vm);
    if (this.#settled.retired !== retired || this.#settled.linear !== linear) this.#settled = { retired, linear, decided: new Set() };
    return this.#settled.decided;
  }

  #addresses: Set<number> = new Set();

  #userAddresses(): Set<number> {
    if (this.breakpoints.takeChanged()) {
      this.#addresses = this.breakpoints.linear;
      this.#armed = undefined;
      this.vm.setBreakpoints(this.#addresses);
      this.vm.setEventStops(this.breakpoints.eventStops);
      this.vm.setWatchpoints(this.breakpoints.watchpoints);
    }
    return this.#addresses;
  }

  /** Add a leg's address to the user's. */
  #arm(linear: number | undefined): void {
    const addresses = this.#userAddresses();
    if (this.#armed === linear) return;
    this.#armed = linear;
    this.vm.setBreakpoints(linear === undefined ? addresses : new Set([...addresses, linear]));
  }
}
