/**
 * The PCI host bridge's view of bus 0: configuration mechanism 1, base addresses mapped where the guest puts them,
 * INTx pins wired to the interrupt router. Source: PCI Local Bus Specification 2.1, §3.7.4.1 and chapter 6;
 * reset control register: Intel 82371SB (PIIX3) datasheet, §2.5.4.
 * Regions: 0 = CONFADD and the reset control register (CF8h), 1 = CONFDATA (CFCh).
 */
import { hexh } from '../../base/bits';
import { Emitter, type Disposable } from '../../base/events';
import type { Bus } from '../bus';
import type { AccessSize, BusDevice, DeviceState, IrqLine } from '../contract';
import type { InterruptRouter } from './interruptRouter';
import type { PciBar, PciFunction } from './pciFunction';

const ENABLE = 0x80000000;
const ADDRESS_WRITABLE = 0x80fffffc;
const RESET_CONTROL = 1;
const RESET_CPU = 0x04;

export interface PciHostOptions {
  readonly bus: Pick<Bus, 'attach'>;
  readonly router: InterruptRouter;
  /** Bytes of RAM: a memory base address below hides behind it. */
  readonly ram: number;
  /** The reset control register's RCPU bit rose. */
  readonly reset: () => void;
}

interface Mapping {
  readonly bar: PciBar;
  readonly base: number;
  readonly region: Disposable;
}

interface Slot {
  readonly pci: PciFunction;
  readonly mapped: Mapping[];
}

export class PciHost implements BusDevice {
  readonly name = 'pci';
  /** A base address that cannot decode where the guest put it, as a sentence. */
  readonly conflicts = new Emitter<string>();
  readonly #slots = new Map<number, Slot>();
  #address = 0;
  #resetControl = 0;

  constructor(private readonly options: PciHostOptions) {}

  /** Plug in a function; the line is its INTx pin. */
  add(device: number, fn: number, pci: PciFunction): IrqLine {
    const number = device * 8 + fn;
    if (!(number >= 0 && number < 256) || this.#slots.has(number)) throw new RangeError(`PCI ${device}.${fn}: there is no such free slot for ${pci.name}`);
    this.#slots.set(number, { pci, mapped: [] });
    return this.options.router.line(number, pci.identity.interruptPin ?? 1);
  }

  read(region: number, offset: number, size: AccessSize): number {
    if (region === 0) {
      if (size === 4) return this.#address;
      return offset === RESET_CONTROL && size === 1 ? this.#resetControl : size === 1 ? 0xff : 0xffff;
    }
    const slot = this.#selected();
    return slot ? slot.pci.read((this.#address & 0xfc) + offset, size) : size === 4 ? 0xffffffff : 2 ** (8 * size) - 1;
  }

  write(region: number, offset: number, size: AccessSize, value: number): void {
    if (region === 0) {
      if (size === 4) this.#address = (value & ADDRESS_WRITABLE) >>> 0;
      else if (offset === RESET_CONTROL && size === 1) this.#writeResetControl(value);
      return;
    }
    const slot = this.#selected();
    if (!slot) return;
    slot.pci.write((this.#address & 0xfc) + offset, size, value);
    // What moves away may make room for what was refused.
    if (this.#map(slot)) for (const other of this.#slots.values()) if (other !== slot) this.#map(other);
  }

  #writeResetControl(value: number): void {
    const rose = value & ~this.#resetControl & RESET_CPU;
    this.#resetControl = value & 0x06;
    if (rose) this.options.reset();
  }

  #selected(): Slot | undefined {
    if (!(this.#address & ENABLE)) return undefined;
    const bus = (this.#address >>> 16) & 0xff;
    return bus === 0 ? this.#slots.get((this.#address >>> 8) & 0xff) : undefined;
  }

  /** Let every base address of the function decode where its registers say now; true when one does not any more where it did. */
  #map({ pci, mapped }: Slot): boolean {
    let moved = false;
    for (const bar of pci.bars) {
      const base = pci.address(bar);
      const at = mapped.findIndex((m) => m.bar === bar);
      if (at >= 0) {
        if (mapped[at].base === base) continue;
        this.#unmap(mapped.splice(at, 1)[0]);
        moved = true;
      }
      if (base === undefined) continue;
      const region = this.#attach(pci, bar, base);
      if (!region) continue;
      mapped.push({ bar, base, region });
      bar.mapped?.(base);
    }
    return moved;
  }

  #unmap({ bar, region }: Mapping): void {
    region.dispose();
    bar.mapped?.(undefined);
  }

  #attach(pci: PciFunction, bar: PciBar, base: number): Disposable | undefined {
    const refuse = (why: string): undefined => this.conflicts.fire(`BAR ${bar.index} of ${pci.name} at ${bar.space} ${hexh(base)} does not decode: ${why}.`) as undefined;
    if (bar.space === 'memory' && base < this.options.ram) return refuse('RAM is there');
    try {
      return this.options.bus.attach(bar.space, base, bar.size, bar.device, bar.region ?? 0);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      return refuse(error.message);
    }
  }

  #mapAll(): void {
    // Two steps: what moves away makes room first.
    for (const { mapped } of this.#slots.values()) for (const mapping of mapped.splice(0)) this.#unmap(mapping);
    for (const slot of this.#slots.values()) this.#map(slot);
  }

  reset(): void {
    this.#address = 0;
    this.#resetControl = 0;
    for (const { pci } of this.#slots.values()) pci.reset();
    this.options.router.reset();
    this.#mapAll();
  }

  save(): DeviceState {
    const functions: DeviceState = {};
    for (const { pci } of this.#slots.values()) functions[pci.name] = pci.save();
    return { address: this.#address, resetControl: this.#resetControl, functions, router: this.options.router.save() };
  }

  restore(state: DeviceState): void {
    this.#address = state.address as number;
    this.#resetControl = state.resetControl as number;
    const functions = state.functions as DeviceState;
    for (const { pci } of this.#slots.values()) pci.restore(functions[pci.name] as DeviceState);
    this.options.router.restore(state.router as DeviceState);
    this.#mapAll();
  }
}
