/**
 * What a device is to the machine. A device speaks in offsets inside its own regions; it knows neither
 * its address nor its neighbours. The driver table in `machine` says where each one sits.
 */

/** Width of one access, in bytes. */
export type AccessSize = 1 | 2 | 4;

/** Port I/O space (16-bit addresses) or guest-physical memory space (32-bit addresses). */
export type AddressSpace = 'port' | 'memory';

/** JSON-compatible device state. Typed arrays are allowed: snapshots copy them. */
export type DeviceState = { [key: string]: number | boolean | string | null | number[] | Uint8Array | Uint8Array[] | DeviceState | DeviceState[] };

export interface BusDevice {
  /** Short unique name, e.g. `pic0`, `uart0`: what logs, views and snapshots call it. */
  readonly name: string;
  /** Read `size` bytes at `offset` of region `region`; returns an unsigned value. */
  read(region: number, offset: number, size: AccessSize): number;
  /** Write the unsigned `value`, `size` bytes wide, at `offset` of region `region`. */
  write(region: number, offset: number, size: AccessSize, value: number): void;
  /** Would reading a byte here have no effect, and give the same again until somebody accesses a device in another way, or a timer expires? */
  isSteady?(region: number, offset: number): boolean;
  /** Does a byte written here do no more than be what is read here? Nothing else that is steady may depend on it. */
  isPlain?(region: number, offset: number): boolean;
  /** Power-on state. */
  reset(): void;
  save(): DeviceState;
  restore(state: DeviceState): void;
}

/** One wire from a device to an interrupt controller input. Level: stays until lowered; an edge is raise() then lower(). */
export interface IrqLine {
  raise(): void;
  lower(): void;
}

/** A cancellable appointment on the VM's clock. */
export interface Timer {
  /** Fire at guest time `at` (nanoseconds, see Clock.now); replaces an earlier appointment. */
  arm(at: number): void;
  disarm(): void;
  /** Guest time of the appointment, or undefined. */
  readonly due: number | undefined;
}

/**
 * Guest time: a function of retired instructions (and of time skipped while halted), never of the host's clock.
 * All times are integer nanoseconds of guest time, exact below 2^53.
 */
export interface Clock {
  now(): number;
  /** A timer calls `expired(now)` on the run loop, between two instructions. Timers due at one time fire in creation order. */
  createTimer(name: string, expired: (now: number) => void): Timer;
}

/** DMA-capable or memory-watching devices get this view of guest-physical memory. Reads beyond RAM give FFh; writes there vanish. */
export interface PhysicalMemory {
  /** Bytes of RAM. */
  readonly size: number;
  read8(address: number): number;
  write8(address: number, value: number): void;
  readBytes(address: number, length: number): Uint8Array;
  writeBytes(address: number, bytes: Uint8Array): void;
}
