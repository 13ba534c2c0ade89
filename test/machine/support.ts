/** A board with flat RAM, and a firmware context over a plain register table. */
import type { Bus } from '../../src/devices/bus';
import { GuestClock } from '../../src/devices/clock';
import type { PhysicalMemory } from '../../src/devices/contract';
import { DiskImage } from '../../src/devices/diskImage';
import { Board, type BoardOptions } from '../../src/machine/board';
import { said } from '../../src/machine/firmware/service';
import type { FirmwareContext } from '../../src/vmm/firmwareContext';

export class FlatMemory implements PhysicalMemory {
  readonly bytes: Uint8Array;

  constructor(readonly size: number) {
    this.bytes = new Uint8Array(size);
  }

  read8(address: number): number {
    return this.bytes[address] ?? 0xff;
  }

  write8(address: number, value: number): void {
    if (address < this.size) this.bytes[address] = value;
  }

  readBytes(address: number, length: number): Uint8Array {
    return Uint8Array.from({ length }, (_, i) => this.read8(address + i));
  }

  writeBytes(address: number, bytes: Uint8Array): void {
    for (const [i, byte] of bytes.entries()) this.write8(address + i, byte);
  }
}

/** Real-mode registers by name, with the halves of eax..edx. */
export class Registers {
  readonly #values = new Map<string, number>();

  read(name: string): number {
    if (/^[abcd]l$/.test(name)) return this.read(`e${name[0]}x`) & 0xff;
    if (/^[abcd]h$/.test(name)) return (this.read(`e${name[0]}x`) >>> 8) & 0xff;
    if (/^([abcd]x|[sb]p|[sd]i)$/.test(name)) return this.read(`e${name}`) & 0xffff;
    return this.#values.get(name) ?? 0;
  }

  write(name: string, value: number): void {
    const merge = (whole: string, mask: number, shift: number) => this.write(whole, (this.read(whole) & ~(mask << shift)) | ((value & mask) << shift));
    if (/^[abcd]l$/.test(name)) merge(`e${name[0]}x`, 0xff, 0);
    else if (/^[abcd]h$/.test(name)) merge(`e${name[0]}x`, 0xff, 8);
    else if (/^([abcd]x|[sb]p|[sd]i)$/.test(name)) merge(`e${name}`, 0xffff, 0);
    else this.#values.set(name, value >>> 0);
  }
}

export interface Outcome {
  readonly flags: Record<string, boolean | undefined>;
  retry: boolean;
  jump: string | undefined;
  sentence: string;
}

export const makeMachine = (images: { number: number; image: DiskImage }[] = [], ram = 16 << 20, options: Partial<BoardOptions> = {}) => {
  const clock = new GuestClock();
  const memory = new FlatMemory(ram);
  const log: string[] = [];
  const board = new Board({
    clock,
    memory,
    drives: images,
    videoMemory: new Uint8Array(1 << 20),
    ...options,
    host: { onIntr: () => log.push('intr'), onExit: (code) => log.push(`exit ${code}`), onReset: () => log.push('reset'), setA20: (on) => log.push(`a20 ${on}`) },
  });
  board.powerOn();
  log.length = 0;
  const registers = new Registers();
  /** Call service `vector` with these registers. */
  const call = (vector: number, values: Record<string, number> = {}): Outcome => {
    const outcome: Outcome = { flags: {}, retry: false, jump: undefined, sentence: '' };
    for (const [name, value] of Object.entries(values)) registers.write(name, value);
    const context: FirmwareContext = {
      read: (name) => registers.read(name),
      write: (name, value) => registers.write(name, value),
      setReturnFlag: (flag, on) => void (outcome.flags[flag] = on),
      memory,
      physical: (selector, offset) => selector * 16 + offset,
      retryAfterInterrupt: () => void (outcome.retry = true),
      setA20: (on) => board.setA20(on),
      get a20() {
        return board.a20;
      },
      jump: (selector, offset) => void (outcome.jump = `${selector.toString(16)}:${offset.toString(16)}`),
      now: () => clock.now(),
    };
    outcome.sentence = said(board.firmware.call(vector, context));
    return outcome;
  };
  /** Serve interrupts as the CPU would, until `time`. */
  const runUntil = (time: number): number[] => {
    const vectors: number[] = [];
    for (;;) {
      while (board.pic.pending) {
        const vector = board.pic.acknowledge();
        vectors.push(vector);
        call(vector);
        if (vector === 8) call(0xf8);
      }
      const due = clock.nextDue();
      if (due === undefined || due > time) break;
      clock.advanceTo(due);
    }
    clock.advanceTo(time);
    return vectors;
  };
  return { clock, memory, board, bus: board.bus as Bus, registers, call, log, runUntil };
};

export const bootable = (size = 512): Uint8Array => {
  const bytes = new Uint8Array(size);
  bytes[510] = 0x55;
  bytes[511] = 0xaa;
  return bytes;
};

export const floppy = (bytes = bootable()) => ({ number: 0, image: new DiskImage(bytes, 'floppy') });
export const hardDisk = (bytes = bootable(1 << 20)) => ({ number: 0x80, image: new DiskImage(bytes, 'hardDisk') });
export const cd = (bytes: Uint8Array = new Uint8Array(64 * 2048)) => ({ number: 0xe0, image: new DiskImage(bytes, 'cdrom') });

/** An ISO 9660 image with an El Torito boot record, as far as a BIOS looks: the boot image is at sector 20, `code` its beginning. */
export const makeIso = (code: Uint8Array, { media = 0, segment = 0, count = 4, sectors = 64 } = {}): Uint8Array => {
  const bytes = new Uint8Array(sectors * 2048);
  const view = new DataView(bytes.buffer);
  const text = (at: number, value: string) => bytes.set(new TextEncoder().encode(value), at);
  bytes[16 * 2048] = 1;
  text(16 * 2048 + 1, 'CD001');
  text(17 * 2048 + 1, 'CD001');
  text(17 * 2048 + 7, 'EL TORITO SPECIFICATION');
  view.setUint32(17 * 2048 + 0x47, 19, true);
  const catalog = 19 * 2048;
  bytes[catalog] = 1;
  view.setUint16(catalog + 28, 0x10000 - 0xaa55 - 1, true); // the words' sum is 0
  view.setUint16(catalog + 30, 0xaa55, true);
  bytes[catalog + 32] = 0x88;
  bytes[catalog + 33] = media;
  view.setUint16(catalog + 34, segment, true);
  view.setUint16(catalog + 38, count, true);
  view.setUint32(catalog + 40, 20, true);
  bytes.set(code, 20 * 2048);
  return bytes;
};
