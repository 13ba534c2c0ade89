/**
 * What every device on an ATA cable has in common: the task file, the status it shows, data through the data port in
 * blocks, the interrupt request. A device follows the protocols of ATA/ATAPI-6 (T13/1410D) §9 as a state machine:
 * `phase` says what comes when the time that it asked for is over; all of it is plain data.
 */
import type { AccessSize, Clock, DeviceState, Timer } from '../contract';
import type { BusMasterChannel } from './busMaster';

export const BSY = 0x80;
export const DRDY = 0x40;
export const DSC = 0x10;
export const DRQ = 0x08;
export const ERR = 0x01;
export const ERROR_ABRT = 0x04;
export const ERROR_IDNF = 0x10;

/** Registers of the command block. */
export const DATA = 0;
export const ERROR = 1;
export const COUNT = 2;
export const LBA_LOW = 3;
export const LBA_MID = 4;
export const LBA_HIGH = 5;
export const DEVICE = 6;
export const STATUS = 7;

/** Diagnostic code in the error register: device 0 passed (§9.10). */
const DIAGNOSTIC_PASSED = 0x01;

const COMMAND_NS = 2_000;
const RESET_NS = 20_000;
const TRANSFER_NS = 5_000;

/** What a device asks of its cable. */
export interface Cable {
  readonly clock: Clock;
  /** INTRQ may have changed. */
  update(): void;
  readonly dma: BusMasterChannel;
}

const powerOn = () => ({
  status: 0,
  error: DIAGNOSTIC_PASSED,
  features: 0,
  /** Sector count and LBA, as last written, and as written before that: the high bytes of 48-bit commands. */
  registers: [0, 0, 1, 1, 0, 0, 0, 0],
  previous: [0, 0, 0, 0, 0, 0, 0, 0],
  interrupt: false,
  phase: 'idle',
  /** What the data port moves, and what follows when all of it has moved. */
  buffer: new Uint8Array(0),
  position: 0,
  then: 'idle',
  lba: 0,
  remaining: 0,
  command: 0,
  /** Sectors per block of READ and WRITE MULTIPLE. */
  multiple: 0,
  /** Values of SET FEATURES subcommand 03h. */
  multiwordDma: 0x00,
  ultraDma: 0x00,
  /** Only reported: what is written is on the medium. */
  writeCache: true,
  heads: 0,
  sectors: 0,
});

export abstract class AtaDevice {
  protected s = powerOn();
  readonly #timer: Timer;

  constructor(
    readonly name: string,
    protected readonly cable: Cable,
  ) {
    this.#timer = cable.clock.createTimer(name, () => this.#resume());
  }

  /** Signature in the registers after a reset (§9.12), status with it. */
  protected abstract signature(): { readonly registers: readonly (readonly [number, number])[]; readonly status: number };
  /** A command that the host wrote; BSY is clear, ERR too. */
  protected abstract execute(command: number): void;
  /** The time asked for by `busy` is over. */
  protected abstract step(phase: string): void;
  protected powerOnReset(): void {}

  get interrupt(): boolean {
    return this.s.interrupt;
  }

  read(register: number, previous: boolean): number {
    const { s } = this;
    if (register === STATUS || s.status & BSY) return s.status;
    if (register === ERROR) return s.error;
    if (register === DEVICE) return s.registers[DEVICE] | 0xa0;
    return previous ? s.previous[register] : s.registers[register];
  }

  /** Reading the status register, unlike the alternate status, takes the interrupt request back. */
  acknowledge(): void {
    this.s.interrupt = false;
  }

  write(register: number, value: number): void {
    const { s } = this;
    if (s.status & BSY) return;
    if (register === ERROR) s.features = value;
    else {
      s.previous[register] = s.registers[register];
      s.registers[register] = value;
    }
  }

  command(code: number): void {
    const { s } = this;
    const reset = code === 0x08; // DEVICE RESET comes through while the device is busy
    if (s.status & BSY && !reset) return;
    s.interrupt = false;
    s.status &= ~(ERR | DRQ);
    s.error = 0;
    s.command = code;
    this.execute(code);
  }

  // Data port.

  readData(size: AccessSize): number {
    const { s } = this;
    if (!(s.status & DRQ)) return size === 4 ? 0xffffffff : 2 ** (8 * size) - 1;
    let value = 0;
    for (let i = 0; i < size; i++) value |= (s.buffer[s.position + i] ?? 0) << (8 * i);
    this.#moved(size);
    return value >>> 0;
  }

  writeData(size: AccessSize, value: number): void {
    const { s } = this;
    if (!(s.status & DRQ)) return;
    for (let i = 0; i < size && s.position + i < s.buffer.length; i++) s.buffer[s.position + i] = value >>> (8 * i);
    this.#moved(size);
  }

  #moved(size: number): void {
    const { s } = this;
    s.position += size;
    if (s.position < s.buffer.length) return;
    s.status &= ~DRQ;
    if (s.then !== 'idle') this.busy(s.then, TRANSFER_NS);
  }

  // For the devices.

  /** BSY, then `step(phase)`. */
  protected busy(phase: string, time = COMMAND_NS): void {
    const { s } = this;
    s.status = (s.status & ~DRQ) | BSY;
    s.phase = phase;
    this.#timer.arm(this.cable.clock.now() + time);
  }

  /** BSY until the bus master is started, and from there `step(phase)`. */
  protected awaitDma(phase: string): void {
    this.s.status = (this.s.status & ~DRQ) | BSY;
    this.s.phase = phase;
    this.dmaStarted();
  }

  dmaStarted(): void {
    if (this.s.phase.startsWith('dma') && this.cable.dma.active && this.#timer.due === undefined) this.#timer.arm(this.cable.clock.now() + TRANSFER_NS);
  }

  #resume(): void {
    const { phase } = this.s;
    this.s.phase = 'idle';
    this.s.status &= ~BSY;
    if (phase === 'reset' || phase === 'diagnosed') this.#wakeUp();
    else this.step(phase);
    if (phase === 'diagnosed') this.request();
    this.cable.update();
  }

  /** Offer `bytes` at the data port; `then` is the phase behind them. */
  protected offer(bytes: Uint8Array, then: string): void {
    Object.assign(this.s, { buffer: bytes, position: 0, then });
    this.s.status = DRDY | DSC | DRQ;
    this.request();
  }

  /** Take `length` bytes at the data port. */
  protected take(length: number, then: string, interrupt: boolean): void {
    Object.assign(this.s, { buffer: new Uint8Array(length), position: 0, then });
    this.s.status = DRDY | DSC | DRQ;
    if (interrupt) this.request();
  }

  protected request(): void {
    this.s.interrupt = true;
    this.cable.update();
  }

  protected complete(): void {
    this.s.status = DRDY | DSC;
    this.s.phase = 'idle';
    this.request();
  }

  protected fail(error: number): void {
    this.s.error = error;
    this.s.status = DRDY | DSC | ERR;
    this.s.phase = 'idle';
    this.request();
  }

  // Resets.

  /** SRST is set: everything under way ends. */
  holdInReset(): void {
    this.#timer.disarm();
    Object.assign(this.s, { status: BSY, interrupt: false, phase: 'reset' });
  }

  /** SRST is clear again, or DEVICE RESET. */
  leaveReset(): void {
    this.holdInReset();
    this.#timer.arm(this.cable.clock.now() + RESET_NS);
  }

  /** EXECUTE DEVICE DIAGNOSTIC, which both devices of a cable run and device 0 reports. */
  diagnose(report: boolean): void {
    this.s.interrupt = false;
    this.busy(report ? 'diagnosed' : 'reset', RESET_NS);
  }

  #wakeUp(): void {
    this.#showSignature();
    this.s.multiple = 0;
  }

  #showSignature(): void {
    const { s } = this;
    const { registers, status } = this.signature();
    s.registers[DEVICE] = 0;
    for (const [register, value] of registers) s.registers[register] = value;
    s.error = DIAGNOSTIC_PASSED;
    s.status = status;
  }

  reset(): void {
    this.#timer.disarm();
    this.s = powerOn();
    this.#showSignature();
    this.powerOnReset();
  }

  save(): DeviceState {
    return structuredClone(this.s);
  }

  restore(state: DeviceState): void {
    this.s = structuredClone(state) as ReturnType<typeof powerOn>;
  }
}
