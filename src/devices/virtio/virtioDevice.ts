/**
 * What a virtio device is to its transport, and the transport to it. Source: Virtual I/O Device (VIRTIO) 1.2, chapter 2;
 * numbers of devices: chapter 5; of features: chapter 6.
 */
import type { DeviceState } from '../contract';
import type { DescriptorChain } from './descriptorChain';
import type { Virtqueue } from './virtqueue';

export const VIRTIO_ID = { network: 1, block: 2, console: 3, entropy: 4 } as const;

/** Device status field, §2.1. */
export const STATUS_DRIVER_OK = 0x04;
export const STATUS_FEATURES_OK = 0x08;
export const STATUS_NEEDS_RESET = 0x40;

/** Feature bits 0 to 31, as masks. */
export const F_ANY_LAYOUT = 1 << 27;
export const F_INDIRECT_DESC = 1 << 28;
export const F_EVENT_IDX = 1 << 29;
/** Of bits 32 to 63. */
export const F_VERSION_1_HIGH = 1 << 0;

export interface VirtioTransport {
  /** The driver accepted these of the features (a mask of bits 0 to 31). */
  negotiated(mask: number): boolean;
  /** The driver has set DRIVER_OK, and nothing has gone wrong since. */
  readonly live: boolean;
  /** The driver knows VIRTIO 1.0: VIRTIO_F_VERSION_1 is negotiated. */
  readonly modern: boolean;
  queue(index: number): Virtqueue;
  /** Give a chain back with `written` bytes in its writable part, and interrupt the driver if it asks for that. */
  complete(index: number, chain: DescriptorChain, written: number): void;
  /** The configuration space has changed. */
  configChanged(): void;
  /** Have `serve` called for the queue soon: something came from outside. */
  kick(index: number): void;
  /** The driver did something that the device cannot go on from: DEVICE_NEEDS_RESET. */
  fail(why: string): void;
}

export interface VirtioDevice {
  readonly name: string;
  /** Of VIRTIO_ID. */
  readonly id: number;
  /** Of the device type: bits 0 to 23, as a mask. */
  readonly features: number;
  /** Entries of each virtqueue: powers of two. */
  readonly queues: readonly number[];
  /** Device configuration space, as it is now. */
  readonly config: Uint8Array;
  connect(transport: VirtioTransport): void;
  /** The driver wrote to the configuration space, which has not changed by that. */
  configWritten?(offset: number, value: number): void;
  /**
   * Use at most one chain of the queue. Called between two instructions. Returns the guest time after which to look for
   * the next one, in nanoseconds, or 0 when there is nothing to do until the driver notifies or the device kicks.
   */
  serve(index: number): number;
  /** The driver reset the device. */
  reset(): void;
  save(): DeviceState;
  restore(state: DeviceState): void;
}
