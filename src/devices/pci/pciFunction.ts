/**
 * Configuration space of one PCI function: a table of registers with their power-on values, writable and write-one-to-clear
 * bits, and base address registers. What a function does besides is another device, reached through its base addresses.
 * Source: PCI Local Bus Specification 2.1, chapter 6.
 */
import type { AccessSize, AddressSpace, BusDevice, DeviceState } from '../contract';

export interface PciRegister {
  readonly offset: number;
  readonly size: AccessSize;
  /** At power-on. */
  readonly value: number;
  /** Bits that a write changes; none by default. */
  readonly writable?: number;
  /** Bits that writing 1 clears. */
  readonly clears?: number;
}

/** What decodes at a base address register: region `region` of `device`. */
export interface PciBar {
  readonly index: number;
  readonly space: AddressSpace;
  /** A power of two: at least 4 ports or 16 bytes. */
  readonly size: number;
  readonly device: BusDevice;
  readonly region?: number;
  /** Told where it decodes from now on; undefined: nowhere. */
  readonly mapped?: (base: number | undefined) => void;
}

export interface PciIdentity {
  readonly name: string;
  readonly vendor: number;
  readonly device: number;
  readonly revision: number;
  /** Base class, subclass, programming interface: 010180h is an IDE controller. */
  readonly classCode: number;
  readonly multifunction?: boolean;
  /** INTA# to INTD# are 1 to 4; 0 or nothing for a function that never interrupts. */
  readonly interruptPin?: number;
  readonly subsystem?: { readonly vendor: number; readonly device: number };
  readonly command: { readonly value: number; readonly writable: number };
  readonly status: { readonly value: number; readonly clears?: number };
  /** Those of this chip: 40h and up. */
  readonly registers?: readonly PciRegister[];
}

export const COMMAND = 0x04;
export const BAR_0 = 0x10;
export const INTERRUPT_LINE = 0x3c;
export const COMMAND_PORTS = 0x1;
export const COMMAND_MEMORY = 0x2;
export const COMMAND_BUS_MASTER = 0x4;
const STATUS_ERRORS = 0xf900;
const BAR_IS_PORTS = 0x1;
/** Number of the expansion ROM's base address register, which is at 30h and has an enable bit of its own (§6.2.5.2). */
export const ROM_BAR = 8;
const ROM_ENABLE = 0x1;

/** The header that every function has (type 0). */
const header = (id: PciIdentity): PciRegister[] => [
  { offset: 0x00, size: 2, value: id.vendor },
  { offset: 0x02, size: 2, value: id.device },
  { offset: COMMAND, size: 2, ...id.command },
  { offset: 0x06, size: 2, value: id.status.value, clears: id.status.clears ?? STATUS_ERRORS },
  { offset: 0x08, size: 4, value: ((id.classCode << 8) | id.revision) >>> 0 },
  { offset: 0x0d, size: 1, value: 0, writable: 0xf8 },
  { offset: 0x0e, size: 1, value: id.multifunction ? 0x80 : 0 },
  { offset: 0x2c, size: 2, value: id.subsystem?.vendor ?? 0 },
  { offset: 0x2e, size: 2, value: id.subsystem?.device ?? 0 },
  { offset: INTERRUPT_LINE, size: 1, value: 0, writable: id.interruptPin ? 0xff : 0 },
  { offset: 0x3d, size: 1, value: id.interruptPin ?? 0 },
];

/** Address bits below the size are hard-wired: writing all ones and reading back tells the size (§6.2.5.1). All above can be written, of ports too: BIOS images expect it. */
const barRegister = ({ index, space, size }: PciBar): PciRegister => ({
  offset: BAR_0 + index * 4,
  size: 4,
  value: space === 'port' ? BAR_IS_PORTS : 0,
  writable: ((0x1_0000_0000 - size) | (index === ROM_BAR ? ROM_ENABLE : 0)) >>> 0,
});

export class PciFunction {
  readonly name: string;
  /** Called behind every write of the guest. */
  written: ((offset: number) => void) | undefined;
  readonly #bytes = new Uint8Array(256);
  readonly #writable = new Uint8Array(256);
  readonly #clears = new Uint8Array(256);
  readonly #registers: readonly PciRegister[];

  constructor(
    readonly identity: PciIdentity,
    readonly bars: readonly PciBar[] = [],
  ) {
    this.name = identity.name;
    this.#registers = [...header(identity), ...bars.map(barRegister), ...(identity.registers ?? [])];
    for (const { offset, size, writable = 0, clears = 0 } of this.#registers) {
      this.#put(this.#writable, offset, size, writable);
      this.#put(this.#clears, offset, size, clears);
    }
    this.reset();
  }

  #put(into: Uint8Array, offset: number, size: number, value: number): void {
    for (let i = 0; i < size; i++) into[offset + i] = value >>> (8 * i);
  }

  get command(): number {
    return this.read(COMMAND, 2);
  }

  read(offset: number, size: AccessSize): number {
    let value = 0;
    for (let i = 0; i < size; i++) value |= this.#bytes[(offset + i) & 0xff] << (8 * i);
    return value >>> 0;
  }

  write(offset: number, size: AccessSize, value: number): void {
    for (let i = 0; i < size; i++) {
      const at = (offset + i) & 0xff;
      const byte = (value >>> (8 * i)) & 0xff;
      this.#bytes[at] = ((this.#bytes[at] & ~this.#writable[at]) | (byte & this.#writable[at])) & ~(byte & this.#clears[at]);
    }
    this.written?.(offset);
  }

  /** Where a base address register decodes now; undefined while its space is disabled or it holds no address. */
  address(bar: PciBar): number | undefined {
    if (!(this.command & (bar.space === 'port' ? COMMAND_PORTS : COMMAND_MEMORY))) return undefined;
    const value = this.read(BAR_0 + bar.index * 4, 4);
    if (bar.index === ROM_BAR && !(value & ROM_ENABLE)) return undefined;
    const base = (value & -bar.size) >>> 0;
    // The CPU has 16 bits of port address.
    return base === 0 || (bar.space === 'port' && base > 0xffff) ? undefined : base;
  }

  reset(): void {
    this.#bytes.fill(0);
    for (const { offset, size, value } of this.#registers) this.#put(this.#bytes, offset, size, value);
  }

  save(): DeviceState {
    return { bytes: this.#bytes.slice() };
  }

  restore(state: DeviceState): void {
    this.#bytes.set(state.bytes as Uint8Array);
  }
}
