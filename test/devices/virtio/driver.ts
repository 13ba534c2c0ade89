/** A guest's virtio driver in a few lines: over the modern or the legacy registers, with its rings in flat memory. */
import { GuestClock } from '../../../src/devices/clock';
import { COMMON, DEVICE, ISR, LEGACY, MODERN, NOTIFY } from '../../../src/devices/virtio/pciIdentity';
import type { VirtioDevice } from '../../../src/devices/virtio/virtioDevice';
import { COMMAND, COMMAND_BUS_MASTER } from '../../../src/devices/pci/pciFunction';
import { VirtioPci } from '../../../src/devices/virtio/virtioPci';
import { FlatMemory } from '../../machine/support';
import { RecordingLine } from '../support';

export const NEXT = 1;
export const WRITE = 2;
export const INDIRECT = 4;
export const INDIRECT_DESC = 1 << 28;
export const EVENT_IDX = 1 << 29;

export const ACKNOWLEDGE = 1;
export const DRIVER = 2;
export const DRIVER_OK = 4;
export const FEATURES_OK = 8;
export const NEEDS_RESET = 0x40;

export interface Buffer {
  readonly address: number;
  readonly length: number;
  readonly write?: boolean;
}

export interface Used {
  readonly id: number;
  readonly length: number;
}

/** Queue `n`'s rings are at 10000h + n × 4000h. */
const ringsAt = (queue: number): number => 0x10000 + queue * 0x4000;

export const makeDriver = (device: VirtioDevice, { ram = 1 << 20, legacy = false } = {}) => {
  const clock = new GuestClock();
  const memory = new FlatMemory(ram);
  const view = new DataView(memory.bytes.buffer);
  const transport = new VirtioPci(device, { clock, memory });
  const line = new RecordingLine();
  transport.line = line;
  transport.pci.write(COMMAND, 2, COMMAND_BUS_MASTER);
  const failures: string[] = [];
  transport.failures.on((sentence) => failures.push(sentence));
  const get = (offset: number, size: 1 | 2 | 4) => transport.read(legacy ? LEGACY : MODERN, (legacy ? 0 : COMMON) + offset, size);
  const set = (offset: number, size: 1 | 2 | 4, value: number) => transport.write(legacy ? LEGACY : MODERN, (legacy ? 0 : COMMON) + offset, size, value);
  const status = (value?: number): number => {
    if (value !== undefined) set(legacy ? 0x12 : 0x14, 1, value);
    return get(legacy ? 0x12 : 0x14, 1);
  };
  const isr = () => transport.read(legacy ? LEGACY : MODERN, legacy ? 0x13 : ISR, 1);
  const config = (offset: number, size: 1 | 2 | 4) => transport.read(legacy ? LEGACY : MODERN, (legacy ? 0x14 : DEVICE) + offset, size);
  const setConfig = (offset: number, size: 1 | 2 | 4, value: number) => transport.write(legacy ? LEGACY : MODERN, (legacy ? 0x14 : DEVICE) + offset, size, value);
  const queues = device.queues.map((size, n) => {
    const descriptors = ringsAt(n);
    const available = descriptors + 16 * size;
    const used = legacy ? Math.ceil((available + 6 + 2 * size) / 4096) * 4096 : available + 6 + 2 * size + 2;
    return { size, descriptors, available, used, next: 0, head: 0, taken: 0 };
  });
  const features = (): number => {
    if (legacy) return get(0, 4);
    set(0, 4, 0);
    return get(4, 4);
  };
  const accept = (low: number, high = 1): void => {
    if (legacy) return set(4, 4, low);
    for (const [select, word] of [low, high].entries()) {
      set(8, 4, select);
      set(0x0c, 4, word);
    }
  };
  const placeQueue = (n: number): void => {
    const { descriptors, available, used } = queues[n];
    if (legacy) {
      set(0x0e, 2, n);
      return set(0x08, 4, descriptors / 4096);
    }
    set(0x16, 2, n);
    [descriptors, available, used].forEach((address, i) => {
      set(0x20 + 8 * i, 4, address);
    });
    set(0x1c, 2, 1);
  };
  /** What a driver does on start-up (chapter 3), up to DRIVER_OK. */
  const start = (low = 0): void => {
    status(0);
    status(ACKNOWLEDGE | DRIVER);
    accept(low);
    if (!legacy) status(ACKNOWLEDGE | DRIVER | FEATURES_OK);
    for (const n of queues.keys()) placeQueue(n);
    status(status() | DRIVER_OK);
  };
  const describe = (at: number, { address, length, write }: Buffer, next?: number, flags = 0): void => {
    view.setUint32(at, address, true);
    view.setUint32(at + 4, 0, true);
    view.setUint32(at + 8, length, true);
    view.setUint16(at + 12, (write ? WRITE : 0) | (next === undefined ? 0 : NEXT) | flags, true);
    view.setUint16(at + 14, next ?? 0, true);
  };
  /** Make the chain that begins at descriptor `head` available. */
  const offer = (n: number, head: number): void => {
    const queue = queues[n];
    view.setUint16(queue.available + 4 + 2 * (queue.next % queue.size), head, true);
    queue.next = (queue.next + 1) & 0xffff;
    view.setUint16(queue.available + 2, queue.next, true);
  };
  const notify = (n: number): void => (legacy ? set(0x10, 2, n) : transport.write(MODERN, NOTIFY + 4 * n, 2, n));
  /** A chain over these buffers, made available; returns its head. */
  const add = (n: number, ...buffers: Buffer[]): number => {
    const queue = queues[n];
    const head = queue.head;
    buffers.forEach((buffer, i) => {
      const next = i + 1 < buffers.length ? (head + i + 1) % queue.size : undefined;
      describe(queue.descriptors + 16 * ((head + i) % queue.size), buffer, next);
    });
    queue.head = (head + buffers.length) % queue.size;
    offer(n, head);
    return head;
  };
  /** Let the device work off all it has. */
  const settle = (limit = 100_000): void => {
    for (let i = 0; i < limit; i++) {
      const due = clock.nextDue();
      if (due === undefined) return;
      clock.advanceTo(due);
    }
    throw new Error(`the device is not done after ${limit} turns`);
  };
  /** Chains given back since the last call. */
  const completed = (n: number): Used[] => {
    const queue = queues[n];
    const out: Used[] = [];
    for (; queue.taken !== view.getUint16(queue.used + 2, true); queue.taken = (queue.taken + 1) & 0xffff) {
      const at = queue.used + 4 + 8 * (queue.taken % queue.size);
      out.push({ id: view.getUint32(at, true), length: view.getUint32(at + 4, true) });
    }
    return out;
  };
  const fill = (address: number, bytes: ArrayLike<number>): void => memory.bytes.set(bytes, address);
  const bytes = (address: number, length: number): number[] => [...memory.bytes.slice(address, address + length)];
  return {
    clock,
    memory,
    view,
    transport,
    line,
    failures,
    get,
    set,
    status,
    isr,
    config,
    setConfig,
    queues,
    features,
    accept,
    start,
    describe,
    offer,
    notify,
    add,
    settle,
    completed,
    fill,
    bytes,
  };
};

export type Driver = ReturnType<typeof makeDriver>;
