/** Accesses of the guest that devices answer, at the guest's time: an access that makes an interrupt wait is the last of its slice. */
import type { Bus } from '../devices/bus';
import type { InterruptController } from '../devices/interruptController';
import type { MemoryBus } from '../memory/guestMemory';
import { CPU, type CpuState } from '../x86/cpuState';
import { EFLAGS_IF } from '../x86/flags';
import type { PortLatches } from './portLatches';

const PAGE_MASK = ~0xfff;
/** Nothing is there: the page below the I/O APIC's. */
const UNCLAIMED_ADDRESS = 0xfebff000;

type Size = 1 | 2 | 4;

export interface DeviceHost {
  readonly cpu: CpuState;
  readonly engine: { attend(): void; leaveAfterInstruction(): void };
  readonly platform: { readonly bus: Bus; readonly interrupts: InterruptController };
  /** Take devices to the guest's time. */
  syncClock(): void;
}

export class DeviceAccess implements MemoryBus {
  constructor(
    private readonly host: DeviceHost,
    /** Where the board has the page of the local APIC; 0 without one. */
    private readonly apicPage: number,
    private readonly latches: PortLatches,
  ) {}

  /** Somebody is going to look at devices. */
  settle(): void {
    this.latches.settle();
  }

  /** A timer has been armed. */
  timeChanged(): void {
    this.latches.block();
  }

  /** As `noteWaiting`: generated code is about to run, and before the next timer is due it ends. */
  beginSlice(): boolean {
    this.latches.open();
    return this.noteWaiting();
  }

  /** An interrupt waits, whether the CPU would take it or not. */
  get interruptWaits(): boolean {
    const { interrupts } = this.host.platform;
    return interrupts.pending || interrupts.nmiPending;
  }

  /** Generated code may know now whether an interrupt waits. True if that is so. */
  noteWaiting(): boolean {
    const { cpu } = this.host;
    const waits = this.interruptWaits;
    cpu.set(CPU.INTERRUPT_WAITS, waits ? EFLAGS_IF : 0);
    return waits;
  }

  /** Whether an interrupt waited behind the last access, or at the last turn of the run loop. */
  get #waited(): boolean {
    return this.host.cpu.get(CPU.INTERRUPT_WAITS) !== 0;
  }

  readPort(port: number, size: Size): number {
    const { host } = this;
    const waited = this.#waited;
    const value = size === 1 && this.latches.canRead(port) ? this.#readSteady(port) : this.#read(port, size);
    if (waited !== this.noteWaiting()) host.engine.attend();
    return value;
  }

  #read(port: number, size: Size): number {
    this.host.syncClock();
    return this.host.platform.bus.readPort(port, size);
  }

  #readSteady(port: number): number {
    const { latches } = this;
    latches.begin();
    const value = this.host.platform.bus.readPort(port, 1);
    latches.keepRead(port, value);
    return value;
  }

  writePort(port: number, size: Size, value: number): void {
    const { host } = this;
    const waited = this.#waited;
    if (size === 1 && this.latches.canWrite(port)) this.#writePlain(port, value);
    else {
      host.syncClock();
      host.platform.bus.writePort(port, size, value);
    }
    if (waited !== this.noteWaiting()) host.engine.attend();
  }

  #writePlain(port: number, value: number): void {
    const { latches } = this;
    latches.begin();
    this.host.platform.bus.writePort(port, 1, value);
    latches.keepWrite(port, value & 0xff);
  }

  /** A load that a device answers. */
  read(address: number, size: Size): number {
    const { host } = this;
    host.syncClock();
    const waited = this.interruptWaits;
    const value = host.platform.bus.read('memory', this.#busAddress(address), size);
    if (this.noteWaiting() && !waited) host.engine.leaveAfterInstruction();
    return value;
  }

  write(address: number, size: Size, value: number): void {
    const { host } = this;
    host.syncClock();
    const waited = this.interruptWaits;
    host.platform.bus.write('memory', this.#busAddress(address), size, value);
    if (this.noteWaiting() && !waited) host.engine.leaveAfterInstruction();
  }

  /** APIC_BASE says where the CPU has the page of its local APIC (SDM Vol. 3, 10.4.5); what is moved away leaves a hole. */
  #busAddress(address: number): number {
    const moved = this.host.cpu.get(CPU.APIC_BASE) & PAGE_MASK;
    if (moved === this.apicPage) return address;
    const page = address & PAGE_MASK;
    if (page === moved) return (this.apicPage | (address & ~PAGE_MASK)) >>> 0;
    return page === this.apicPage ? UNCLAIMED_ADDRESS : address;
  }
}
