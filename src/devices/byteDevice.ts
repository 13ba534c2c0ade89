/** A device behind an 8-bit bus: wider accesses arrive as consecutive bytes, lowest address first, as on the ISA bus. */
import type { AccessSize, BusDevice, DeviceState } from './contract';

export abstract class ByteDevice implements BusDevice {
  abstract readonly name: string;

  protected abstract readByte(region: number, offset: number): number;
  protected abstract writeByte(region: number, offset: number, value: number): void;
  abstract reset(): void;
  abstract save(): DeviceState;
  abstract restore(state: DeviceState): void;

  read(region: number, offset: number, size: AccessSize): number {
    if (size === 1) return this.readByte(region, offset);
    let value = 0;
    for (let i = 0; i < size; i++) value |= this.readByte(region, offset + i) << (8 * i);
    return value >>> 0;
  }

  write(region: number, offset: number, size: AccessSize, value: number): void {
    for (let i = 0; i < size; i++) this.writeByte(region, offset + i, (value >>> (8 * i)) & 0xff);
  }
}
