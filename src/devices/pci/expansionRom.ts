/** The ROM that a PCI card brings for the BIOS. Source: PCI Local Bus Specification 2.1, §6.3. Region 0: the ROM; behind its end it reads as FFh. */
import type { AccessSize, BusDevice, DeviceState } from '../contract';

/** The smallest that a base address register can ask for. */
const LEAST = 2048;
const PCIR = [0x50, 0x43, 0x49, 0x52];
const DATA_POINTER = 0x18;

export class ExpansionRom implements BusDevice {
  /** What it decodes: a power of two. */
  readonly size: number;

  constructor(
    readonly name: string,
    private readonly bytes: Uint8Array,
  ) {
    this.size = Math.max(LEAST, 2 ** Math.ceil(Math.log2(bytes.length)));
  }

  read(_region: number, offset: number, size: AccessSize): number {
    let value = 0;
    for (let i = 0; i < size; i++) value |= (this.bytes[offset + i] ?? 0xff) << (8 * i);
    return value >>> 0;
  }

  write(): void {}

  reset(): void {}

  save(): DeviceState {
    return {};
  }

  restore(): void {}
}

/** Whether the PCI data structure of `rom` names this card (§6.3.1.2). */
export const isRomOf = (rom: Uint8Array, { vendor, device }: { readonly vendor: number; readonly device: number }): boolean => {
  const word = (at: number): number => rom[at] | (rom[at + 1] << 8);
  const data = word(DATA_POINTER);
  return PCIR.every((byte, i) => rom[data + i] === byte) && word(data + 4) === vendor && word(data + 6) === device;
};
