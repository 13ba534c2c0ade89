/**
 * MC146818 real-time clock with the PC/AT's CMOS memory. The time is a fixed start date plus guest time.
 * Source: Motorola MC146818 datasheet; IBM PC/AT Technical Reference for the CMOS bytes.
 * Region 0: index (70h; bit 7 masks NMI) and value (71h).
 */
import { ByteDevice } from './byteDevice';
import type { Clock, DeviceState, IrqLine, Timer } from './contract';

const SECONDS = 0x00;
const MINUTES = 0x02;
const HOURS = 0x04;
const WEEKDAY = 0x06;
const DAY = 0x07;
const MONTH = 0x08;
const YEAR = 0x09;
const REGISTER_A = 0x0a;
const REGISTER_B = 0x0b;
const REGISTER_C = 0x0c;
const REGISTER_D = 0x0d;
const CENTURY = 0x32;
const TIME_REGISTERS = [SECONDS, MINUTES, HOURS, WEEKDAY, DAY, MONTH, YEAR, CENTURY];

const A_UPDATE_IN_PROGRESS = 0x80;
/** Both bits set: the divider chain is held in reset, and the first update comes half a second after it. */
const A_DIVIDER_RESET = 0x60;
const B_SET = 0x80;
const B_PERIODIC = 0x40;
const B_ALARM = 0x20;
const B_UPDATE = 0x10;
const B_SQUARE_WAVE = 0x08;
const B_BINARY = 0x04;
const B_24_HOURS = 0x02;
const C_IRQ = 0x80;
const D_VALID = 0x80;
const ALARM_ANY = 0xc0;

const SECOND = 1_000_000_000;
/** The bit is set 244 microseconds before an update cycle of 1984 (datasheet, "Update Cycle", 32.768 kHz). */
const UPDATE_NS = 244_000 + 1_984_000;
const RTC_HZ = 32768;
const DAY_SECONDS = 86_400;

const timeOfDay = (seconds: number): { hours: number; minutes: number; seconds: number } => {
  const day = ((seconds % DAY_SECONDS) + DAY_SECONDS) % DAY_SECONDS;
  return { hours: Math.floor(day / 3600), minutes: Math.floor(day / 60) % 60, seconds: day % 60 };
};

/** Why the processor is reset, for the BIOS: where to go on instead of the power-on self test. */
export const SHUTDOWN_STATUS = 0x0f;
/** Equipment: coprocessor, 80-column colour display; floppy drives, if any. */
const EQUIPMENT = 0x22;
const HAS_FLOPPY = 0x01;

/** Hard disk type whose parameters are given elsewhere. */
const USER_TYPE = 47;

export interface CmosOptions {
  /** Date and time at guest time 0, milliseconds since 1970 as UTC. */
  readonly start: number;
  /** Bytes of RAM. */
  readonly memory: number;
  /** Types of drive 0 (high half) and 1; 0: none. */
  readonly floppyTypes?: number;
  /** How many there are: types beyond 15, the rest is in the disk itself. */
  readonly hardDisks?: number;
  /** Boot order, up to three: 1 floppy, 2 hard disk, 3 CD. */
  readonly boot?: readonly number[];
}

export class Cmos extends ByteDevice {
  readonly name = 'cmos';
  readonly #ram = new Uint8Array(128);
  readonly #periodic: Timer;
  readonly #second: Timer;
  #index = 0;
  /** Calendar seconds (UTC) at guest time `#baseAt`. */
  #base = 0;
  #baseAt = 0;
  /** Nothing counts: the time registers are memory, until they become the calendar. */
  #held = false;
  /** Days that the weekday register is ahead of the calendar. */
  #weekdayShift = 0;
  /** Guest time up to which register C has the flags without interrupt. */
  #flagsSeen = 0;

  constructor(
    private readonly clock: Clock,
    private readonly irq: IrqLine,
    private readonly options: CmosOptions,
  ) {
    super();
    this.#periodic = clock.createTimer('cmos.periodic', (now) => this.#onPeriodic(now));
    this.#second = clock.createTimer('cmos.second', () => this.#onSecond());
    this.#base = Math.floor(options.start / 1000);
    this.reset();
  }

  /** Register 0Fh. */
  get shutdownStatus(): number {
    return this.#ram[SHUTDOWN_STATUS];
  }

  get nmiMasked(): boolean {
    return (this.#index & 0x80) !== 0;
  }

  #seconds(): number {
    return this.#base + Math.floor((this.clock.now() - this.#baseAt) / SECOND);
  }

  get #dividerReset(): boolean {
    return (this.#ram[REGISTER_A] & A_DIVIDER_RESET) === A_DIVIDER_RESET;
  }

  /** Period in ns by register A's rate bits; 0 when off. Rates 1 and 2 are those of 8 and 9. */
  #period(): number {
    const rate = this.#ram[REGISTER_A] & 15;
    if (!rate || this.#dividerReset) return 0;
    return Math.round((SECOND * 2 ** ((rate < 3 ? rate + 7 : rate) - 1)) / RTC_HZ);
  }

  #encode(value: number): number {
    return (this.#ram[REGISTER_B] & B_BINARY ? value : Math.floor(value / 10) * 16 + (value % 10)) & 0xff;
  }

  #decode(value: number): number {
    return this.#ram[REGISTER_B] & B_BINARY ? value : (value >> 4) * 10 + (value & 15);
  }

  #encodeHours(hours: number): number {
    if (this.#ram[REGISTER_B] & B_24_HOURS) return this.#encode(hours);
    return this.#encode(hours % 12 || 12) | (hours >= 12 ? 0x80 : 0);
  }

  #decodeHours(value: number): number {
    if (this.#ram[REGISTER_B] & B_24_HOURS) return this.#decode(value);
    return (this.#decode(value & 0x7f) % 12) + (value & 0x80 ? 12 : 0);
  }

  #timeRegister(register: number): number {
    const date = new Date(this.#seconds() * 1000);
    switch (register) {
      case SECONDS:
        return this.#encode(date.getUTCSeconds());
      case MINUTES:
        return this.#encode(date.getUTCMinutes());
      case HOURS:
        return this.#encodeHours(date.getUTCHours());
      case WEEKDAY:
        return this.#encode(((date.getUTCDay() + this.#weekdayShift) % 7) + 1);
      case DAY:
        return this.#encode(date.getUTCDate());
      case MONTH:
        return this.#encode(date.getUTCMonth() + 1);
      case YEAR:
        return this.#encode(date.getUTCFullYear() % 100);
      default:
        return this.#encode(Math.floor(date.getUTCFullYear() / 100));
    }
  }

  #latchCalendar(): void {
    for (const register of TIME_REGISTERS) this.#ram[register] = this.#timeRegister(register);
  }

  /** What the time registers hold becomes the calendar. Values that no clock shows carry into the next field. */
  #startCalendar(): void {
    const ram = this.#ram;
    const value = (register: number) => this.#decode(ram[register]);
    const date = new Date(0);
    date.setUTCFullYear(value(CENTURY) * 100 + value(YEAR), value(MONTH) - 1, value(DAY));
    date.setUTCHours(this.#decodeHours(ram[HOURS]), value(MINUTES), value(SECONDS));
    const passed = this.clock.now() - this.#baseAt;
    this.#base = Math.max(0, Math.floor(date.getTime() / 1000));
    this.#baseAt += Math.floor(passed / SECOND) * SECOND; // the divider counts on
    this.#weekdayShift = (value(WEEKDAY) + 6 + 7 - new Date(this.#base * 1000).getUTCDay()) % 7;
  }

  #setTimeRegister(register: number, value: number): void {
    if (this.#held) this.#ram[register] = value;
    else {
      this.#latchCalendar();
      this.#ram[register] = value;
      this.#startCalendar();
    }
  }

  /** SET or the divider's reset stop the clock, or let it go on. */
  #writeControl(register: typeof REGISTER_A | typeof REGISTER_B, value: number): void {
    const ram = this.#ram;
    this.#settleFlags();
    const dividing = !this.#dividerReset;
    const holds = (a: number, b: number) => (b & B_SET) !== 0 || (a & A_DIVIDER_RESET) === A_DIVIDER_RESET;
    const hold = register === REGISTER_A ? holds(value, ram[REGISTER_B]) : holds(ram[REGISTER_A], value);
    if (hold && !this.#held) this.#latchCalendar();
    ram[register] = value;
    if (!dividing && !this.#dividerReset) this.#baseAt = this.clock.now() - SECOND / 2;
    if (!hold && this.#held) this.#startCalendar();
    this.#held = hold;
    this.#updateIrq();
  }

  #flag(flag: number): void {
    this.#ram[REGISTER_C] |= flag;
    this.#updateIrq();
  }

  /** Flags that are set count as soon as their interrupt is enabled. */
  #updateIrq(): void {
    const ram = this.#ram;
    const wanted = (ram[REGISTER_C] & ram[REGISTER_B] & (B_PERIODIC | B_ALARM | B_UPDATE)) !== 0;
    ram[REGISTER_C] = (ram[REGISTER_C] & ~C_IRQ) | (wanted ? C_IRQ : 0);
    if (wanted) this.irq.raise();
    else this.irq.lower();
  }

  #onPeriodic(now: number): void {
    this.#flag(B_PERIODIC);
    this.#schedule(now);
  }

  #onSecond(): void {
    if (!this.#held) {
      this.#flag(B_UPDATE);
      if (this.#alarmMatches(this.#seconds())) this.#flag(B_ALARM);
    }
    this.#schedule(this.clock.now());
  }

  /** Two ones at the top of an alarm register match anything. */
  #alarmMatches(seconds: number): boolean {
    const { hours, minutes, seconds: second } = timeOfDay(seconds);
    const matches = (register: number, value: number) => (this.#ram[register + 1] & ALARM_ANY) === ALARM_ANY || this.#ram[register + 1] === value;
    return matches(SECONDS, this.#encode(second)) && matches(MINUTES, this.#encode(minutes)) && matches(HOURS, this.#encodeHours(hours));
  }

  /** Did the alarm go off in the calendar seconds after `from`, up to `to`? It does so at least once a day, or never. */
  #alarmBetween(from: number, to: number): boolean {
    for (let second = Math.max(from, to - DAY_SECONDS) + 1; second <= to; second++) if (this.#alarmMatches(second)) return true;
    return false;
  }

  /** Timers run only for interrupts somebody wants; the flags of register C are otherwise worked out when read. */
  #schedule(now: number): void {
    const b = this.#ram[REGISTER_B];
    const period = this.#period();
    if (b & B_PERIODIC && period) this.#periodic.arm((Math.floor(now / period) + 1) * period);
    else this.#periodic.disarm();
    if (b & (B_ALARM | B_UPDATE)) this.#second.arm(this.#baseAt + (Math.floor((now - this.#baseAt) / SECOND) + 1) * SECOND);
    else this.#second.disarm();
  }

  /** Put the flags nobody waited for into register C. */
  #settleFlags(): void {
    const now = this.clock.now();
    const b = this.#ram[REGISTER_B];
    const period = this.#period();
    let flags = 0;
    if (!(b & B_PERIODIC) && period && Math.floor(now / period) !== Math.floor(this.#flagsSeen / period)) flags |= B_PERIODIC;
    const [from, to] = [this.#flagsSeen, now].map((time) => Math.floor((time - this.#baseAt) / SECOND));
    if (!(b & (B_UPDATE | B_ALARM)) && !this.#held && from !== to) {
      flags |= B_UPDATE;
      if (this.#alarmBetween(this.#base + Math.max(from, 0), this.#base + to)) flags |= B_ALARM;
    }
    this.#flagsSeen = now;
    this.#ram[REGISTER_C] |= flags;
  }

  #readFlags(): number {
    this.#settleFlags();
    const flags = this.#ram[REGISTER_C];
    this.#ram[REGISTER_C] = 0;
    this.irq.lower();
    return flags;
  }

  protected readByte(_region: number, offset: number): number {
    if (offset === 0) return 0xff; // the index is write-only
    const register = this.#index & 0x7f;
    if (TIME_REGISTERS.includes(register) && !this.#held) return this.#timeRegister(register);
    if (register === REGISTER_C) return this.#readFlags();
    if (register === REGISTER_A) {
      const untilUpdate = SECOND - ((this.clock.now() - this.#baseAt) % SECOND);
      return this.#ram[REGISTER_A] | (!this.#held && untilUpdate <= UPDATE_NS ? A_UPDATE_IN_PROGRESS : 0);
    }
    return this.#ram[register];
  }

  protected writeByte(_region: number, offset: number, value: number): void {
    if (offset === 0) {
      this.#index = value;
      return;
    }
    const register = this.#index & 0x7f;
    if (TIME_REGISTERS.includes(register)) this.#setTimeRegister(register, value);
    else if (register === REGISTER_A) this.#writeControl(REGISTER_A, value & 0x7f);
    else if (register === REGISTER_B) this.#writeControl(REGISTER_B, value & B_SET ? value & ~B_UPDATE : value);
    else if (register !== REGISTER_C && register !== REGISTER_D) this.#ram[register] = value;
    if (register <= REGISTER_B || register === CENTURY) this.#schedule(this.clock.now());
  }

  /** Battery-backed: a reset keeps time and memory and disables the interrupts. */
  reset(): void {
    const ram = this.#ram;
    const kib = this.options.memory >>> 10;
    const extended = Math.max(0, kib - 1024);
    const above16 = Math.max(0, kib - 16384) >> 6;
    const word = (low: number, value: number) => {
      ram[low] = value & 0xff;
      ram[low + 1] = value >> 8;
    };
    if (!ram[REGISTER_D]) {
      ram[REGISTER_A] = 0x26; // 32.768 kHz time base, 1024 Hz periodic rate
      ram[REGISTER_B] = B_24_HOURS;
      ram[REGISTER_D] = D_VALID;
      const floppies = this.options.floppyTypes ?? 0x40;
      ram[0x10] = floppies;
      const disks = this.options.hardDisks ?? 0;
      ram[0x12] = (disks > 0 ? 0xf0 : 0) | (disks > 1 ? 0x0f : 0);
      ram[0x19] = disks > 0 ? USER_TYPE : 0;
      ram[0x1a] = disks > 1 ? USER_TYPE : 0;
      const [first = 0, second = 0, third = 0] = this.options.boot ?? [];
      ram[0x3d] = first | (second << 4);
      ram[0x38] = (third << 4) | 1; // a floppy boots without the signature 55 AA too
      const drives = (floppies >> 4 ? 1 : 0) + (floppies & 15 ? 1 : 0);
      ram[0x14] = EQUIPMENT | (drives ? HAS_FLOPPY | ((drives - 1) << 6) : 0);
      word(0x15, 640);
      word(0x17, Math.min(extended, 0xffff));
      word(0x30, Math.min(extended, 0xffff));
      word(0x34, Math.min(above16, 0xffff));
      const sum = ram.subarray(0x10, 0x2e).reduce((a, b) => a + b, 0);
      ram[0x2e] = sum >> 8;
      ram[0x2f] = sum & 0xff;
    }
    ram[REGISTER_B] &= ~(B_PERIODIC | B_ALARM | B_UPDATE | B_SQUARE_WAVE);
    ram[REGISTER_C] = 0;
    this.#flagsSeen = this.clock.now();
    this.#index = 0;
    this.#schedule(this.clock.now());
    this.irq.lower();
  }

  save(): DeviceState {
    return { ram: this.#ram.slice(), index: this.#index, base: this.#base, baseAt: this.#baseAt, held: this.#held, weekdayShift: this.#weekdayShift, flagsSeen: this.#flagsSeen };
  }

  restore(s: DeviceState): void {
    this.#ram.set(s.ram as Uint8Array);
    this.#index = s.index as number;
    this.#base = s.base as number;
    this.#baseAt = s.baseAt as number;
    this.#held = s.held as boolean;
    this.#weekdayShift = s.weekdayShift as number;
    this.#flagsSeen = s.flagsSeen as number;
  }
}
