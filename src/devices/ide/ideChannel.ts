/**
 * One IDE channel: two devices on a cable. Both see what the host writes to the task file; the one that the device
 * register selects answers. Device 0 answers for a device 1 that is absent, with a status of 0; without any device the
 * pull-down on DD7 makes the status 7Fh. Source: ATA/ATAPI-6 (T13/1410D) §5.3, §9.16.
 * Regions: 0 = command block (1F0h), 1 = device control and alternate status (3F6h).
 */
import type { AccessSize, BusDevice, Clock, DeviceState, IrqLine } from '../contract';
import { type AtaDevice, type Cable, DATA, DEVICE, STATUS } from './ataDevice';
import type { BusMasterChannel } from './busMaster';

const FLOATING = 0x7f;
const DEVICE_1 = 0x10;
const CONTROL_HOB = 0x80;
const CONTROL_SRST = 0x04;
const CONTROL_NIEN = 0x02;
const EXECUTE_DIAGNOSTIC = 0x90;

export interface IdeChannelOptions {
  readonly clock: Clock;
  readonly irq: IrqLine;
  readonly dma: BusMasterChannel;
  /** False while the controller is told not to decode the channel's ports. */
  readonly decodes: () => boolean;
}

type Unit = 0 | 1;

export class IdeChannel implements BusDevice, Cable {
  readonly clock: Clock;
  readonly dma: BusMasterChannel;
  readonly #devices: (AtaDevice | undefined)[] = [undefined, undefined];
  #selected: Unit = 0;
  #control = 0;
  #level = false;

  constructor(
    readonly name: string,
    private readonly options: IdeChannelOptions,
  ) {
    this.clock = options.clock;
    this.dma = options.dma;
    this.dma.started = () => this.#current?.dmaStarted();
  }

  /** Plug in the device that `create` makes for this cable. */
  plug(unit: Unit, create: (name: string, cable: Cable) => AtaDevice): void {
    const device = create(`${this.name}.${unit}`, this);
    this.#devices[unit] = device;
    device.reset();
  }

  get #current(): AtaDevice | undefined {
    return this.#devices[this.#selected];
  }

  /** The device whose registers the host sees: device 0 stands in for an absent device 1. */
  get #answering(): AtaDevice | undefined {
    return this.#current ?? (this.#selected === 1 ? this.#devices[0] : undefined);
  }

  read(region: number, offset: number, size: AccessSize): number {
    if (!this.options.decodes()) return size === 4 ? 0xffffffff : 2 ** (8 * size) - 1;
    if (region === 0 && offset === DATA) return this.#readData(size);
    // Other registers are a byte wide.
    let value = 0;
    for (let i = 0; i < size; i++) value |= this.#readRegister(region === 1 ? STATUS : offset + i, region === 1) << (8 * i);
    return value >>> 0;
  }

  /** The status, which is also the answer to an interrupt; the alternate status is not. */
  isSteady(region: number, offset: number): boolean {
    return region === 1 || (offset === STATUS && !this.#answering?.interrupt);
  }

  write(region: number, offset: number, size: AccessSize, value: number): void {
    if (!this.options.decodes()) return;
    if (region === 1) return this.#writeControl(value & 0xff);
    if (offset === DATA) {
      this.#current?.writeData(size, value);
      return this.update();
    }
    for (let i = 0; i < size; i++) this.#writeRegister(offset + i, (value >>> (8 * i)) & 0xff);
  }

  #readData(size: AccessSize): number {
    const value = this.#current ? this.#current.readData(size) : size === 4 ? 0xffffffff : 2 ** (8 * size) - 1;
    this.update();
    return value;
  }

  #readRegister(register: number, alternate: boolean): number {
    const device = this.#answering;
    if (!device) return register === DEVICE ? (this.#selected ? 0xb0 : 0xa0) : FLOATING;
    if (register === STATUS && device !== this.#current) return 0;
    const value = device.read(register, (this.#control & CONTROL_HOB) !== 0);
    if (register === STATUS && !alternate) {
      device.acknowledge();
      this.update();
    }
    return value;
  }

  #writeRegister(register: number, value: number): void {
    this.#control &= ~CONTROL_HOB;
    if (register === STATUS) this.#command(value);
    else {
      if (register === DEVICE) this.#selected = value & DEVICE_1 ? 1 : 0;
      for (const device of this.#devices) device?.write(register, value);
    }
    this.update();
  }

  #command(code: number): void {
    if (code !== EXECUTE_DIAGNOSTIC) {
      this.#current?.command(code);
      return;
    }
    // Whichever is selected, both run it, and device 0 reports.
    this.#selected = 0;
    this.#devices.forEach((device, unit) => device?.diagnose(unit === 0));
  }

  #writeControl(value: number): void {
    const before = this.#control;
    this.#control = value & (CONTROL_HOB | CONTROL_SRST | CONTROL_NIEN);
    if (value & CONTROL_SRST) for (const device of this.#devices) device?.holdInReset();
    else if (before & CONTROL_SRST) {
      this.#selected = 0;
      for (const device of this.#devices) device?.leaveReset();
    }
    this.update();
  }

  /** INTRQ of the selected device, unless nIEN disconnects it. */
  update(): void {
    const level = (this.#current?.interrupt ?? false) && !(this.#control & CONTROL_NIEN);
    if (level === this.#level) return;
    this.#level = level;
    if (level) {
      this.dma.interrupted();
      this.options.irq.raise();
    } else this.options.irq.lower();
  }

  reset(): void {
    this.#selected = 0;
    this.#control = 0;
    for (const device of this.#devices) device?.reset();
    this.update();
  }

  save(): DeviceState {
    return { selected: this.#selected, control: this.#control, level: this.#level, devices: this.#devices.map((d) => d?.save() ?? {}) };
  }

  restore(state: DeviceState): void {
    this.#selected = state.selected as Unit;
    this.#control = state.control as number;
    this.#level = state.level as boolean;
    (state.devices as DeviceState[]).forEach((s, i) => {
      this.#devices[i]?.restore(s);
    });
  }
}
