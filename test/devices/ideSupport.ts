/** An IDE channel with devices, driven as a program would: ports, a clock, memory for the bus master. */
import { GuestClock } from '../../src/devices/clock';
import { DiskImage } from '../../src/devices/diskImage';
import { AtaDisk } from '../../src/devices/ide/ataDisk';
import { AtapiCdrom } from '../../src/devices/ide/atapiCdrom';
import { BusMaster } from '../../src/devices/ide/busMaster';
import { IdeChannel } from '../../src/devices/ide/ideChannel';
import { FlatMemory } from '../machine/support';
import { RecordingLine } from './support';

export const SECTORS = 2 * 16 * 63;

/** Every sector filled with its number. */
export const numbered = (sectors = SECTORS): Uint8Array => {
  const bytes = new Uint8Array(sectors * 512);
  for (let i = 0; i < sectors; i++) bytes.fill(i & 0xff, i * 512, (i + 1) * 512);
  return bytes;
};

export type Plugged = 'disk' | 'cdrom' | 'empty cdrom';

export const makeChannel = (units: readonly (Plugged | undefined)[], bytes = numbered()) => {
  const clock = new GuestClock();
  const memory = new FlatMemory(1 << 20);
  const pci = { busMaster: true };
  const busMaster = new BusMaster(memory, () => pci.busMaster);
  const line = new RecordingLine();
  const ide = new IdeChannel('ide0', { clock, irq: line, dma: busMaster.channels[0], decodes: () => true });
  const image = new DiskImage(bytes, units.includes('cdrom') ? 'cdrom' : 'hardDisk');
  units.forEach((kind, i) => {
    if (kind) ide.plug(i ? 1 : 0, (name, cable) => (kind === 'disk' ? new AtaDisk(name, cable, image) : new AtapiCdrom(name, cable, kind === 'cdrom' ? image : undefined)));
  });
  const settle = () => {
    for (let due = clock.nextDue(); due !== undefined; due = clock.nextDue()) clock.advanceTo(due);
  };
  const get = (register: number) => ide.read(0, register, 1);
  const set = (register: number, value: number) => ide.write(0, register, 1, value);
  /** Registers 1 to 6, then the command. */
  const command = (code: number, { features = 0, count = 0, low = 0, mid = 0, high = 0, device = 0xe0 } = {}) => {
    set(6, device);
    [features, count, low, mid, high].forEach((value, i) => {
      set(1 + i, value);
    });
    set(7, code);
  };
  const readWords = (n: number): Uint8Array => {
    const out = new Uint8Array(n * 2);
    for (let i = 0; i < n; i++) new DataView(out.buffer).setUint16(i * 2, ide.read(0, 0, 2), true);
    return out;
  };
  const writeBytes = (values: Uint8Array) => {
    for (let i = 0; i < values.length; i += 2) ide.write(0, 0, 2, values[i] | (values[i + 1] << 8));
  };
  /** Point the bus master at a table of [address, length] and start it. */
  const startDma = (regions: readonly (readonly [number, number])[], toMemory: boolean, table = 0x1000) => {
    const view = new DataView(memory.bytes.buffer, table);
    regions.forEach(([address, length], i) => {
      view.setUint32(i * 8, address, true);
      view.setUint32(i * 8 + 4, (length & 0xffff) | (i === regions.length - 1 ? 0x80000000 : 0), true);
    });
    busMaster.write(0, 4, 4, table);
    busMaster.write(0, 2, 1, 0x06);
    busMaster.write(0, 0, 1, toMemory ? 9 : 1);
  };
  return { clock, memory, pci, busMaster, line, ide, image, settle, get, set, command, readWords, writeBytes, startDma };
};

export const word = (bytes: Uint8Array, n: number): number => bytes[n * 2] | (bytes[n * 2 + 1] << 8);
