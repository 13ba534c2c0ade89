/**
 * ACPI fixed hardware: PM1a event and control registers, and the power-management timer.
 * Source: ACPI Specification 2.0, 4.7.3. Region 0, as in the PIIX4 (82371AB datasheet, 7.2): status at 0, enable at 2,
 * control at 4, timer at 8.
 */
import { ByteDevice } from './byteDevice';
import type { Clock, DeviceState, IrqLine, Timer } from './contract';

export const ACPI_PM_SIZE = 16;
/** Offsets of the register blocks, for the FADT. */
export const PM1_EVENT = 0;
export const PM1_CONTROL = 4;
export const PM_TIMER = 8;

const STATUS = 0;
const ENABLE = 2;

const TIMER_EVENT = 1 << 0;
const GLOBAL_EVENT = 1 << 5;
const POWER_BUTTON = 1 << 8;
const EVENTS = TIMER_EVENT | GLOBAL_EVENT | POWER_BUTTON;

/** There is no legacy mode: the SCI is always enabled (ACPI 2.0, 4.7.3.2.1, with SMI_CMD 0). */
const SCI_EN = 1 << 0;
const BM_RLD = 1 << 1;
const SLP_TYP_SHIFT = 10;
const SLP_EN = 1 << 13;
const CONTROL_KEPT = BM_RLD | (7 << SLP_TYP_SHIFT);
/** SLP_TYP of soft off, as in the PIIX4; the DSDT's \_S5 tells the guest. */
export const SLP_TYP_SOFT_OFF = 0;

export const PM_TIMER_HZ = 3_579_545;
const NS = 1_000_000_000;
/** The PIIX4's timer has 24 bits; its status is set whenever the highest one changes. */
const TIMER_BITS = 24;
const HALF_TURN = 2 ** (TIMER_BITS - 1);

/** Ticks completed at guest time `ns`; split by seconds so that products stay exact. */
const ticksAt = (ns: number): number => Math.floor(ns / NS) * PM_TIMER_HZ + Math.floor(((ns % NS) * PM_TIMER_HZ) / NS);
const timeOfTick = (tick: number): number => Math.floor(tick / PM_TIMER_HZ) * NS + Math.ceil(((tick % PM_TIMER_HZ) * NS) / PM_TIMER_HZ);

export interface AcpiPmHost {
  /** The guest went to S5. */
  powerOff(): void;
}

export class AcpiPm extends ByteDevice {
  readonly name = 'acpiPm';
  readonly #overflow: Timer;
  /** Events but the timer's. */
  #status = 0;
  #enable = 0;
  #control = 0;
  /** Half turns of the timer when its status was last cleared. */
  #seen = 0;

  constructor(
    private readonly clock: Clock,
    private readonly sci: IrqLine,
    private readonly host: AcpiPmHost,
  ) {
    super();
    this.#overflow = clock.createTimer('acpiPm', () => this.#update());
  }

  /** The user asks the guest to shut down. */
  pressPowerButton(): void {
    this.#status |= POWER_BUTTON;
    this.#update();
  }

  get #halfTurns(): number {
    return Math.floor(ticksAt(this.clock.now()) / HALF_TURN);
  }

  #statusRegister(): number {
    return this.#status | (this.#halfTurns === this.#seen ? 0 : TIMER_EVENT);
  }

  /** The SCI is a level: some enabled event has its status set. */
  #update(): void {
    if (this.#statusRegister() & this.#enable) this.sci.raise();
    else this.sci.lower();
    if (this.#enable & TIMER_EVENT) this.#overflow.arm(timeOfTick((this.#halfTurns + 1) * HALF_TURN));
    else this.#overflow.disarm();
  }

  protected readByte(_region: number, offset: number): number {
    const register = offset & ~1;
    if (offset >= PM_TIMER) return offset < PM_TIMER + TIMER_BITS / 8 ? Math.floor(ticksAt(this.clock.now()) / 2 ** (8 * (offset - PM_TIMER))) & 0xff : 0;
    const value = register === STATUS ? this.#statusRegister() : register === ENABLE ? this.#enable : register === PM1_CONTROL ? this.#control | SCI_EN : 0;
    return (value >>> (8 * (offset & 1))) & 0xff;
  }

  protected writeByte(_region: number, offset: number, value: number): void {
    const shift = 8 * (offset & 1);
    const bits = value << shift;
    const others = 0xff00 >>> shift;
    switch (offset & ~1) {
      case STATUS: // writing ones clears
        this.#status &= ~bits;
        if (bits & TIMER_EVENT) this.#seen = this.#halfTurns;
        return this.#update();
      case ENABLE:
        this.#enable = (this.#enable & others) | (bits & EVENTS);
        return this.#update();
      case PM1_CONTROL:
        this.#control = (this.#control & others) | (bits & CONTROL_KEPT);
        // Other sleeping states do not exist; SLP_EN reads as 0.
        if (bits & SLP_EN && (this.#control >>> SLP_TYP_SHIFT) % 8 === SLP_TYP_SOFT_OFF) this.host.powerOff();
    }
  }

  /** The timer runs on. */
  reset(): void {
    this.#status = 0;
    this.#enable = 0;
    this.#control = 0;
    this.#seen = this.#halfTurns;
    this.#update();
  }

  save(): DeviceState {
    return { status: this.#status, enable: this.#enable, control: this.#control, seen: this.#seen };
  }

  restore(state: DeviceState): void {
    this.#status = state.status as number;
    this.#enable = state.enable as number;
    this.#control = state.control as number;
    this.#seen = state.seen as number;
  }
}
