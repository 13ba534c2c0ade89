/**
 * The firmware configuration device of QEMU's PC: what a BIOS image asks of the machine it runs on.
 * Source: QEMU, docs/specs/fw_cfg. Region 0: selector (16 bits) at 0, data (8 bits) at 1; there is no DMA interface.
 */
import type { AccessSize, BusDevice, DeviceState } from './contract';

export const FW_CFG_SIZE = 2;

const KEY = { SIGNATURE: 0x00, ID: 0x01, RAM_SIZE: 0x03, PROCESSORS: 0x05, MAX_PROCESSORS: 0x0f, DIRECTORY: 0x19, FIRST_FILE: 0x20 } as const;
/** ID: the traditional interface only. */
const TRADITIONAL = 1;
/** Bit 14 asks to write, which nothing allows; it does not change what is read. */
const KEY_MASK = 0xbfff;
const NAME_LENGTH = 56;

export interface FirmwareFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

const little = (value: number, bytes: number): number[] => Array.from({ length: bytes }, (_, i) => Math.floor(value / 2 ** (8 * i)) & 0xff);
const big = (value: number, bytes: number): number[] => little(value, bytes).reverse();
const ascii = (text: string): number[] => [...text].map((character) => character.charCodeAt(0));

/** Count, then size, key and name of each file; big-endian. */
const directory = (files: readonly FirmwareFile[]): number[] => [
  ...big(files.length, 4),
  ...files.flatMap(({ name, bytes }, i) => [...big(bytes.length, 4), ...big(KEY.FIRST_FILE + i, 2), 0, 0, ...ascii(name.padEnd(NAME_LENGTH, '\0'))]),
];

/** `etc/e820`: RAM as it is; what is reserved in it is the firmware's business. */
export const ramMapFile = (ram: number): FirmwareFile => ({ name: 'etc/e820', bytes: Uint8Array.from([...little(0, 8), ...little(ram, 8), ...little(1, 4)]) });

export class FwCfg implements BusDevice {
  readonly name = 'fwCfg';
  readonly #items: ReadonlyMap<number, ArrayLike<number>>;
  #key = 0;
  #offset = 0;

  constructor(ram: number, files: readonly FirmwareFile[]) {
    const long = files.find(({ name }) => name.length >= NAME_LENGTH);
    if (long) throw new RangeError(`${long.name}: the name of a firmware file has at most ${NAME_LENGTH - 1} characters`);
    this.#items = new Map<number, ArrayLike<number>>([
      [KEY.SIGNATURE, ascii('QEMU')],
      [KEY.ID, little(TRADITIONAL, 4)],
      [KEY.RAM_SIZE, little(ram, 8)],
      [KEY.PROCESSORS, little(1, 2)],
      [KEY.MAX_PROCESSORS, little(1, 2)],
      [KEY.DIRECTORY, directory(files)],
      ...files.map(({ bytes }, i): [number, ArrayLike<number>] => [KEY.FIRST_FILE + i, bytes]),
    ]);
  }

  /** The next byte of the selected item; zeros behind its end. A 16-bit read at the selector is not defined: 0. */
  read(_region: number, offset: number, size: AccessSize): number {
    if (offset !== 1 || size !== 1) return 0;
    return this.#items.get(this.#key)?.[this.#offset++] ?? 0;
  }

  write(_region: number, offset: number, size: AccessSize, value: number): void {
    if (offset !== 0 || size === 1) return;
    this.#key = value & KEY_MASK;
    this.#offset = 0;
  }

  reset(): void {
    this.#key = 0;
    this.#offset = 0;
  }

  save(): DeviceState {
    return { key: this.#key, offset: this.#offset };
  }

  restore(state: DeviceState): void {
    this.#key = state.key as number;
    this.#offset = state.offset as number;
  }
}
