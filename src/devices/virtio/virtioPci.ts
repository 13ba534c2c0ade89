/**
 * The virtio PCI transport: registers of legacy and modern drivers over one device, with INTx. Sources: VIRTIO 1.2, §4.1
 * (modern: §4.1.4.3 to §4.1.4.9; legacy: §4.1.4.10) and chapter 3 (what a driver does in which order). A notification has
 * the queue served between two instructions, so that what the device stores is seen like any device's store.
 * Regions: 0 = legacy registers (ports), 1 = common, ISR, device and notification structures (memory).
 */
import { Emitter } from '../../base/events';
import type { AccessSize, BusDevice, Clock, DeviceState, IrqLine, PhysicalMemory, Timer } from '../contract';
import { COMMAND, COMMAND_BUS_MASTER, PciFunction } from '../pci/pciFunction';
import type { DescriptorChain } from './descriptorChain';
import {
  COMMON,
  COMMAND_NO_INTX,
  DEVICE,
  ISR,
  LEGACY,
  LEGACY_BAR,
  LEGACY_BYTES,
  MODERN,
  MODERN_BAR,
  MODERN_BYTES,
  NOTIFY,
  NOTIFY_MULTIPLIER,
  virtioIdentity,
  WINDOW,
  WINDOW_DATA,
} from './pciIdentity';
import { type Field, readFields, writeFields } from './registerFields';
import {
  F_ANY_LAYOUT,
  F_EVENT_IDX,
  F_INDIRECT_DESC,
  F_VERSION_1_HIGH,
  STATUS_DRIVER_OK,
  STATUS_FEATURES_OK,
  STATUS_NEEDS_RESET,
  type VirtioDevice,
  type VirtioTransport,
} from './virtioDevice';
import { Virtqueue } from './virtqueue';

const ISR_QUEUE = 1;
const ISR_CONFIGURATION = 2;
/** Where the device's own configuration begins among the legacy registers, without MSI-X. */
const LEGACY_CONFIG = 0x14;
const NO_VECTOR = 0xffff;
/** Guest time from a notification to the device's first look. */
const NOTICE = 1000;

export interface VirtioPciOptions {
  readonly clock: Clock;
  readonly memory: PhysicalMemory;
}

const powerOn = () => ({
  status: 0,
  isr: 0,
  deviceFeatureSelect: 0,
  driverFeatureSelect: 0,
  /** What the driver accepted: bits 0 to 31, and 32 to 63. */
  low: 0,
  high: 0,
  queueSelect: 0,
  generation: 0,
  /** Queues to serve, by bit. */
  pending: 0,
});

export class VirtioPci implements BusDevice, VirtioTransport {
  readonly name: string;
  readonly pci: PciFunction;
  /** Its INTx pin, once it is plugged in. */
  line: IrqLine = { raise: () => {}, lower: () => {} };
  /** What the driver did wrong, as a sentence. */
  readonly failures = new Emitter<string>();
  readonly #queues: readonly Virtqueue[];
  readonly #timer: Timer;
  readonly #common: readonly Field[];
  readonly #legacy: readonly Field[];
  #s = powerOn();

  constructor(
    readonly device: VirtioDevice,
    private readonly options: VirtioPciOptions,
  ) {
    this.name = device.name;
    this.pci = new VirtioFunction(this, device);
    this.#queues = device.queues.map((size, i) => new Virtqueue(i, size, this.#queueHost()));
    this.#timer = options.clock.createTimer(device.name, (now) => this.#serve(now));
    this.#common = this.#commonFields();
    this.#legacy = this.#legacyFields();
    device.connect(this);
  }

  #queueHost() {
    const self = this;
    return {
      memory: this.options.memory,
      get indirect() {
        return self.negotiated(F_INDIRECT_DESC);
      },
      get eventIndex() {
        return self.negotiated(F_EVENT_IDX);
      },
      fail: (why: string) => this.fail(why),
    };
  }

  get #offered(): number {
    return this.device.features | F_ANY_LAYOUT | F_INDIRECT_DESC | F_EVENT_IDX;
  }

  // What the device asks (VirtioTransport).

  negotiated(mask: number): boolean {
    return (this.#s.low & mask) === mask;
  }

  /** A device reaches its queues as bus master only (PCI 3.0, 6.2.2). */
  get live(): boolean {
    return this.#driven && (this.pci.command & COMMAND_BUS_MASTER) !== 0;
  }

  get #driven(): boolean {
    return (this.#s.status & (STATUS_DRIVER_OK | STATUS_NEEDS_RESET)) === STATUS_DRIVER_OK;
  }

  get modern(): boolean {
    return this.#s.high === F_VERSION_1_HIGH;
  }

  queue(index: number): Virtqueue {
    return this.#queues[index];
  }

  kick(index: number): void {
    if (index >= this.#queues.length || !this.live) return;
    this.#s.pending |= 1 << index;
    if (this.#timer.due === undefined) this.#timer.arm(this.options.clock.now() + NOTICE);
  }

  fail(why: string): void {
    const s = this.#s;
    this.#timer.disarm();
    s.pending = 0;
    if (!(s.status & STATUS_NEEDS_RESET)) this.failures.fire(`${this.name}: ${why}; the device needs a reset.`);
    s.status |= STATUS_NEEDS_RESET;
    if (s.status & STATUS_DRIVER_OK) this.#interrupt(ISR_CONFIGURATION);
  }

  /** Queues in turn, one chain each; then again when the device has had the time for it. */
  #serve(now: number): void {
    const s = this.#s;
    let wait = 0;
    for (const { index } of this.#queues) {
      if (!(s.pending & (1 << index)) || !this.live) continue;
      const time = this.device.serve(index);
      if (time === 0) s.pending &= ~(1 << index);
      wait = Math.max(wait, time);
    }
    if (s.pending && this.live) this.#timer.arm(now + Math.max(wait, 1));
  }

  complete(queue: number, chain: DescriptorChain, written: number): void {
    if (this.#queues[queue].push(chain, written)) this.#interrupt(ISR_QUEUE);
  }

  configChanged(): void {
    this.#s.generation = (this.#s.generation + 1) & 0xff;
    if (this.#driven) this.#interrupt(ISR_CONFIGURATION);
  }

  #interrupt(bits: number): void {
    this.#s.isr |= bits;
    this.drive();
  }

  /** INTx is a level: ISR status, unless the command register disables it. */
  drive(): void {
    if (this.#s.isr && !(this.pci.command & COMMAND_NO_INTX)) this.line.raise();
    else this.line.lower();
  }

  // Registers.

  read(region: number, offset: number, size: AccessSize): number {
    if (region === LEGACY) return offset >= LEGACY_CONFIG ? this.#readConfig(offset - LEGACY_CONFIG, size) : readFields(this.#legacy, offset, size);
    if (offset >= NOTIFY) return 0;
    if (offset >= DEVICE) return this.#readConfig(offset - DEVICE, size);
    if (offset >= ISR) return offset === ISR ? this.#readIsr() : 0;
    return readFields(this.#common, offset - COMMON, size);
  }

  write(region: number, offset: number, size: AccessSize, value: number): void {
    if (region === LEGACY && offset >= LEGACY_CONFIG) this.#writeConfig(offset - LEGACY_CONFIG, size, value);
    else if (region === LEGACY) writeFields(this.#legacy, offset, size, value);
    else if (offset >= NOTIFY) this.kick(Math.floor((offset - NOTIFY) / NOTIFY_MULTIPLIER));
    else if (offset >= DEVICE) this.#writeConfig(offset - DEVICE, size, value);
    else if (offset < ISR) writeFields(this.#common, offset - COMMON, size, value);
  }

  #readConfig(offset: number, size: AccessSize): number {
    const { config } = this.device;
    let value = 0;
    for (let i = 0; i < size; i++) value |= (config[offset + i] ?? 0) << (8 * i);
    return value >>> 0;
  }

  #writeConfig(offset: number, size: AccessSize, value: number): void {
    for (let i = 0; i < size; i++) this.device.configWritten?.(offset + i, (value >>> (8 * i)) & 0xff);
  }

  /** Reading takes the interrupt back. */
  #readIsr(): number {
    const { isr } = this.#s;
    this.#s.isr = 0;
    this.drive();
    return isr;
  }

  get #selected(): Virtqueue | undefined {
    return this.#queues[this.#s.queueSelect];
  }

  #featureWord(select: number): number {
    return select === 0 ? this.#offered : select === 1 ? F_VERSION_1_HIGH : 0;
  }

  #acceptFeatures(select: number, value: number): void {
    if (this.#s.status & STATUS_FEATURES_OK) return;
    if (select === 0) this.#s.low = value;
    else if (select === 1) this.#s.high = value;
  }

  #commonFields(): readonly Field[] {
    const s = () => this.#s;
    const queueArea = (offset: number, area: 'descriptors' | 'available' | 'used'): Field[] => {
      const high = () => Math.floor((this.#selected?.[area] ?? 0) / 2 ** 32);
      const low = () => (this.#selected?.[area] ?? 0) % 2 ** 32;
      const set = (value: number) => {
        const queue = this.#selected;
        if (queue && !queue.enabled) queue[area] = value;
      };
      return [
        { offset, size: 4, read: low, write: (value) => set(high() * 2 ** 32 + value) },
        { offset: offset + 4, size: 4, read: high, write: (value) => set(value * 2 ** 32 + low()) },
      ];
    };
    // biome-ignore format: a table
    return [
      { offset: 0x00, size: 4, read: () => s().deviceFeatureSelect, write: (value) => { s().deviceFeatureSelect = value; } },
      { offset: 0x04, size: 4, read: () => this.#featureWord(s().deviceFeatureSelect) },
      { offset: 0x08, size: 4, read: () => s().driverFeatureSelect, write: (value) => { s().driverFeatureSelect = value; } },
      { offset: 0x0c, size: 4, read: () => [s().low, s().high][s().driverFeatureSelect] ?? 0, write: (value) => this.#acceptFeatures(s().driverFeatureSelect, value) },
      { offset: 0x10, size: 2, read: () => NO_VECTOR },
      { offset: 0x12, size: 2, read: () => this.#queues.length },
      { offset: 0x14, size: 1, read: () => s().status, write: (value) => this.#writeStatus(value, true) },
      { offset: 0x15, size: 1, read: () => s().generation },
      { offset: 0x16, size: 2, read: () => s().queueSelect, write: (value) => { s().queueSelect = value; } },
      { offset: 0x18, size: 2, read: () => this.#selected?.size ?? 0, write: (value) => this.#resize(value) },
      { offset: 0x1a, size: 2, read: () => NO_VECTOR },
      { offset: 0x1c, size: 2, read: () => (this.#selected?.enabled ? 1 : 0), write: (value) => { if (value === 1) this.#selected?.enable(); } },
      { offset: 0x1e, size: 2, read: () => s().queueSelect },
      ...queueArea(0x20, 'descriptors'),
      ...queueArea(0x28, 'available'),
      ...queueArea(0x30, 'used'),
    ];
  }

  #legacyFields(): readonly Field[] {
    const s = () => this.#s;
    // biome-ignore format: a table
    return [
      { offset: 0x00, size: 4, read: () => this.#offered },
      { offset: 0x04, size: 4, read: () => s().low, write: (value) => this.#acceptFeatures(0, value & this.#offered) },
      { offset: 0x08, size: 4, read: () => Math.floor((this.#selected?.descriptors ?? 0) / 4096), write: (value) => this.#selected?.placeLegacy(value * 4096) },
      { offset: 0x0c, size: 2, read: () => this.#selected?.size ?? 0 },
      { offset: 0x0e, size: 2, read: () => s().queueSelect, write: (value) => { s().queueSelect = value; } },
      { offset: 0x10, size: 2, read: () => 0, write: (value) => this.kick(value) },
      { offset: 0x12, size: 1, read: () => s().status, write: (value) => this.#writeStatus(value, false) },
      { offset: 0x13, size: 1, read: () => this.#readIsr() },
    ];
  }

  /** A power of two, no larger than the device can do. */
  #resize(size: number): void {
    const queue = this.#selected;
    if (!queue || queue.enabled) return;
    if (size > 0 && size <= queue.maximum && (size & (size - 1)) === 0) queue.size = size;
    else this.fail(`queue ${queue.index} was given ${size} entries`);
  }

  /** 0 resets. FEATURES_OK stays clear when the device cannot work with what the driver accepted (§2.2.2). */
  #writeStatus(value: number, modern: boolean): void {
    const s = this.#s;
    if (value === 0) return this.#resetDevice();
    const acceptable = !(s.low & ~this.#offered) && (!modern || s.high === F_VERSION_1_HIGH);
    s.status = (value & (acceptable ? 0xff : ~STATUS_FEATURES_OK)) | (s.status & STATUS_NEEDS_RESET);
    this.wake();
  }

  /** Queues may have been filled before there was anybody to serve them. */
  wake(): void {
    for (const { index } of this.#queues) this.kick(index);
  }

  #resetDevice(): void {
    this.#timer.disarm();
    this.#s = { ...powerOn(), generation: this.#s.generation };
    for (const queue of this.#queues) queue.reset();
    this.device.reset();
    this.drive();
  }

  reset(): void {
    this.#resetDevice();
    this.#s = powerOn();
  }

  save(): DeviceState {
    return { ...this.#s, queues: this.#queues.map((queue) => queue.save()), device: this.device.save() };
  }

  /** The interrupt router restores the line's level itself. */
  restore(state: DeviceState): void {
    const { queues, device, ...registers } = state;
    this.#s = registers as ReturnType<typeof powerOn>;
    (queues as DeviceState[]).forEach((queue, i) => {
      this.#queues[i].restore(queue);
    });
    this.device.restore(device as DeviceState);
  }
}

/** Its configuration space, with a window through which the modern structures can be reached without mapping them (§4.1.4.9). */
class VirtioFunction extends PciFunction {
  constructor(
    private readonly transport: VirtioPci,
    { name, id, config }: VirtioDevice,
  ) {
    super(virtioIdentity(name, id, config.length), [
      { index: LEGACY_BAR, space: 'port', size: LEGACY_BYTES, device: transport, region: LEGACY },
      { index: MODERN_BAR, space: 'memory', size: MODERN_BYTES, device: transport, region: MODERN },
    ]);
  }

  override read(offset: number, size: AccessSize): number {
    const target = offset === WINDOW_DATA ? this.#windowTarget(size) : undefined;
    return target === undefined ? super.read(offset, size) : this.transport.read(target.region, target.offset, size);
  }

  override write(offset: number, size: AccessSize, value: number): void {
    const target = offset === WINDOW_DATA ? this.#windowTarget(size) : undefined;
    if (target) this.transport.write(target.region, target.offset, size, value);
    else super.write(offset, size, value);
    this.transport.drive();
    if (offset === COMMAND) this.transport.wake();
  }

  /** Undefined unless the window is as wide as the access and lies in a base address's region, aligned. */
  #windowTarget(size: AccessSize): { region: number; offset: number } | undefined {
    const bar = this.bars.find(({ index }) => index === super.read(WINDOW + 4, 1));
    const [offset, length] = [super.read(WINDOW + 8, 4), super.read(WINDOW + 12, 4)];
    return bar && length === size && offset % size === 0 && offset + size <= bar.size ? { region: bar.region ?? 0, offset } : undefined;
  }
}
