/**
 * A visit to the hypervisor: what the VMM did for one instruction of the guest, line by line. The instruction has been
 * handled by then; the lines tell it from what was reported on the way and from the state before and after.
 */
import { hex } from '../base/bits';
import { TECHNIQUES } from '../protocol/techniques';
import type { VmmEvent, VmmEventKind } from '../protocol/vmmEvent';
import type { DebuggableVm } from '../vmm/debuggable';
import { type Observation, type StateChange, changedRegisters, observeRegisters } from '../vmm/observedState';
import { formatAddress } from './breakpoints';
import { instructionPointer } from './codeView';

/** What the guest did by itself, whoever runs it. */
const NOT_THE_VMM: ReadonlySet<VmmEventKind> = new Set(['softwareInterrupt', 'port', 'controlWrite', 'modeSwitch', 'blockTranslated', 'unclaimed']);

const value = (number: number): string => `0x${hex(number, 8)}`;

export class VmmVisit {
  /** The line that the user is at, from 0. */
  at = 0;

  constructor(
    /** How many visits there were before: a client keeps the text it has by this number. */
    readonly number: number,
    readonly title: string,
    readonly lines: readonly string[],
    readonly events: readonly VmmEvent[],
    readonly changes: readonly StateChange[],
  ) {}

  /** Go on by a line; false when that leads back to the guest. */
  advance(): boolean {
    return ++this.at < this.lines.length;
  }
}

export class VisitRecorder {
  readonly #before: Observation;
  readonly #instruction: string;
  readonly #linear: number;
  readonly #events: VmmEvent[] = [];
  readonly #subscription;

  constructor(
    readonly vm: DebuggableVm,
    private readonly number: number,
  ) {
    this.#linear = instructionPointer(vm);
    this.#instruction = vm.disassemble(this.#linear, 1)[0]?.text ?? '';
    this.#before = observeRegisters((name) => vm.readRegister(name));
    this.#subscription = vm.eventSource.on((event) => this.#events.push(event));
  }

  /** The instruction is done. Undefined when the VMM had nothing to do with it. */
  finish(): VmmVisit | undefined {
    this.#subscription.dispose();
    const events = this.#events;
    const main = events.find((event) => !NOT_THE_VMM.has(event.kind));
    if (!main) return undefined;
    const changes = changedRegisters(
      this.#before,
      observeRegisters((name) => this.vm.readRegister(name)),
    );
    const technique = TECHNIQUES.find((t) => t.id === this.vm.technique)?.name ?? this.vm.technique;
    const cycles = events.reduce((sum, event) => sum + event.cycles, 0);
    const lines = [
      `${this.#instruction} at ${formatAddress(this.#linear)} under ${technique}: ${main.kind} (${main.reason})`,
      ...events.map((event) => `${event.kind}: ${event.sentence}${event.cycles > 0 ? ` [${event.cycles} cycles]` : ''}`),
      ...changes.map(({ name, before, after }) => `${name}: ${value(before)} → ${value(after)}`),
      `Back to the guest at ${formatAddress(instructionPointer(this.vm))}: ${cycles} modelled cycles.`,
    ];
    return new VmmVisit(this.number, `VMM: ${main.kind} ${main.reason}`, lines, events, changes);
  }
}
