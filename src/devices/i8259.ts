/**
 * One 8259A programmable interrupt controller: requests, priorities, service. Source: Intel 8259A datasheet (231468).
 * In both trigger modes an input must stay high until the acknowledge; one that falls before gives the default IR7.
 */
import type { DeviceState } from './contract';

/** Where the PC wires the slave. */
export const CASCADE_INPUT = 2;
const ICW1_INIT = 0x10;
const ICW1_LEVEL = 0x08;
const ICW1_SINGLE = 0x02;
const ICW1_ICW4 = 0x01;
const ICW4_SFNM = 0x10;
const ICW4_AEOI = 0x02;
const OCW3_SELECT = 0x08;
const OCW3_ESMM = 0x40;
const OCW3_SMM = 0x20;
const OCW3_POLL = 0x04;
const OCW3_READ = 0x02;
const OCW3_READ_ISR = 0x01;

/** OCW2 bits 7..5: R (rotate), SL (specific level), EOI. */
const enum Ocw2 {
  RotateAeoiClear = 0,
  Eoi = 1,
  SpecificEoi = 3,
  RotateAeoiSet = 4,
  RotateEoi = 5,
  SetPriority = 6,
  RotateSpecificEoi = 7,
}

export class I8259 {
  irr = 0;
  isr = 0;
  imr = 0;
  /** Input levels. */
  lines = 0;
  elcr = 0;
  /** Vector bits 7..3. */
  base = 0;
  /** Input with the lowest priority. */
  lowest = 7;
  /** Next initialization word expected: 0 when operating. */
  expect = 0;
  icw1 = 0;
  icw4 = 0;
  specialMask = 0;
  rotateOnAeoi = 0;
  readIsr = 0;
  poll = 0;

  constructor(readonly master: boolean) {}

  setLine(input: number, level: boolean): void {
    const mask = 1 << input;
    if (level) {
      if (this.levelTriggered(mask) || !(this.lines & mask)) this.irr |= mask;
      this.lines |= mask;
    } else {
      this.lines &= ~mask;
      this.irr &= ~mask;
    }
  }

  /** A level input that is high asks from now on; an edge that was seen stays requested. */
  setElcr(value: number): void {
    this.elcr = value;
    for (let mask = 1; mask < 0x100; mask <<= 1) if (this.levelTriggered(mask)) this.irr |= this.lines & mask;
  }

  /** Whether the slave answers the acknowledge of `input`. */
  cascades(input: number): boolean {
    return this.master && input === CASCADE_INPUT && !(this.icw1 & ICW1_SINGLE);
  }

  levelTriggered(mask: number): boolean {
    return (this.elcr & mask) !== 0 || (this.icw1 & ICW1_LEVEL) !== 0;
  }

  /** The input that wins arbitration, or -1: higher in priority than everything in service. */
  winner(): number {
    const requests = this.irr & ~this.imr;
    if (!requests) return -1;
    for (let i = 1; i <= 8; i++) {
      const input = (this.lowest + i) & 7;
      const mask = 1 << input;
      if (this.specialMask) {
        // Special mask mode: only the same level is inhibited by its own service bit.
        if (requests & mask && !(this.isr & mask)) return input;
        continue;
      }
      // Special fully nested: a slave in service may interrupt again.
      const nested = this.icw4 & ICW4_SFNM && this.cascades(input);
      if (requests & mask && (nested || !(this.isr & mask))) return input;
      if (this.isr & mask) return -1;
    }
    return -1;
  }

  /** First INTA pulse for `input`. */
  enterService(input: number): void {
    const mask = 1 << input;
    if (!this.levelTriggered(mask)) this.irr &= ~mask;
    if (this.icw4 & ICW4_AEOI) {
      if (this.rotateOnAeoi) this.lowest = input;
    } else this.isr |= mask;
  }

  #endOfInterrupt(rotate: boolean): void {
    for (let i = 1; i <= 8; i++) {
      const input = (this.lowest + i) & 7;
      const mask = 1 << input;
      // A level masked under special mask mode is not cleared by a non-specific EOI.
      if (!(this.isr & mask) || (this.specialMask && this.imr & mask)) continue;
      this.isr &= ~mask;
      if (rotate) this.lowest = input;
      return;
    }
  }

  #ocw2(value: number): void {
    const level = value & 7;
    switch (value >> 5) {
      case Ocw2.RotateAeoiClear:
        this.rotateOnAeoi = 0;
        break;
      case Ocw2.RotateAeoiSet:
        this.rotateOnAeoi = 1;
        break;
      case Ocw2.Eoi:
        this.#endOfInterrupt(false);
        break;
      case Ocw2.RotateEoi:
        this.#endOfInterrupt(true);
        break;
      case Ocw2.SpecificEoi:
        this.isr &= ~(1 << level);
        break;
      case Ocw2.RotateSpecificEoi:
        this.isr &= ~(1 << level);
        this.lowest = level;
        break;
      case Ocw2.SetPriority:
        this.lowest = level;
        break;
    }
  }

  #ocw3(value: number): void {
    if (value & OCW3_ESMM) this.specialMask = value & OCW3_SMM ? 1 : 0;
    if (value & OCW3_POLL) this.poll = 1;
    else if (value & OCW3_READ) this.readIsr = value & OCW3_READ_ISR;
  }

  #icw1(value: number): void {
    this.icw1 = value;
    this.imr = 0;
    this.isr = 0;
    // The edge sense circuit is reset: an input must rise again. Level inputs keep asking.
    this.irr = 0;
    for (let i = 0; i < 8; i++) if (this.levelTriggered(1 << i)) this.irr |= this.lines & (1 << i);
    this.lowest = 7;
    this.specialMask = 0;
    this.readIsr = 0;
    this.poll = 0;
    if (!(value & ICW1_ICW4)) this.icw4 = 0;
    this.rotateOnAeoi = 0;
    this.expect = 2;
  }

  write(offset: number, value: number): void {
    if (offset === 0) {
      if (value & ICW1_INIT) this.#icw1(value);
      else if (value & OCW3_SELECT) this.#ocw3(value);
      else this.#ocw2(value);
      return;
    }
    const after3 = this.icw1 & ICW1_ICW4 ? 4 : 0;
    switch (this.expect) {
      case 2:
        this.base = value & 0xf8;
        this.expect = this.icw1 & ICW1_SINGLE ? after3 : 3;
        break;
      case 3:
        this.expect = after3; // the PC wires the cascade on input 2, whatever ICW3 says
        break;
      case 4:
        this.icw4 = value;
        this.expect = 0;
        break;
      default:
        this.imr = value;
    }
  }

  /** Poll command: the read acts as INTA; bit 7 says whether there was a request, bits 2..0 which. */
  #readPoll(): number {
    this.poll = 0;
    const input = this.winner();
    if (input < 0) return 0;
    this.enterService(input);
    return 0x80 | input;
  }

  read(offset: number): number {
    if (this.poll) return this.#readPoll();
    return offset === 1 ? this.imr : this.readIsr ? this.isr : this.irr;
  }

  reset(): void {
    Object.assign(this, new I8259(this.master), { lines: this.lines, imr: 0xff });
  }

  save(): DeviceState {
    return { ...this } as unknown as DeviceState;
  }
}
