/**
 * 16550A UART. Sending is immediate (THR is always empty); receiving is paced by the FIFO, so the host never overruns it.
 * Source: National PC16550D datasheet. Region 0: eight registers.
 */
import { Emitter } from '../base/events';
import { ByteDevice } from './byteDevice';
import type { Clock, DeviceState, IrqLine, Timer } from './contract';

const RBR_THR_DLL = 0;
const IER_DLM = 1;
const IIR_FCR = 2;
const LCR = 3;
const MCR = 4;
const LSR = 5;
const MSR = 6;
const SCR = 7;

const IER_RECEIVED = 0x01;
const IER_THR_EMPTY = 0x02;
const IER_LINE = 0x04;
const IER_MODEM = 0x08;

/** Interrupt identification, highest priority first. */
const IIR_LINE = 0x06;
const IIR_RECEIVED = 0x04;
const IIR_TIMEOUT = 0x0c;
const IIR_THR_EMPTY = 0x02;
const IIR_MODEM = 0x00;
const IIR_NONE = 0x01;
const IIR_FIFOS = 0xc0;

const FCR_ENABLE = 0x01;
const FCR_CLEAR_RX = 0x02;
const LCR_STOP_BITS = 0x04;
const LCR_PARITY = 0x08;
const LCR_BREAK = 0x40;
const LCR_DLAB = 0x80;
const MCR_LOOP = 0x10;
const LSR_READY = 0x01;
const LSR_OVERRUN = 0x02;
const LSR_BREAK = 0x10;
const LSR_ERRORS = 0x1e;
const LSR_EMPTY = 0x60;
/** DCD, DSR and CTS: a cable with a terminal at the other end. */
const MSR_CONNECTED = 0xb0;

const TRIGGER = [1, 4, 8, 14];
const CLOCK_HZ = 1_843_200;

const powerOn = () => ({
  ier: 0,
  fcr: 0,
  lcr: 0,
  mcr: 0,
  lsrErrors: 0,
  msrDelta: 0,
  msr: MSR_CONNECTED,
  scratch: 0,
  divisor: 12,
  thrInterrupt: false,
  timedOut: false,
  fifo: [] as number[],
  /** Bytes from the host that the FIFO had no room for. */
  waiting: [] as number[],
});

export class Uart extends ByteDevice {
  /** Every byte the guest sends. */
  readonly output = new Emitter<number>();
  readonly #timeout: Timer;
  #s = powerOn();

  constructor(
    readonly name: string,
    clock: Clock,
    private readonly irq: IrqLine,
  ) {
    super();
    this.#timeout = clock.createTimer(`${name}.timeout`, () => {
      this.#s.timedOut = this.#s.fifo.length > 0;
      this.#update();
    });
    this.#now = () => clock.now();
  }

  readonly #now: () => number;

  /** Bytes arriving at the guest. */
  receive(bytes: Iterable<number>): void {
    for (const byte of bytes) this.#s.waiting.push(byte & 0xff);
    this.#fill();
    this.#update();
  }

  get #capacity(): number {
    return this.#s.fcr & FCR_ENABLE ? 16 : 1;
  }

  #fill(): void {
    const room = this.#s.mcr & MCR_LOOP ? 0 : this.#capacity - this.#s.fifo.length;
    if (room > 0 && this.#s.waiting.length) this.#s.fifo.push(...this.#s.waiting.splice(0, room));
    this.#armTimeout();
  }

  /** Character timeout: four character times without a read or an arrival, while bytes wait. */
  #armTimeout(): void {
    this.#s.timedOut = false;
    if (!(this.#s.fcr & FCR_ENABLE) || !this.#s.fifo.length) return this.#timeout.disarm();
    this.#timeout.arm(this.#now() + Math.round((4 * this.#bitsPerCharacter * 16 * this.#s.divisor * 1e9) / CLOCK_HZ));
  }

  /** Start, data, parity and stop bits. */
  get #bitsPerCharacter(): number {
    const { lcr } = this.#s;
    return 1 + 5 + (lcr & 3) + (lcr & LCR_PARITY ? 1 : 0) + (lcr & LCR_STOP_BITS ? 2 : 1);
  }

  /** What the serial line carries back in loopback: bits above the word's length are lost, a break is a null character. */
  #loopBack(byte: number): void {
    const { lcr, fifo } = this.#s;
    if (fifo.length >= this.#capacity) {
      this.#s.lsrErrors |= LSR_OVERRUN;
      return;
    }
    if (lcr & LCR_BREAK) this.#s.lsrErrors |= LSR_BREAK;
    fifo.push(lcr & LCR_BREAK ? 0 : byte & (0xff >> (3 - (lcr & 3))));
    this.#armTimeout();
  }

  #transmit(byte: number): void {
    if (!(this.#s.mcr & MCR_LOOP)) this.output.fire(byte);
    else this.#loopBack(byte);
    // Empty again at once, but it was full for a moment: a new edge for the interrupt controller.
    this.#s.thrInterrupt = false;
    this.#update();
    this.#s.thrInterrupt = true;
  }

  #modemLines(): number {
    if (!(this.#s.mcr & MCR_LOOP)) return MSR_CONNECTED;
    // DTR→DSR, RTS→CTS, OUT1→RI, OUT2→DCD
    const m = this.#s.mcr;
    return ((m & 1) << 5) | ((m & 2) << 3) | ((m & 4) << 4) | ((m & 8) << 4);
  }

  #updateModem(): void {
    const lines = this.#modemLines();
    const changed = lines ^ this.#s.msr;
    this.#s.msrDelta |= ((changed & 0x10) >> 4) | ((changed & 0x20) >> 4) | ((changed & 0x80) >> 4);
    if (this.#s.msr & ~lines & 0x40) this.#s.msrDelta |= 0x04; // RI: trailing edge only
    this.#s.msr = lines;
  }

  #cause(): number {
    const trigger = this.#s.fcr & FCR_ENABLE ? TRIGGER[this.#s.fcr >> 6] : 1;
    if (this.#s.ier & IER_LINE && this.#s.lsrErrors) return IIR_LINE;
    if (this.#s.ier & IER_RECEIVED && this.#s.fifo.length >= trigger) return IIR_RECEIVED;
    if (this.#s.ier & IER_RECEIVED && this.#s.timedOut) return IIR_TIMEOUT;
    if (this.#s.ier & IER_THR_EMPTY && this.#s.thrInterrupt) return IIR_THR_EMPTY;
    if (this.#s.ier & IER_MODEM && this.#s.msrDelta) return IIR_MODEM;
    return IIR_NONE;
  }

  /** OUT2 gated the interrupt on IBM's adapter. Systems that never set it (xv6) count on boards that do without the gate. */
  #update(): void {
    if (this.#cause() !== IIR_NONE && !(this.#s.mcr & MCR_LOOP)) this.irq.raise();
    else this.irq.lower();
  }

  protected readByte(region: number, offset: number): number {
    const steady = this.isSteady(region, offset);
    const value = this.#readRegister(offset);
    if (!steady) this.#update();
    return value;
  }

  /** Registers that reading does not clear, now or ever. */
  isSteady(_region: number, offset: number): boolean {
    const { lsrErrors, msrDelta } = this.#s;
    return offset === LSR ? lsrErrors === 0 : offset === MSR ? msrDelta === 0 : offset >= LCR;
  }

  isPlain(_region: number, offset: number): boolean {
    return offset === SCR;
  }

  #readRegister(offset: number): number {
    const latch = (this.#s.lcr & LCR_DLAB) !== 0;
    switch (offset) {
      case RBR_THR_DLL: {
        if (latch) return this.#s.divisor & 0xff;
        const byte = this.#s.fifo.shift() ?? 0;
        this.#fill();
        return byte;
      }
      case IER_DLM:
        return latch ? this.#s.divisor >> 8 : this.#s.ier;
      case IIR_FCR: {
        const cause = this.#cause();
        if (cause === IIR_THR_EMPTY) this.#s.thrInterrupt = false;
        return cause | (this.#s.fcr & FCR_ENABLE ? IIR_FIFOS : 0);
      }
      case LCR:
        return this.#s.lcr;
      case MCR:
        return this.#s.mcr;
      case LSR: {
        const value = LSR_EMPTY | this.#s.lsrErrors | (this.#s.fifo.length ? LSR_READY : 0);
        this.#s.lsrErrors = 0;
        return value;
      }
      case MSR: {
        const value = this.#s.msr | this.#s.msrDelta;
        this.#s.msrDelta = 0;
        return value;
      }
      default:
        return this.#s.scratch;
    }
  }

  protected writeByte(_region: number, offset: number, value: number): void {
    const latch = (this.#s.lcr & LCR_DLAB) !== 0;
    switch (offset) {
      case RBR_THR_DLL:
        if (latch) this.#s.divisor = (this.#s.divisor & 0xff00) | value;
        else this.#transmit(value);
        break;
      case IER_DLM:
        if (latch) this.#s.divisor = (this.#s.divisor & 0xff) | (value << 8);
        else {
          if (value & ~this.#s.ier & IER_THR_EMPTY) this.#s.thrInterrupt = true;
          this.#s.ier = value & 0x0f;
        }
        break;
      case IIR_FCR:
        if ((value ^ this.#s.fcr) & FCR_ENABLE || value & FCR_CLEAR_RX) this.#s.fifo = [];
        this.#s.fcr = value & FCR_ENABLE ? value & 0xc1 : 0;
        this.#fill();
        break;
      case LCR:
        this.#s.lcr = value;
        break;
      case MCR:
        this.#s.mcr = value & 0x1f;
        this.#updateModem();
        this.#fill();
        break;
      case LSR:
        this.#s.lsrErrors = value & LSR_ERRORS; // factory test: writable
        break;
      case SCR:
        this.#s.scratch = value;
        break;
    }
    this.#update();
  }

  reset(): void {
    this.#s = { ...powerOn(), waiting: this.#s.waiting };
    this.#timeout.disarm();
    this.irq.lower();
  }

  save(): DeviceState {
    return structuredClone(this.#s);
  }

  restore(state: DeviceState): void {
    this.#s = structuredClone(state) as ReturnType<typeof powerOn>;
  }
}
