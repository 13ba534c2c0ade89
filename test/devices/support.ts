/** What device tests share: an IRQ line that remembers, and byte access through a bus. */
import type { BusDevice, IrqLine } from '../../src/devices/contract';

export class RecordingLine implements IrqLine {
  level = false;
  /** Rising edges. */
  edges = 0;

  raise(): void {
    if (!this.level) this.edges++;
    this.level = true;
  }

  lower(): void {
    this.level = false;
  }
}

export const out = (device: BusDevice, region: number, offset: number, ...values: number[]): void => {
  for (const value of values) device.write(region, offset, 1, value);
};

/** Save, disturb with `disturb`, restore: the saved states must be equal, also after JSON. */
export const roundTrip = (device: BusDevice, disturb: () => void): [unknown, unknown] => {
  const before = structuredClone(device.save());
  disturb();
  device.restore(structuredClone(before));
  return [device.save(), before];
};
