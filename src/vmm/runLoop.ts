/**
 * The run loop of a VM: time, reset, halt and what is pending, then a slice of the guest, and what to make of the way it ended. Every
 * stop is between two instructions; going on from one does not stop there again.
 */
import type { GuestClock } from '../devices/clock';
import type { InterruptController } from '../devices/interruptController';
import type { Interpreter } from '../engine/interpreter';
import { type LinearMemory, REFUSED_VECTOR } from '../memory/linearMemory';
import { WATCH_VECTOR } from '../memory/watches';
import type { WatchHit } from '../memory/watchpoint';
import { type ExecutionContext, UNIMPLEMENTED_VECTOR } from '../semantics/system/context';
import { instructionBreakpoints } from '../semantics/system/debug';
import { CPU, type CpuState, INHIBIT_DEBUG } from '../x86/cpuState';
import type { Instruction } from '../x86/decoder';
import { DB, UD } from '../x86/exceptions';
import { EFLAGS_IF, EFLAGS_RF } from '../x86/flags';
import { CS } from '../x86/registers';
import type { StopReason } from './debuggable';
import { DebugTraps } from './debugTraps';
import type { DeviceAccess } from './deviceAccess';
import type { Delivered, EventDelivery } from './eventDelivery';
import { type EventDesk, type Suppression, isKnownAfterwards } from './eventDesk';
import type { Firmware } from './firmwareContext';
import { FirmwareDraft, type FirmwareHost, FirmwareService, inFirmware } from './firmwareService';
import { NANOSECONDS_PER_INSTRUCTION } from './guestTime';
import type { Hypercalls } from './hypercalls/hypercalls';
import type { Technique, TechniqueExit, Waiting } from './techniques/technique';
import type { Whereabouts } from './whereabouts';

/** Turns of the run loop, and instructions, between two looks at the host's clock. */
const TURNS = 16;
const TURNS_INSTRUCTIONS = 50_000;

/** What the run loop runs. */
export interface RunLoopHost {
  readonly cpu: CpuState;
  readonly engine: Interpreter;
  readonly linear: LinearMemory;
  readonly context: ExecutionContext;
  readonly devices: DeviceAccess;
  readonly desk: EventDesk;
  readonly technique: Technique;
  readonly hypercalls: Hypercalls | undefined;
  readonly whereabouts: Whereabouts;
  readonly platform: {
    readonly clock: GuestClock;
    readonly interrupts: InterruptController;
    readonly firmware?: Firmware;
    a20(): boolean;
    setA20(enabled: boolean): void;
  };
  /** Guest time, nanoseconds. */
  now(): number;
  /** Nothing happens in the guest for so many nanoseconds. */
  skip(nanoseconds: number): void;
  syncClock(): void;
  /** The instruction at CS:EIP, which becomes the place of the next events. */
  decodeCurrent(): Instruction | undefined;
  /** The machine as after power-on. */
  restart(): void;
  stopUnimplemented(what?: string): void;
}

export class RunLoop {
  /** A halted guest is not taken past this guest time (ns). */
  timeLimit = Number.POSITIVE_INFINITY;
  /** When the timer is due that it waits for because of that. */
  waitsUntil: number | undefined;
  #pending: StopReason | undefined;
  #resetRequested = false;
  /** Coordinate and EIP of the last stop. */
  #stoppedAt: { retired: number; eip: number; on: Suppression } = { retired: -1, eip: -1, on: 'breakpoint' };
  #firmware: FirmwareService | undefined;
  readonly #traps: DebugTraps;

  constructor(
    private readonly host: RunLoopHost,
    private readonly delivery: EventDelivery,
  ) {
    this.#traps = new DebugTraps({
      cpu: host.cpu,
      get retired() {
        return host.engine.retired;
      },
      lengthHere: () => host.decodeCurrent()?.length ?? 0,
    });
  }

  /** Stop before the next instruction, unless there is another reason already. */
  requestStop(reason: StopReason): void {
    this.#pending ??= reason;
    this.host.engine.attend();
  }

  /** The guest cannot go on: stop for that. */
  end(reason: StopReason): void {
    this.#pending = reason;
    this.host.engine.attend();
  }

  /** The guest pulled the reset line: act between two instructions. */
  requestReset(): void {
    this.#resetRequested = true;
    this.host.engine.attend();
  }

  /** Retire up to `maxInstructions`, for up to `maxMilliseconds` of host time. */
  run(maxInstructions: number, maxMilliseconds: number): StopReason {
    const { engine, cpu, desk } = this.host;
    const end = engine.retired + maxInstructions;
    const deadline = performance.now() + maxMilliseconds;
    this.waitsUntil = undefined;
    const here = this.#stoppedAt.retired === engine.retired && this.#stoppedAt.eip === cpu.eip;
    desk.suppressed = here ? this.#stoppedAt.on : undefined;
    for (let turns = 1, looked = engine.retired; ; turns++) {
      let stop = this.#turn(end);
      // The host's clock costs as much as a short turn.
      if (!stop && (engine.tookLong || turns % TURNS === 0 || engine.retired - looked > TURNS_INSTRUCTIONS)) {
        looked = engine.retired;
        if (performance.now() > deadline) stop = { kind: 'budget' };
      }
      if (!stop) continue;
      if (stop.kind !== 'budget') this.showBlock();
      return this.#stopped(stop);
    }
  }

  /** Stepping runs single instructions: somebody who watches sees the block they belong to all the same. */
  showBlock(): void {
    const { desk, technique } = this.host;
    if (!desk.recording) return;
    const pending = this.#pending;
    technique.showBlock();
    this.#pending = pending; // nobody stops for what is only shown
  }

  #stopped(stop: StopReason): StopReason {
    const { engine, cpu, desk } = this.host;
    this.host.syncClock(); // devices are where the position says, however it was reached
    if (stop.kind !== 'budget') desk.calm();
    if (stop.kind === 'event' && isKnownAfterwards(stop.event.kind)) this.#stoppedAt = NOWHERE;
    else if (stop.kind !== 'budget') this.#stoppedAt = { retired: engine.retired, eip: cpu.eip, on: stop.kind === 'event' ? stop.event.kind : 'breakpoint' };
    desk.suppressed = undefined;
    return stop;
  }

  #takePending(): StopReason | undefined {
    const stop = this.#pending;
    this.#pending = undefined;
    return stop;
  }

  /** One turn: time, reset, halt, what is pending, then a slice of the guest. */
  #turn(end: number): StopReason | undefined {
    const { host } = this;
    const stop = this.#takePending();
    if (stop) return stop;
    if (this.#resetRequested) {
      this.#resetRequested = false;
      host.restart();
    }
    if (host.engine.retired >= end) return BUDGET;
    host.syncClock();
    host.hypercalls?.events.note();
    if (host.cpu.get(CPU.HALTED)) return this.#idle();
    const pending = this.#deliverPending();
    return pending ? pending.stop : this.#runSlice(end);
  }

  /** What comes before the next instruction, by priority (SDM Vol. 3, table 6-2). Undefined: nothing does. */
  #deliverPending(): { readonly stop: StopReason | undefined } | undefined {
    const { cpu, desk, context, technique, platform } = this.host;
    const { interrupts } = platform;
    if (this.#traps.due) return { stop: this.#moveOn(this.#stopOf(this.delivery.pending())) };
    const inhibit = cpu.get(CPU.INHIBIT);
    const flags = cpu.get(CPU.EFLAGS);
    const boundary = technique.atBoundary?.(this.#waiting(inhibit === 0));
    if (boundary === 'stopped') return { stop: this.#atEvent() };
    if (boundary === 'exited') desk.suppressed = undefined;
    if (interrupts.nmiPending && !inhibit && !cpu.get(CPU.NMI_BLOCKED)) return { stop: this.#stopOf(this.delivery.nonMaskable()) };
    if (interrupts.pending && !inhibit && flags & EFLAGS_IF) return { stop: this.#stopOf(this.delivery.interrupt()) };
    const breakpoints = flags & EFLAGS_RF || inhibit === INHIBIT_DEBUG ? 0 : instructionBreakpoints(context);
    if (!breakpoints) return undefined;
    return { stop: this.#moveOn(this.#stopOf(this.delivery.fault(DB, breakpoints, this.host.decodeCurrent()))) };
  }

  /** Nothing can begin to wait before the next instruction: a slice ends where a timer is due. */
  #runSlice(end: number): StopReason | undefined {
    const { cpu, engine, desk, technique, devices, hypercalls } = this.host;
    const inhibit = cpu.get(CPU.INHIBIT);
    const flags = cpu.get(CPU.EFLAGS);
    const before = engine.retired;
    const debugged = this.#traps.watching;
    const stopped = desk.suppressed !== undefined;
    if (debugged && !stopped && this.#atBreakpoint()) return this.#breakpoint();
    cpu.set(CPU.INHIBIT, 0);
    cpu.set(CPU.EFLAGS, flags & ~EFLAGS_RF);
    const waits = devices.beginSlice();
    const alone = inhibit !== 0 && (waits || cpu.get(CPU.PENDING_DEBUG) !== 0 || hypercalls !== undefined);
    const slice = alone ? 1 : Math.min(end - before, technique.slice, this.#untilNextTimer());
    const outcome = debugged ? this.#traps.step(() => this.#stepOne()) : stopped ? this.#stepOne() : this.#handle(technique.run(slice, false));
    if (outcome && engine.retired === before) {
      // Nothing has happened yet.
      cpu.set(CPU.INHIBIT, inhibit);
      cpu.set(CPU.EFLAGS, cpu.get(CPU.EFLAGS) | (flags & EFLAGS_RF));
    }
    desk.suppressed = undefined;
    return !outcome && this.#traps.due ? this.#stopOf(this.delivery.pending()) : outcome;
  }

  #waiting(open: boolean): Waiting {
    const { cpu, platform } = this.host;
    const { interrupts } = platform;
    const nmiBlocked = !open || cpu.get(CPU.NMI_BLOCKED) !== 0;
    return { interrupt: interrupts.pending, interruptible: open && (cpu.get(CPU.EFLAGS) & EFLAGS_IF) !== 0, nmi: interrupts.nmiPending, nmiBlocked };
  }

  /** The guest is elsewhere now: what the last stop was about is behind it. */
  #moveOn(stop: StopReason | undefined): StopReason | undefined {
    this.host.desk.suppressed = undefined;
    return stop;
  }

  #atBreakpoint(): boolean {
    return this.host.engine.translator.breakpoints.has(this.host.whereabouts.mark().linear);
  }

  #breakpoint(): StopReason {
    return { kind: 'breakpoint', linear: this.host.whereabouts.marked.linear };
  }

  /** The event that asked to stop. */
  #atEvent(): StopReason {
    return { kind: 'event', event: this.host.desk.stopEvent! };
  }

  #stopOf(delivered: Delivered): StopReason | undefined {
    return delivered === 'stopped' ? this.#atEvent() : undefined;
  }

  /** One instruction, past breakpoints; what it is still gets reported. */
  #stepOne(): StopReason | undefined {
    const { host } = this;
    const { technique, desk } = host;
    const direct = technique.id === 'bare' || technique.id === 'hvm';
    const instruction = direct || desk.recording ? host.decodeCurrent() : undefined;
    const watched =
      instruction &&
      desk.interested(instruction) &&
      (direct ? technique.policy.treat(instruction, host.whereabouts.marked.linear) === 'execute' : technique.directEvents?.(instruction));
    if (instruction && watched) return this.#watched(instruction);
    return this.#handle(technique.run(1, true));
  }

  #untilNextTimer(): number {
    const due = this.host.platform.clock.nextDue();
    return due === undefined ? Number.MAX_SAFE_INTEGER : Math.max(1, Math.ceil((due - this.host.now()) / NANOSECONDS_PER_INSTRUCTION));
  }

  /** Halted: wake on an interrupt, skip time to the next timer, or report that nothing can wake the guest. */
  #idle(): StopReason | undefined {
    const { cpu, platform } = this.host;
    const { interrupts, clock } = platform;
    const enabled = (cpu.get(CPU.EFLAGS) & EFLAGS_IF) !== 0;
    if ((enabled && interrupts.pending) || (interrupts.nmiPending && !cpu.get(CPU.NMI_BLOCKED))) {
      cpu.set(CPU.HALTED, 0);
      cpu.set(CPU.INHIBIT, 0);
      return undefined;
    }
    const due = clock.nextDue();
    if (!enabled || due === undefined) return { kind: 'halted', interruptsEnabled: enabled };
    if (due > this.timeLimit) {
      this.waitsUntil = due;
      return BUDGET;
    }
    this.host.skip(Math.max(0, due - this.host.now()));
    return undefined;
  }

  #handle(exit: TechniqueExit): StopReason | undefined {
    switch (exit.kind) {
      case 'continue':
        return undefined;
      case 'stopped':
        return this.#atEvent();
      case 'entryFailure':
        return exit;
      case 'fault':
        return this.#fault(exit);
      case 'attend':
        return this.#attend(exit);
    }
  }

  #fault({ vector, errorCode }: Extract<TechniqueExit, { kind: 'fault' }>): StopReason | undefined {
    const { host } = this;
    if (vector === UNIMPLEMENTED_VECTOR) {
      host.whereabouts.mark();
      host.stopUnimplemented();
      return this.#takePending();
    }
    if (vector === REFUSED_VECTOR) return this.#atEvent();
    if (vector === WATCH_VECTOR) return this.#stepWatchedAccess();
    return this.#stopOf(this.delivery.fault(vector, errorCode, this.delivery.tellsOfFaults ? host.decodeCurrent() : undefined));
  }

  /** The instruction here accesses what a debugger watches: run it alone, or one element of a repeated one, and stop behind it. */
  #stepWatchedAccess(): StopReason | undefined {
    const { cpu, engine, linear, technique } = this.host;
    const at = { retired: engine.retired, linear: (cpu.segmentBase(CS) + cpu.eip) >>> 0 };
    const hits: WatchHit[] = [];
    cpu.set(CPU.FUEL, 1);
    const outcome = linear.watches.noting(hits, () => this.#handle(technique.run(1, true)));
    const done = engine.retired > at.retired || cpu.get(CPU.FUEL) === 0;
    return outcome ?? (done && hits.length > 0 ? { kind: 'watchpoint', hits, by: at.linear } : undefined);
  }

  #attend({ attention }: Extract<TechniqueExit, { kind: 'attend' }>): StopReason | undefined {
    const { host } = this;
    host.whereabouts.mark();
    switch (attention.kind) {
      case 'breakpoint':
        return this.#breakpoint();
      case 'unimplemented':
        host.stopUnimplemented(attention.what);
        return this.#takePending();
      case 'watch':
        return this.#watched(attention.instruction);
      case 'policy':
        return attention.instruction.spec.lift === 'firmware' ? this.#serveFirmware(attention.instruction) : this.#handle(host.technique.take(attention.instruction));
      case 'fault':
        return undefined; // the engine has made it an exit of its own
    }
  }

  /** An instruction somebody watches is about to run directly. */
  #watched(instruction: Instruction): StopReason | undefined {
    const { engine, desk, technique, whereabouts } = this.host;
    if (!technique.directEvents) desk.noteDirect();
    const drafts = technique.directEvents?.(instruction) ?? desk.directEvents(instruction);
    const place = whereabouts.marked;
    for (const draft of drafts) if (desk.stopsAt(draft, place)) return this.#atEvent();
    const before = engine.retired;
    const outcome = this.#handle(technique.run(1, true));
    if (engine.retired > before) for (const draft of drafts) desk.report(draft, place);
    return outcome;
  }

  /** The BIOS ROM calls its service; anywhere else the instruction does not exist. */
  #serveFirmware(instruction: Instruction): StopReason | undefined {
    const { host } = this;
    const { firmware } = host.platform;
    if (!firmware || !inFirmware(host.whereabouts.marked.linear) || host.cpu.protectedMode) return this.#stopOf(this.delivery.fault(UD, 0, instruction));
    this.#firmware ??= new FirmwareService(firmwareHost(host));
    host.syncClock();
    const { sentence, retried } = this.#firmware.serve(firmware, instruction.immediate & 0xff, instruction.length);
    if (retried) return undefined;
    host.engine.retired += 1;
    host.desk.report(new FirmwareDraft(sentence), host.whereabouts.marked);
    return undefined;
  }
}

const BUDGET: StopReason = { kind: 'budget' };
const NOWHERE = { retired: -1, eip: -1, on: 'breakpoint' } as const;

const firmwareHost = (host: RunLoopHost): FirmwareHost => ({
  context: host.context,
  get a20() {
    return host.platform.a20();
  },
  setA20: (on) => host.platform.setA20(on),
  now: () => host.now(),
});
