/** A machine that follows a script instead of executing x86: one entry per instruction, which may act differently under each technique. */
import { Emitter } from '../../src/base/events';
import { Ring } from '../../src/base/ring';
import type { Subject } from '../../src/debug/compare';
import type { TechniqueId } from '../../src/protocol/techniques';
import { VMM_EVENT_KINDS, type SilentPlace, type VmmEvent, type VmmEventKind } from '../../src/protocol/vmmEvent';
import type { DebuggableVm, StopReason } from '../../src/vmm/debuggable';

export interface FakeInstruction {
  readonly text: string;
  readonly run?: (vm: FakeVm) => StopReason | undefined | void;
}

export const LOAD_ADDRESS = 0x7c00;

/** Every instruction is one byte long; running off the end is HLT. */
export class FakeVm implements DebuggableVm {
  retired = 0;
  cycles = 0;
  recordEvents = false;
  readonly events = new Ring<VmmEvent>(100);
  readonly silentPlaces: SilentPlace[] = [];
  readonly eventSource = new Emitter<VmmEvent>();
  readonly serial = new Emitter<Uint8Array>();
  readonly eventCounts = Object.fromEntries(VMM_EVENT_KINDS.map((kind) => [kind, 0])) as Record<VmmEventKind, number>;
  /** What was typed on the keyboard and sent to the serial port. */
  readonly typed: string[] = [];
  lines: string[] = [];
  readonly registers: Record<string, number> = { eip: LOAD_ADDRESS, eflags: 2, cs: 0 };
  readonly memory = new Uint8Array(256);

  constructor(
    readonly technique: TechniqueId,
    readonly script: readonly FakeInstruction[],
  ) {}

  run(maxInstructions: number): StopReason {
    const until = this.retired + maxInstructions;
    while (this.retired < until) {
      const instruction = this.script[this.registers.eip - LOAD_ADDRESS];
      if (!instruction) return { kind: 'halted', interruptsEnabled: false };
      this.registers.eip++;
      const stop = instruction.run?.(this);
      this.retired++;
      this.cycles++;
      if (stop) return stop;
    }
    return { kind: 'budget' };
  }

  event(kind: VmmEventKind, sentence: string, cycles = 0): void {
    const eip = this.registers.eip - 1;
    const instruction = this.script[eip - LOAD_ADDRESS].text;
    this.eventCounts[kind]++;
    this.cycles += cycles;
    this.eventSource.fire({
      kind,
      retired: this.retired,
      cs: 0,
      eip,
      linear: eip,
      codeSize: 16,
      mnemonic: instruction.split(' ')[0],
      instruction,
      reason: '',
      sentence,
      cycles,
    } as VmmEvent);
  }

  readonly tracedTables: readonly number[] = [];
  pageWalk(linear: number) {
    return { linear, guest: { entries: [] }, shadow: [] };
  }

  requestStop(): void {}
  setBreakpoints(): void {}
  setWatchpoints(): void {}
  setEventStops(): void {}

  readRegister(name: string): number | undefined {
    return this.registers[name] ?? 0;
  }

  writeRegister(name: string, value: number): boolean {
    this.registers[name] = value;
    return true;
  }

  hardwareRegister(name: string): number | undefined {
    return this.readRegister(name);
  }

  segment() {
    return { selector: 0, base: 0, limit: 0xffff, attributes: 0x93 };
  }

  translate(linear: number): number {
    return linear;
  }

  readLinear(linear: number, length: number): Uint8Array {
    return this.memory.slice(linear, linear + length);
  }

  writeLinear(linear: number, bytes: Uint8Array): number {
    this.memory.set(bytes, linear);
    return bytes.length;
  }

  readPhysical(physical: number, length: number): Uint8Array {
    return this.readLinear(physical, length);
  }

  writePhysical(physical: number, bytes: Uint8Array): number {
    return this.writeLinear(physical, bytes);
  }

  disassemble(linear: number, count: number) {
    return this.script
      .slice(linear - LOAD_ADDRESS, linear - LOAD_ADDRESS + count)
      .map(({ text }, i) => ({ linear: linear + i, length: 1, bytes: Uint8Array.of(0x90), text, valid: true }));
  }

  blocks(): [] {
    return [];
  }
  block(): undefined {
    return undefined;
  }
  readonly translation = { regions: 0, modules: 0, bytes: 0, compiled: 0, invalidated: 0, evictions: 0, milliseconds: 0 };

  stateHash(): string {
    return JSON.stringify([this.registers, [...this.memory]]);
  }
}

export const nop: FakeInstruction = { text: 'nop' };
export const nops = (count: number): FakeInstruction[] => new Array(count).fill(nop);

export const fakeSubject =
  (script: readonly FakeInstruction[]) =>
  (technique: TechniqueId): Subject => {
    const vm = new FakeVm(technique, script);
    return {
      vm,
      serial: vm.serial,
      screen: () => ({ columns: 80, rows: 25, lines: vm.lines, cursor: { column: 0, row: 0, visible: true } }),
      typeKeys: (text) => void vm.typed.push(`keys ${text}`),
      serialInput: (bytes) => void vm.typed.push(`serial ${new TextDecoder().decode(bytes)}`),
    };
  };
