/**
 * A transitional virtio device in PCI configuration space: old and new drivers find it (VIRTIO 1.2, §4.1.2 and §4.1.4).
 * Base address 0 has the legacy registers, base address 1 the modern ones, which vendor capabilities point to.
 */
import type { PciIdentity, PciRegister } from '../pci/pciFunction';
import { VIRTIO_ID } from './virtioDevice';

const VENDOR = 0x1af4;
const CAPABILITY_POINTER = 0x34;
const CAPABILITY_VENDOR = 0x09;

/** Regions of the transport. */
export const LEGACY = 0;
export const MODERN = 1;
export const LEGACY_BAR = 0;
export const MODERN_BAR = 1;
export const LEGACY_BYTES = 0x80;
export const MODERN_BYTES = 0x4000;
/** Where each structure is in the modern region. */
export const COMMON = 0x0000;
export const ISR = 0x1000;
export const DEVICE = 0x2000;
export const NOTIFY = 0x3000;
/** Bytes from one queue's notification address to the next one's. */
export const NOTIFY_MULTIPLIER = 4;

/** Types of capabilities, §4.1.4. */
const TYPES = { common: 1, notify: 2, isr: 3, device: 4, pciConfiguration: 5 } as const;

/** Where the window of the PCI configuration access capability is: its description, and the data behind it. */
export const WINDOW = 0x90;
export const WINDOW_DATA = WINDOW + 16;

/** Transitional PCI device IDs, and class codes as drivers for old buses look for them. */
const KINDS: Readonly<Record<number, { readonly device: number; readonly classCode: number }>> = {
  [VIRTIO_ID.network]: { device: 0x1000, classCode: 0x020000 },
  [VIRTIO_ID.block]: { device: 0x1001, classCode: 0x010000 },
  [VIRTIO_ID.console]: { device: 0x1003, classCode: 0x078000 },
  [VIRTIO_ID.entropy]: { device: 0x1005, classCode: 0x00ff00 },
};

const capability = (at: number, next: number, type: number, offset: number, length: number, extra = 0): PciRegister[] => [
  { offset: at, size: 1, value: CAPABILITY_VENDOR },
  { offset: at + 1, size: 1, value: next },
  { offset: at + 2, size: 1, value: 16 + extra },
  { offset: at + 3, size: 1, value: type },
  { offset: at + 4, size: 1, value: MODERN_BAR },
  { offset: at + 8, size: 4, value: offset },
  { offset: at + 12, size: 4, value: length },
];

const capabilities = (deviceBytes: number): PciRegister[] => [
  { offset: CAPABILITY_POINTER, size: 1, value: 0x40 },
  ...capability(0x40, 0x50, TYPES.common, COMMON, 0x38),
  ...capability(0x50, 0x60, TYPES.isr, ISR, 1),
  ...capability(0x60, 0x70, TYPES.device, DEVICE, Math.max(deviceBytes, 4)),
  ...capability(0x70, WINDOW, TYPES.notify, NOTIFY, 0x1000, 4),
  { offset: 0x80, size: 4, value: NOTIFY_MULTIPLIER },
  { offset: WINDOW, size: 1, value: CAPABILITY_VENDOR },
  { offset: WINDOW + 2, size: 1, value: 20 },
  { offset: WINDOW + 3, size: 1, value: TYPES.pciConfiguration },
  { offset: WINDOW + 4, size: 1, value: 0, writable: 0xff },
  { offset: WINDOW + 8, size: 4, value: 0, writable: 0xffffffff },
  { offset: WINDOW + 12, size: 4, value: 0, writable: 0xffffffff },
];

/** INTx can be switched off; a status bit says that it is wanted (PCI 2.3, §6.2.2). */
export const COMMAND_NO_INTX = 0x0400;
const STATUS_CAPABILITIES = 0x0010;

export const virtioIdentity = (name: string, id: number, deviceBytes: number): PciIdentity => ({
  name,
  vendor: VENDOR,
  device: KINDS[id].device,
  revision: 0,
  classCode: KINDS[id].classCode,
  interruptPin: 1,
  subsystem: { vendor: VENDOR, device: id },
  command: { value: 0, writable: 0x0407 },
  status: { value: STATUS_CAPABILITIES },
  registers: capabilities(deviceBytes),
});
