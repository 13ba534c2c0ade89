/**
 * A CPU on a bench: a virtual machine under bare metal with RAM and an open bus, whose engine a test drives instruction by
 * instruction. Registers, memory and faults are the test's; no interrupt ever arrives and time means nothing.
 */
import { assembleInstruction } from '../../src/asm/assembleInstruction';
import { Bus } from '../../src/devices/bus';
import { GuestClock } from '../../src/devices/clock';
import type { Heat, Translation } from '../../src/engine/heat';
import type { EngineExit } from '../../src/engine/interpreter';
import { interpreterImage } from '../../src/engine/interpreter/image';
import type { RegionLimits } from '../../src/engine/region/regionCache';
import { PTE_P, PTE_RW, PTE_US } from '../../src/memory/pageWalker';
import { MAXIMUM_PAGES, PAGE, RAM } from '../../src/memory/layout';
import { deliverEvent, pushesErrorCode } from '../../src/semantics/system/interrupts';
import { REAL_ATTRIBUTES } from '../../src/semantics/system/segments';
import type { TechniqueId } from '../../src/protocol/techniques';
import { COST_PROFILES } from '../../src/vmm/cost/profiles';
import { CPU_MODELS, type CpuModelName } from '../../src/vmm/cpuModels';
import type { StopReason } from '../../src/vmm/debuggable';
import type { Firmware } from '../../src/vmm/firmwareContext';
import { VirtualMachine } from '../../src/vmm/virtualMachine';
import { CPU, type CpuState } from '../../src/x86/cpuState';
import { OpcodeMap } from '../../src/x86/decoder';
import { CR0_ET, CR0_MP, CR0_NE, CR0_PE, CR0_PG, CR0_WP } from '../../src/x86/flags';
import { CS, SS } from '../../src/x86/registers';

const MIB = 1024 * 1024;

const noFirmware: Firmware = {
  rom: new Uint8Array(0),
  powerOn() {},
  call() {
    throw new Error('no firmware on the bench');
  },
};

/** Instructions a run retires before it looks whether the guest has halted: enough for whole blocks to run. */
const RUN = 256;

/** Attributes of flat 32-bit segments, accessed, without their DPL (SDM Vol. 3, 3.4.5). */
const FLAT_CODE = 0xc09b;
const FLAT_DATA = 0xc093;

export interface Options {
  readonly ram?: number;
  readonly model?: CpuModelName;
  readonly translation?: Translation | Heat;
  readonly regionLimits?: RegionLimits;
  readonly technique?: TechniqueId;
  readonly optimised?: boolean;
  readonly ringCompression?: boolean;
  readonly nestedPaging?: boolean;
}

export class TestCpu {
  readonly vm: VirtualMachine;
  readonly cpu: CpuState;
  readonly ram: Buffer;

  constructor({
    ram = 2 * MIB,
    model = 'p6',
    translation = 'on',
    regionLimits,
    technique = 'bare',
    optimised = false,
    ringCompression = false,
    nestedPaging = true,
  }: Options = {}) {
    const memory = new WebAssembly.Memory({ initial: (RAM + ram) / 65536, maximum: MAXIMUM_PAGES });
    this.vm = new VirtualMachine({
      memory,
      ram,
      technique,
      optimised,
      ringCompression,
      nestedPaging,
      translation,
      ...(regionLimits ? { regionLimits } : {}),
      model: CPU_MODELS[model],
      profile: COST_PROFILES[0],
      interpreter: { ...interpreterImage(), opcodes: new OpcodeMap(CPU_MODELS[model].generation) },
    });
    this.cpu = this.vm.cpu;
    this.ram = Buffer.from(memory.buffer, RAM, ram);
    const interrupts = { pending: false, acknowledge: () => 0, nmiPending: false, acknowledgeNmi() {} };
    this.vm.attach({ bus: new Bus(), clock: new GuestClock(), interrupts, firmware: noFirmware, a20: () => true, setA20() {}, describe: () => '' }, () => this.vm.resetCpu());
  }

  read32(physical: number): number {
    return this.ram.readUInt32LE(physical);
  }

  get eip(): number {
    return this.cpu.eip;
  }

  /** Write guest-physical memory; blocks decoded from it are thrown away. */
  write(address: number, bytes: ArrayLike<number>): void {
    this.vm.physical.writeBytes(address, bytes instanceof Uint8Array ? bytes : Uint8Array.from(bytes));
  }

  /** Assemble `source` for the current code size and put it at linear `address` (EIP without it), identity-mapped. */
  load(source: string, address = this.cpu.eip): number {
    const bits = this.cpu.codeSize === 4 ? 32 : 16;
    const { bytes, diagnostics } = assembleInstruction(source, bits, address);
    if (diagnostics.length > 0) throw new Error(`${source}: ${diagnostics[0].message}`);
    this.write(this.cpu.segmentBase(CS) + address, bytes);
    return bytes.length;
  }

  /** Assemble at EIP and let the VM run it: the technique has its way, and faults are delivered. */
  play(source: string): StopReason {
    this.load(source);
    return this.vm.run(1, 1000);
  }

  /** Assemble at EIP and step once. */
  execute(source: string): EngineExit {
    this.load(source);
    return this.step();
  }

  /** Real mode, every segment at 0, stack and code where the test says. */
  realMode({ ip = 0x1000, sp = 0x8000 } = {}): void {
    this.vm.resetCpu();
    for (let s = 0; s < 6; s++) this.setRealSegment(s, 0);
    this.cpu.setReg(4, sp);
    this.cpu.eip = ip;
  }

  setRealSegment(segment: number, selector: number): void {
    this.cpu.setSegment(segment, { selector, base: selector << 4, limit: 0xffff, attributes: REAL_ATTRIBUTES });
  }

  /** Flat 32-bit protected mode at `cpl`. Descriptors exist in the caches only. */
  flat32({ eip = 0x1000, esp = 0x8000, cpl = 0 } = {}): void {
    const { cpu, vm } = this;
    vm.resetCpu();
    cpu.set(CPU.CR0, CR0_ET | CR0_PE | CR0_MP | CR0_NE | CR0_WP);
    cpu.set(CPU.CPL, cpl);
    const dpl = cpl << 5;
    for (let s = 0; s < 6; s++) cpu.setSegment(s, { selector: (s === CS ? 8 : 16) | cpl, base: 0, limit: 0xffffffff, attributes: (s === CS ? FLAT_CODE : FLAT_DATA) | dpl });
    cpu.setReg(4, esp);
    cpu.eip = eip;
    vm.context.stateChanged('translation');
  }

  /** A 16-bit stack segment: the B bit of SS cleared. */
  narrowStack(): void {
    const { cpu } = this;
    const ss = cpu.segment(SS);
    cpu.setSegment(SS, { ...ss, limit: 0xffff, attributes: ss.attributes & ~0xc000 });
  }

  /**
   * Turn paging on with nothing mapped but `pages`: linear page to physical page. The tables take physical memory from `tables` on:
   * the directory, then one page for each 4 MiB that is used.
   */
  page(tables: number, pages: readonly { readonly linear: number; readonly physical: number; readonly writable?: boolean; readonly user?: boolean }[]): void {
    const { cpu, vm } = this;
    let free = tables + PAGE;
    const put = (at: number, value: number): void => this.write(at, [value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, value >>> 24]);
    this.write(tables, new Uint8Array(PAGE));
    for (const { linear, physical, writable = true, user = true } of pages) {
      const directoryEntry = tables + 4 * (linear >>> 22);
      if (!vm.physical.read(directoryEntry, 4)) {
        this.write(free, new Uint8Array(PAGE));
        put(directoryEntry, free | PTE_P | PTE_RW | PTE_US);
        free += PAGE;
      }
      const table = vm.physical.read(directoryEntry, 4) & ~(PAGE - 1);
      put(table + 4 * ((linear >>> 12) & 0x3ff), physical | PTE_P | (writable ? PTE_RW : 0) | (user ? PTE_US : 0));
    }
    cpu.set(CPU.CR3, tables);
    cpu.set(CPU.CR0, cpu.cr0 | CR0_PG);
    vm.context.stateChanged('translation');
  }

  /** One instruction, a repeated one to its end; what came of it. Nothing is delivered. */
  step(): EngineExit {
    for (;;) {
      const exit = this.vm.engine.step();
      if (exit.kind !== 'fuel') return exit;
    }
  }

  /** Run in blocks, delivering faults to the guest's handlers, until HLT has retired. */
  runToHalt(limit = 16): { readonly kind: 'halted' | 'limit' } | { readonly kind: 'unimplemented'; readonly what: string } {
    const { cpu, vm } = this;
    for (let turn = 0; turn < limit; turn++) {
      const exit = vm.engine.run(RUN);
      if (exit.kind === 'fault') this.deliver(exit.vector, exit.errorCode);
      else if (exit.kind === 'attend') return { kind: 'unimplemented', what: exit.attention.kind === 'unimplemented' ? exit.attention.what : exit.attention.kind };
      if (cpu.get(CPU.HALTED)) return { kind: 'halted' };
      cpu.set(CPU.INHIBIT, 0);
    }
    return { kind: 'limit' };
  }

  deliver(vector: number, errorCode = 0): void {
    const { context } = this.vm;
    const code = pushesErrorCode(context, vector) ? errorCode : undefined;
    deliverEvent(context, { vector, software: false, errorCode: code, returnEip: this.cpu.eip, external: true }, true);
  }
}
