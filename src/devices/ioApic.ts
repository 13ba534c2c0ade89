/**
 * I/O APIC: 24 pins, each with a redirection entry that says which vector goes to whom.
 * Source: Intel 82093AA datasheet (290566). Region 0: index at 0, data window at 10h.
 */
import { ACTIVE_LOW, type ApicMessage, DELIVERY, LEVEL_TRIGGERED, LOGICAL_DESTINATION, MASKED, REMOTE_IRR, VECTOR_MASK, deliveryOf } from './apicMessage';
import type { AccessSize, BusDevice, DeviceState, IrqLine } from './contract';

export const IO_APIC_SIZE = 0x1000;
export const IO_APIC_PINS = 24;

export const IO_APIC_VERSION = 0x11;

const SELECT = 0x00;
const WINDOW = 0x10;
const REGISTER_ID = 0x00;
const REGISTER_VERSION = 0x01;
const REGISTER_ARBITRATION = 0x02;
const REDIRECTION_TABLE = 0x10;
/** In the low byte; the number of the last entry above. */
const VERSION = IO_APIC_VERSION | ((IO_APIC_PINS - 1) << 16);
/** Low half of an entry: delivery status (always idle here) and remote IRR are read-only. */
const ENTRY_WRITABLE = VECTOR_MASK | 0x700 | LOGICAL_DESTINATION | ACTIVE_LOW | LEVEL_TRIGGERED | MASKED;

export interface IoApicHost {
  /** Put a message on the APIC bus; true when a local APIC takes it. */
  send(message: ApicMessage): boolean;
}

export class IoApic implements BusDevice {
  readonly name = 'ioApic';
  #id = 0;
  #select = 0;
  readonly #low = new Uint32Array(IO_APIC_PINS);
  readonly #high = new Uint32Array(IO_APIC_PINS);
  /** Electrical levels, bit = pin. */
  #levels = 0;

  constructor(
    private readonly host: IoApicHost,
    private readonly powerOnId: number,
  ) {
    this.reset();
  }

  /** Input `pin`. `raise` is the high level: an active-low input asks while its line is low. */
  pin(pin: number): IrqLine {
    if (!Number.isInteger(pin) || pin < 0 || pin >= IO_APIC_PINS) throw new RangeError(`no I/O APIC pin ${pin}`);
    return { raise: () => this.#setLevel(pin, true), lower: () => this.#setLevel(pin, false) };
  }

  #isAsserted(pin: number): boolean {
    return ((this.#levels >>> pin) & 1) !== (this.#low[pin] & ACTIVE_LOW ? 1 : 0);
  }

  #setLevel(pin: number, level: boolean): void {
    const before = this.#isAsserted(pin);
    if (level) this.#levels |= 1 << pin;
    else this.#levels &= ~(1 << pin);
    if (this.#low[pin] & LEVEL_TRIGGERED) this.#serveLevel(pin);
    // An edge at a masked pin is lost.
    else if (!before && this.#isAsserted(pin) && !(this.#low[pin] & MASKED)) this.#send(pin);
  }

  /** A level-triggered pin asks again only after the EOI for its last request. */
  #serveLevel(pin: number): void {
    if (this.#low[pin] & (MASKED | REMOTE_IRR) || !(this.#low[pin] & LEVEL_TRIGGERED) || !this.#isAsserted(pin)) return;
    if (this.#send(pin)) this.#low[pin] |= REMOTE_IRR;
  }

  #send(pin: number): boolean {
    const low = this.#low[pin];
    const logical = (low & LOGICAL_DESTINATION) !== 0;
    const destination = (this.#high[pin] >>> 24) & (logical ? 0xff : 0x0f);
    const delivery = deliveryOf(low);
    const levelTriggered = (low & LEVEL_TRIGGERED) !== 0 && (delivery === DELIVERY.FIXED || delivery === DELIVERY.LOWEST);
    return this.host.send({ delivery, vector: low & VECTOR_MASK, levelTriggered, destination, logical });
  }

  /** The EOI message of a local APIC. */
  endOfInterrupt(vector: number): void {
    for (let pin = 0; pin < IO_APIC_PINS; pin++) {
      if (!(this.#low[pin] & REMOTE_IRR) || (this.#low[pin] & VECTOR_MASK) !== vector) continue;
      this.#low[pin] &= ~REMOTE_IRR;
      this.#serveLevel(pin);
    }
  }

  read(_region: number, offset: number, size: AccessSize): number {
    const value = (offset & ~3) === SELECT ? this.#select : (offset & ~3) === WINDOW ? this.#readRegister() : 0;
    const shifted = value >>> (8 * (offset & 3));
    return size === 4 ? shifted : shifted & (2 ** (8 * size) - 1);
  }

  /** The index takes any width; the window is a doubleword (datasheet, 3.1.2). */
  write(_region: number, offset: number, size: AccessSize, value: number): void {
    if (offset === SELECT) this.#select = value & 0xff;
    else if (offset === WINDOW && size === 4) this.#writeRegister(value);
  }

  /** Redirection entry that the index selects: pin, and which half. */
  get #selected(): { pin: number; high: boolean } | undefined {
    const n = this.#select - REDIRECTION_TABLE;
    return n >= 0 && n < 2 * IO_APIC_PINS ? { pin: n >> 1, high: (n & 1) !== 0 } : undefined;
  }

  #readRegister(): number {
    const entry = this.#selected;
    if (entry) return (entry.high ? this.#high : this.#low)[entry.pin];
    if (this.#select === REGISTER_VERSION) return VERSION;
    return this.#select === REGISTER_ID || this.#select === REGISTER_ARBITRATION ? this.#id << 24 : 0;
  }

  #writeRegister(value: number): void {
    const entry = this.#selected;
    if (!entry) {
      if (this.#select === REGISTER_ID) this.#id = (value >>> 24) & 15;
      return;
    }
    const { pin, high } = entry;
    if (high) {
      this.#high[pin] = value & 0xff00_0000;
      return;
    }
    // Turning a pin to edge and back clears remote IRR: how software gets a lost EOI out of the way.
    const kept = value & LEVEL_TRIGGERED ? this.#low[pin] & REMOTE_IRR : 0;
    this.#low[pin] = (value & ENTRY_WRITABLE) | kept;
    this.#serveLevel(pin);
  }

  /** All pins masked; the lines keep their levels. */
  reset(): void {
    this.#id = this.powerOnId;
    this.#select = 0;
    this.#low.fill(MASKED);
    this.#high.fill(0);
  }

  save(): DeviceState {
    return { id: this.#id, select: this.#select, low: [...this.#low], high: [...this.#high], levels: this.#levels };
  }

  restore(state: DeviceState): void {
    this.#id = state.id as number;
    this.#select = state.select as number;
    this.#low.set(state.low as number[]);
    this.#high.set(state.high as number[]);
    this.#levels = state.levels as number;
  }
}
