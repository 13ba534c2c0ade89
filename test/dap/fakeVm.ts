/**
 * A real-mode toy that executes a handful of real encodings, to test the debugger before and without the engine:
 * just enough to call, loop, interrupt, misbehave silently, shut down and power off.
 */
import type { LineEntry } from '../../src/asm/assembly';
import { Emitter } from '../../src/base/events';
import { Ring } from '../../src/base/ring';
import type { DebugMachine } from '../../src/debug/debugMachine';
import { matchesStop } from '../../src/debug/eventBreakpoints';
import { decode, type Instruction, OpcodeMap } from '../../src/x86/decoder';
import { LATEST_GENERATION } from '../../src/x86/instructionSpec';
import { EFLAGS_IF, EFLAGS_ZF } from '../../src/x86/flags';
import { REGISTERS_8, REGISTERS_16, REGISTERS_32, SEGMENT_REGISTERS } from '../../src/x86/registers';
import { VMM_EVENT_KINDS, type SilentPlace, type VmmEvent, type VmmEventKind } from '../../src/protocol/vmmEvent';
import type { TechniqueId } from '../../src/protocol/techniques';
import type { DebuggableVm, EventStop, StopReason } from '../../src/vmm/debuggable';

const OPCODES = new OpcodeMap(LATEST_GENERATION);
const MEMORY = 1 << 20;

export class FakeVm implements DebuggableVm {
  retired = 0;
  recordEvents = false;
  readonly events = new Ring<VmmEvent>(1000);
  readonly silentPlaces: SilentPlace[] = [];
  readonly eventSource = new Emitter<VmmEvent>();
  readonly eventCounts = Object.fromEntries(VMM_EVENT_KINDS.map((k) => [k, 0])) as Record<VmmEventKind, number>;
  readonly memory = new Uint8Array(MEMORY);
  readonly serial = new Emitter<Uint8Array>();
  readonly registers: Record<string, number> = {
    eip: 0x7c00,
    eflags: 2,
    cr0: 0x10,
    cr2: 0,
    cr3: 0,
    cr4: 0,
    cpl: 0,
    'gdtr.base': 0,
    'gdtr.limit': 0xffff,
    'idtr.base': 0,
    'idtr.limit': 0x3ff,
    ldtr: 0,
    tr: 0,
  };
  /** Called before each instruction: a test may raise an interrupt. */
  before: (() => number | undefined) | undefined;
  #breakpoints: ReadonlySet<number> = new Set();
  #stops: readonly EventStop[] = [];
  #lastStop = -1;
  #pause = false;

  constructor(readonly technique: TechniqueId = 'trap') {
    for (const name of [...REGISTERS_32, ...SEGMENT_REGISTERS]) this.registers[name] ??= 0;
    this.registers.esp = 0x7c00;
  }

  get cycles(): number {
    return this.retired * 2;
  }

  get #linear(): number {
    return this.registers.cs * 16 + this.registers.eip;
  }

  run(maxInstructions: number, maxMilliseconds: number): StopReason {
    const deadline = performance.now() + maxMilliseconds;
    for (let n = 0; n < maxInstructions; n++) {
      if (this.#pause) {
        this.#pause = false;
        return { kind: 'pause' };
      }
      if ((n & 63) === 63 && performance.now() > deadline) break;
      const stop = this.#step(this.#lastStop === this.#linear && n === 0);
      if (stop) {
        this.#lastStop = this.#linear;
        return stop;
      }
    }
    this.#lastStop = -1;
    return { kind: 'budget' };
  }

  #step(ignoreStops: boolean): StopReason | undefined {
    const vector = this.before?.();
    if (vector !== undefined) {
      this.#fire({ kind: 'interrupt', vector, reason: `IRQ ${vector}`, sentence: '' });
      this.#interrupt(vector);
    }
    const linear = this.#linear;
    if (!ignoreStops && this.#breakpoints.has(linear)) return { kind: 'breakpoint', linear };
    const decoded = decode(OPCODES, this.memory, linear, MEMORY, 2);
    if (decoded.kind !== 'instruction') return { kind: 'tripleFault', causes: [`#UD at ${linear.toString(16)}h.`, 'No handler.'] };
    const { instruction } = decoded;
    const event = this.#eventOf(instruction);
    if (event && !ignoreStops && this.#stops.some((s) => matchesStop(s, event))) return { kind: 'event', event };
    if (event) this.#fire(event);
    return this.#execute(instruction);
  }

  #eventOf({ spec }: Instruction): VmmEvent | undefined {
    if (!spec.sensitive) return undefined;
    const kind = this.technique === 'bare' ? 'sensitive' : spec.sensitive.kind === 'privileged' ? 'trap' : 'silent';
    return this.#event({ kind, mnemonic: spec.mnemonic, instruction: spec.mnemonic, reason: '#GP(0)', sentence: spec.sensitive.trap });
  }

  #event(event: Partial<VmmEvent> & Pick<VmmEvent, 'kind'>): VmmEvent {
    return {
      retired: this.retired,
      cs: this.registers.cs,
      eip: this.registers.eip,
      linear: this.#linear,
      codeSize: 16,
      mnemonic: '',
      instruction: '',
      reason: '',
      sentence: '',
      cycles: 0,
      ...event,
    } as VmmEvent;
  }

  #fire(partial: Partial<VmmEvent> & Pick<VmmEvent, 'kind'>): void {
    const event = this.#event(partial);
    this.eventCounts[event.kind]++;
    if (this.recordEvents) this.events.push(event);
    this.eventSource.fire(event);
  }

  #push(value: number): void {
    this.registers.esp = (this.registers.esp - 2) & 0xffff;
    this.memory.set([value & 0xff, (value >> 8) & 0xff], this.registers.esp);
  }

  #pop(): number {
    const at = this.registers.esp;
    this.registers.esp = (at + 2) & 0xffff;
    return this.memory[at] | (this.memory[at + 1] << 8);
  }

  #interrupt(vector: number): void {
    this.#push(this.registers.eflags);
    this.#push(this.registers.cs);
    this.#push(this.registers.eip);
    this.registers.eip = this.memory[vector * 4] | (this.memory[vector * 4 + 1] << 8);
    this.registers.cs = this.memory[vector * 4 + 2] | (this.memory[vector * 4 + 3] << 8);
  }

  #execute(i: Instruction): StopReason | undefined {
    const r = this.registers;
    const next = r.eip + i.length;
    const name = REGISTERS_16[i.reg];
    const jump = (taken: boolean) => (taken ? (next + i.immediate) & 0xffff : next);
    let eip = next;
    switch (i.spec.mnemonic) {
      case 'mov':
        if (i.spec.operands[0] === 'Zv') this.writeRegister(name, i.immediate);
        else if (i.spec.operands[0] === 'Zb') this.writeRegister(REGISTERS_8[i.reg], i.immediate);
        else if (i.spec.operands[0] === 'Ev') this.writeRegister(REGISTERS_16[i.rm], this.readRegister(name)!);
        break;
      case 'inc':
        this.writeRegister(name, (this.readRegister(name)! + 1) & 0xffff);
        break;
      case 'push':
        this.#push(this.readRegister(name)!);
        break;
      case 'pop':
        this.writeRegister(name, this.#pop());
        break;
      case 'call':
        this.#push(next);
        eip = jump(true);
        break;
      case 'ret':
        eip = this.#pop();
        break;
      case 'jmp':
        eip = jump(true);
        break;
      case 'je':
        eip = jump(!!(r.eflags & EFLAGS_ZF));
        break;
      case 'loop':
        this.writeRegister('cx', (r.ecx - 1) & 0xffff);
        eip = jump(r.ecx !== 0);
        break;
      case 'int':
        r.eip = next;
        this.#interrupt(i.immediate);
        eip = r.eip;
        break;
      case 'iret':
        eip = this.#pop();
        r.cs = this.#pop();
        r.eflags = this.#pop();
        break;
      case 'cli':
        r.eflags &= ~EFLAGS_IF;
        break;
      case 'out':
        if (i.immediate === 0xf4) return { kind: 'exited', code: r.eax & 0xff };
        this.serial.fire(Uint8Array.of(r.eax & 0xff));
        break;
      case 'hlt':
        return { kind: 'halted', interruptsEnabled: !!(r.eflags & EFLAGS_IF) };
    }
    r.eip = eip;
    this.retired++;
    return undefined;
  }

  readonly tracedTables: readonly number[] = [];
  pageWalk(linear: number) {
    return { linear, guest: { entries: [] }, shadow: [] };
  }

  requestStop(): void {
    this.#pause = true;
  }
  setBreakpoints(linear: ReadonlySet<number>): void {
    this.#breakpoints = new Set(linear);
  }
  setWatchpoints(): void {}
  setEventStops(stops: readonly EventStop[]): void {
    this.#stops = stops;
  }

  readRegister(name: string): number | undefined {
    const r16 = (REGISTERS_16 as readonly string[]).indexOf(name);
    const r8 = (REGISTERS_8 as readonly string[]).indexOf(name);
    if (r16 >= 0) return this.registers[REGISTERS_32[r16]] & 0xffff;
    if (r8 >= 0) return (this.registers[REGISTERS_32[r8 & 3]] >> (r8 > 3 ? 8 : 0)) & 0xff;
    return Object.hasOwn(this.registers, name) ? this.registers[name] >>> 0 : undefined;
  }

  writeRegister(name: string, value: number): boolean {
    const r16 = (REGISTERS_16 as readonly string[]).indexOf(name);
    const r8 = (REGISTERS_8 as readonly string[]).indexOf(name);
    const whole = REGISTERS_32[r16 >= 0 ? r16 : r8 & 3];
    if (r16 >= 0) this.registers[whole] = ((this.registers[whole] & 0xffff0000) | (value & 0xffff)) >>> 0;
    else if (r8 >= 0) this.registers[whole] = (r8 > 3 ? (this.registers[whole] & 0xffff00ff) | ((value & 0xff) << 8) : (this.registers[whole] & 0xffffff00) | (value & 0xff)) >>> 0;
    else if (Object.hasOwn(this.registers, name) && name !== 'cpl') this.registers[name] = value >>> 0;
    else return false;
    return true;
  }

  hardwareRegister(name: string): number | undefined {
    return name === 'cpl' ? 3 : this.readRegister(name);
  }
  segment(name: string) {
    const selector = this.registers[name] ?? 0;
    return { selector, base: selector * 16, limit: 0xffff, attributes: 0x93 };
  }
  translate(linear: number): number | undefined {
    return linear < MEMORY ? linear : undefined;
  }
  readLinear(linear: number, length: number): Uint8Array {
    return this.memory.slice(linear, linear + length);
  }
  writeLinear(linear: number, bytes: Uint8Array): number {
    const fitting = bytes.subarray(0, Math.max(0, MEMORY - linear));
    this.memory.set(fitting, linear);
    return fitting.length;
  }
  readPhysical(physical: number, length: number): Uint8Array {
    return this.readLinear(physical, length);
  }
  writePhysical(physical: number, bytes: Uint8Array): number {
    return this.writeLinear(physical, bytes);
  }

  disassemble(linear: number, count: number) {
    const rows = [];
    for (let at = linear; rows.length < count && at < MEMORY; ) {
      const decoded = decode(OPCODES, this.memory, at, MEMORY, 2);
      const length = decoded.kind === 'instruction' ? decoded.instruction.length : 1;
      const valid = decoded.kind === 'instruction';
      rows.push({ linear: at, length, bytes: this.memory.slice(at, at + length), text: valid ? decoded.instruction.spec.mnemonic : '(bad)', valid });
      at += length;
    }
    return rows;
  }

  blocks() {
    const block = {
      id: 1,
      cs: 0,
      eip: 0x7c00,
      linear: 0x7c00,
      length: 3,
      instructions: 1,
      terminator: 'call',
      endReason: 'call',
      hits: 1,
      state: 'cached',
      codeSize: 16,
      tier: 0,
      links: [],
    } as const;
    return [block, { ...block, id: 2, linear: 0x7c10 }];
  }
  block(id: number) {
    const block = this.blocks().find((row) => row.id === id);
    return block && { block, instructions: [{ eip: 0x7c00, linear: 0x7c00, bytes: '90', text: 'nop', microOps: [] }], regions: [] };
  }
  readonly translation = { regions: 0, modules: 0, bytes: 0, compiled: 0, invalidated: 0, evictions: 0, milliseconds: 0 };
  stateHash(): string {
    return '0';
  }
}

/** One line of the toy program: its bytes, and a label in front. */
export type ToyLine = readonly [bytes: string, label?: string];

export const TOY_PATH = '/guest/toy.asm';

/** A machine with these lines at 7C00h; the source has one line each, from line 1. */
export function toyMachine(lines: readonly ToyLine[], technique: TechniqueId = 'trap'): DebugMachine & { readonly vm: FakeVm; readonly typed: string[] } {
  const vm = new FakeVm(technique);
  const bytes: number[] = [];
  const entries: LineEntry[] = [];
  const symbols = lines.flatMap(([text, label], i) => {
    const address = 0x7c00 + bytes.length;
    for (const instruction of text.split(';')) {
      const code = instruction
        .trim()
        .split(' ')
        .filter(Boolean)
        .map((b) => Number.parseInt(b, 16));
      if (code.length) entries.push({ offset: bytes.length, length: code.length, address: 0x7c00 + bytes.length, path: TOY_PATH, line: i + 1, bits: 16, code: true });
      bytes.push(...code);
    }
    return label ? [{ name: label, value: address, kind: 'label' as const, path: TOY_PATH, line: i + 1, column: 1 }] : [];
  });
  vm.memory.set(bytes, 0x7c00);
  const typed: string[] = [];
  return {
    vm,
    typed,
    assembly: { bytes: Uint8Array.from(bytes), origin: 0x7c00, bits: 16, lines: entries, symbols, diagnostics: [], files: [TOY_PATH] },
    loadAddress: 0x7c00,
    symbols: [],
    serial: vm.serial,
    screen: () => ({ columns: 80, rows: 25, lines: ['hello'], cursor: { column: 5, row: 0, visible: true } }),
    typeKeys: (text) => void typed.push(text),
    serialInput: (input) => void typed.push(new TextDecoder().decode(input)),
  };
}
