/**
 * Routes port I/O and memory-mapped accesses to devices. Overlaps and empty regions are refused when attached;
 * an unclaimed read gives all ones (the open bus) and is reported once per address.
 */
import { Emitter, type Disposable } from '../base/events';
import { hexh, sizeMask } from '../base/bits';
import type { AccessSize, AddressSpace, BusDevice } from './contract';

interface Region {
  readonly device: BusDevice;
  readonly index: number;
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
}

/** One device access, for watchers (`port:0x60` breakpoints, device views). */
export interface BusAccess {
  readonly space: AddressSpace;
  readonly address: number;
  readonly size: AccessSize;
  readonly write: boolean;
  readonly value: number;
  /** Name of the device that answered; undefined for the open bus. */
  readonly device: string | undefined;
}

/** A guest that clears memory it does not have is told often enough. */
const MOST_REPORTED = 4096;

export class Bus {
  readonly accesses = new Emitter<BusAccess>();
  /** First access to each unclaimed address: `port 0x2f read`. */
  readonly unclaimed = new Emitter<string>();
  readonly #ports: (Region | undefined)[] = new Array<Region | undefined>(0x10000);
  readonly #memory: Region[] = [];
  /** Accesses as numbers: a guest may make any amount of them. */
  readonly #reported = new Set<number>();

  constructor(readonly limits = { ports: 0x10000, memory: 0x1_0000_0000 }) {}

  /** Attach region `index` of `device` at [start, start + length). Throws RangeError on overlap, an empty region, or one beyond the space. */
  attach(space: AddressSpace, start: number, length: number, device: BusDevice, index = 0): Disposable {
    const end = start + length;
    const limit = space === 'port' ? this.limits.ports : this.limits.memory;
    if (!(length > 0) || start < 0 || end > limit) throw new RangeError(`${device.name}: ${space} region ${hexh(start)}+${length} is empty or outside the address space`);
    const region: Region = { device, index, start, end };
    const other = space === 'port' ? this.#ports.slice(start, end).find((r) => r) : this.#memory.find((r) => r.start < end && start < r.end);
    if (other) throw new RangeError(`${device.name}: ${space} region ${hexh(start)}..${hexh(end - 1)} overlaps ${other.device.name}`);
    if (space === 'port') this.#ports.fill(region, start, end);
    else {
      this.#memory.push(region);
      this.#memory.sort((a, b) => a.start - b.start);
    }
    return {
      dispose: () => {
        if (space === 'port') this.#ports.fill(undefined, start, end);
        else this.#memory.splice(this.#memory.indexOf(region), 1);
      },
    };
  }

  /** The memory-mapped region that holds `address`, if any: [start, end). */
  memoryRegion(address: number): { start: number; end: number; device: string } | undefined {
    const region = this.#find('memory', address);
    return region && { start: region.start, end: region.end, device: region.device.name };
  }

  /** `read` of the port space, which guests poll: the ordinary course first. */
  readPort(port: number, size: AccessSize): number {
    const region = this.#ports[port];
    if (region === undefined || port + size > region.end || this.accesses.watched) return this.read('port', port, size);
    return region.device.read(region.index, port - region.start, size) >>> 0;
  }

  writePort(port: number, size: AccessSize, value: number): void {
    const region = this.#ports[port];
    if (region === undefined || port + size > region.end || this.accesses.watched) this.write('port', port, size, value);
    else region.device.write(region.index, port - region.start, size, value >>> 0);
  }

  /** See BusDevice; never while somebody watches accesses. */
  isSteadyPort(port: number): boolean {
    const region = this.#ports[port];
    return region?.device.isSteady !== undefined && !this.accesses.watched && region.device.isSteady(region.index, port - region.start);
  }

  isPlainPort(port: number): boolean {
    const region = this.#ports[port];
    return region?.device.isPlain !== undefined && !this.accesses.watched && region.device.isPlain(region.index, port - region.start);
  }

  read(space: AddressSpace, address: number, size: AccessSize): number {
    const region = this.#find(space, address);
    let value: number;
    if (!region) {
      this.#reportOnce(space, address, false);
      value = sizeMask(size);
    } else if (address + size > region.end) {
      // An access that straddles two regions is split into bytes, as an 8-bit bus would.
      value = 0;
      for (let i = 0; i < size; i++) value |= this.read(space, address + i, 1) << (8 * i);
    } else value = region.device.read(region.index, address - region.start, size);
    value >>>= 0;
    if (this.accesses.watched) this.accesses.fire({ space, address, size, write: false, value, device: region?.device.name });
    return value;
  }

  write(space: AddressSpace, address: number, size: AccessSize, value: number): void {
    const region = this.#find(space, address);
    if (this.accesses.watched) this.accesses.fire({ space, address, size, write: true, value: value >>> 0, device: region?.device.name });
    if (!region) this.#reportOnce(space, address, true);
    else if (address + size > region.end) for (let i = 0; i < size; i++) this.write(space, address + i, 1, (value >>> (8 * i)) & 0xff);
    else region.device.write(region.index, address - region.start, size, value >>> 0);
  }

  #find(space: AddressSpace, address: number): Region | undefined {
    if (space === 'port') return this.#ports[address];
    for (const region of this.#memory) if (address >= region.start && address < region.end) return region;
    return undefined;
  }

  #reportOnce(space: AddressSpace, address: number, write: boolean): void {
    const access = 4 * address + (space === 'port' ? 2 : 0) + (write ? 1 : 0);
    if (this.#reported.size > MOST_REPORTED || this.#reported.has(access)) return;
    this.#reported.add(access);
    this.unclaimed.fire(`${space} ${hexh(address)} ${write ? 'write' : 'read'}`);
  }
}
