/** A virtual machine as a debugger sees it (debuggable.ts). State is the virtual CPU's. */
import { UserError } from '../base/userError';
import type { Emitter } from '../base/events';
import type { Ring } from '../base/ring';
import { usedPages } from '../memory/usedPages';
import type { Watchpoint } from '../memory/watchpoint';
import type { BlockDetail, BlockRow, TranslationStatistics, VmcsResponse } from '../protocol/requests';
import type { PageWalkRow } from '../protocol/pageWalk';
import type { TechniqueId } from '../protocol/techniques';
import type { SilentPlace, VmmEvent, VmmEventKind } from '../protocol/vmmEvent';
import type { CostEvent } from './cost/profiles';
import { CPU, CpuState } from '../x86/cpuState';
import { MAX_INSTRUCTION_LENGTH, decode } from '../x86/decoder';
import { formatInstruction } from '../x86/formatter';
import type { DebuggableVm, DisassembledInstruction, EventStop, SegmentView, StopReason } from './debuggable';
import { blockDetail, blockRow } from './blockDetail';
import type { PlaceCounts } from './placeCounts';
import { readRegister, readSaved, segmentNumber, writeRegister } from './registerFile';
import { StateHash } from './stateHash';
import { pageWalk } from './pageWalk';
import { HardwareAssisted } from './techniques/hardwareAssisted';
import { setNamed } from './vmcs/settings';
import { vmcsView } from './vmcs/vmcsView';
import type { VirtualMachine } from './virtualMachine';

const PAGE = 4096;

export class DebugView implements DebuggableVm {
  constructor(readonly machine: VirtualMachine) {}

  get technique(): TechniqueId {
    return this.machine.technique.id;
  }
  get retired(): number {
    return this.machine.retired;
  }
  get cycles(): number {
    return this.machine.cycles;
  }
  /** Instructions, and the sensitive ones that ran directly, have counters of their own. */
  costs(): Readonly<Partial<Record<CostEvent, number>>> {
    const { ledger, desk, retired } = this.machine;
    return { ...ledger.counts, instruction: retired, sensitive: desk.counts.sensitive };
  }
  get eventCounts(): Readonly<Record<VmmEventKind, number>> {
    return this.machine.desk.counts;
  }

  get guestTime(): number {
    return this.machine.now();
  }
  get timeLimit(): number {
    return this.machine.timeLimit;
  }
  set timeLimit(time: number) {
    this.machine.timeLimit = time;
  }
  get waitsUntil(): number | undefined {
    return this.machine.waitsUntil;
  }
  get lastShutdown(): readonly string[] | undefined {
    return this.machine.lastShutdown;
  }

  run(maxInstructions: number, maxMilliseconds: number): StopReason {
    return this.machine.run(maxInstructions, maxMilliseconds);
  }
  showBlock(): void {
    this.machine.showBlock();
  }
  requestStop(): void {
    this.machine.requestStop();
  }
  setBreakpoints(linear: ReadonlySet<number>): void {
    const before = this.machine.engine.translator.breakpoints;
    if (before.size === linear.size && [...linear].every((address) => before.has(address))) return;
    this.machine.engine.setBreakpoints(new Set(linear));
  }
  setWatchpoints(watchpoints: readonly Watchpoint[]): void {
    this.machine.linear.watchpoints = [...watchpoints];
  }
  setEventStops(stops: readonly EventStop[]): void {
    this.machine.desk.stops = [...stops];
  }
  get recordEvents(): boolean {
    return this.machine.desk.recording;
  }
  set recordEvents(on: boolean) {
    this.machine.desk.recording = on;
  }
  get events(): Ring<VmmEvent> {
    return this.machine.desk.ring;
  }
  get flooded(): boolean {
    return this.machine.desk.flooded;
  }
  get placeCounts(): PlaceCounts['all'] {
    return this.machine.desk.places.all;
  }
  get silentPlaces(): readonly SilentPlace[] {
    return this.machine.desk.silent.places;
  }
  get eventSource(): Emitter<VmmEvent> {
    return this.machine.desk.source;
  }

  readRegister(name: string): number | undefined {
    return readRegister(this.machine.cpu, name.toLowerCase());
  }
  writeRegister(name: string, value: number): boolean {
    return writeRegister(this.machine.context, name.toLowerCase(), value >>> 0);
  }
  hardwareRegister(name: string): number | undefined {
    const saved = this.machine.technique.hardwareState();
    return readSaved(saved, name.toLowerCase(), (state) => {
      const scratch = new CpuState(new WebAssembly.Memory({ initial: 1 }));
      scratch.restoreRegisters(state);
      return scratch.eflags;
    });
  }
  segment(name: 'es' | 'cs' | 'ss' | 'ds' | 'fs' | 'gs' | 'ldtr' | 'tr'): SegmentView {
    return this.machine.cpu.segment(segmentNumber(name));
  }

  vmcs(): VmcsResponse | undefined {
    const { technique } = this.machine;
    return technique instanceof HardwareAssisted ? vmcsView(technique.vmcs, technique.walks) : undefined;
  }
  setVmcs(name: string, value: string): void {
    const { technique } = this.machine;
    if (!(technique instanceof HardwareAssisted)) throw new UserError('vmcs.technique', 'Only hardware assistance has a VMCS.');
    setNamed(technique.vmcs, name, value);
  }

  translate(linear: number): number | undefined {
    const found = this.machine.linear.translate(linear >>> 0, { write: false, user: false }, false);
    return found.kind === 'page' ? found.physical : undefined;
  }
  readLinear(linear: number, length: number): Uint8Array {
    return this.machine.readLinear(linear >>> 0, length);
  }
  writeLinear(linear: number, bytes: Uint8Array): number {
    for (let at = 0; at < bytes.length; ) {
      const to = (linear + at) >>> 0;
      const physical = this.translate(to);
      if (physical === undefined) return at;
      const n = Math.min(bytes.length - at, PAGE - (to & (PAGE - 1)));
      const written = this.writePhysical(physical, bytes.subarray(at, at + n));
      at += written;
      if (written < n) return at;
    }
    return bytes.length;
  }
  readPhysical(physical: number, length: number): Uint8Array {
    return this.machine.physical.readBytes(physical >>> 0, length);
  }
  writePhysical(physical: number, bytes: Uint8Array): number {
    const { physical: memory } = this.machine;
    let n = 0;
    while (n < bytes.length && memory.isRam(physical + n)) n++;
    memory.writeBytes(physical, bytes.subarray(0, n));
    return n;
  }

  disassemble(linear: number, count: number, bits?: 16 | 32): DisassembledInstruction[] {
    const { machine } = this;
    const codeSize = bits ? (bits === 32 ? 4 : 2) : machine.cpu.codeSize;
    const base = machine.cpu.segmentBase(1);
    const rows: DisassembledInstruction[] = [];
    for (let at = linear >>> 0; rows.length < count; ) {
      const bytes = machine.readLinear(at, MAX_INSTRUCTION_LENGTH);
      const row = this.#disassembleOne(at, (at - base) >>> 0, bytes, codeSize);
      rows.push(row);
      at = (at + row.length) >>> 0;
    }
    return rows;
  }

  #disassembleOne(linear: number, eip: number, bytes: Uint8Array, codeSize: 2 | 4): DisassembledInstruction {
    if (bytes.length === 0) return { linear, length: 1, bytes, text: '??', valid: false };
    const decoded = decode(this.machine.opcodes, bytes, 0, bytes.length, codeSize);
    if (decoded.kind !== 'instruction')
      return { linear, length: 1, bytes: bytes.slice(0, 1), text: decoded.kind === 'unimplemented' ? `(${decoded.name})` : '(bad)', valid: false };
    const { length } = decoded.instruction;
    return { linear, length, bytes: bytes.slice(0, length), text: formatInstruction(decoded.instruction, eip, codeSize), valid: true };
  }

  pageWalk(linear: number): PageWalkRow {
    return pageWalk(this.machine, linear);
  }
  get tracedTables(): readonly number[] {
    return this.machine.linear.shadow?.tracedPages() ?? [];
  }

  blocks(): BlockRow[] {
    const { cache } = this.machine.engine;
    this.machine.engine.refreshBlocks();
    // A block that only holds a breakpoint is the debugger's business.
    return [...cache.blocks(), ...cache.forgotten].filter(({ code }) => code.instructions.length > 0).map((b) => blockRow(this.machine.engine, b));
  }

  block(id: number): BlockDetail | undefined {
    const { engine } = this.machine;
    engine.refreshBlocks();
    const block = engine.cache.byId.get(id) ?? engine.cache.forgotten.find(({ code }) => code.id === id);
    return block && !block.single ? blockDetail(engine, block) : undefined;
  }

  get translation(): TranslationStatistics {
    return this.machine.engine.regions.statistics;
  }

  /** Registers, RAM and devices; page by page, so that untouched memory costs little. */
  stateHash(): string {
    const { cpu, physical, platform } = this.machine;
    const hash = new StateHash();
    const registers = cpu.saveRegisters();
    registers[(CPU.RESULT - CPU.GPR) >> 2] = cpu.statusFlags; // however the flags are kept
    registers[(CPU.AUX - CPU.GPR) >> 2] = 0;
    for (let s = 0; s < 8; s++) registers.fill(0, (CPU.SEGMENTS - CPU.GPR + s * 64 + 16) >> 2, (CPU.SEGMENTS - CPU.GPR + s * 64 + 64) >> 2);
    hash.words(registers);
    const ram = new Int32Array(physical.memory.buffer, physical.ramOffset, physical.size / 4);
    const words = PAGE / 4;
    for (const page of usedPages(new Uint8Array(ram.buffer, ram.byteOffset, ram.byteLength)))
      hash.words(Int32Array.of(page * words)).words(ram.subarray(page * words, (page + 1) * words));
    return hash.text(platform.describe()).hex();
  }
}
