/**
 * PS/2 mouse with a wheel, at the auxiliary port of the i8042. Sources: IBM PS/2 Technical Reference, "Mouse";
 * Microsoft, IntelliMouse: the wheel exists once the sample rates 200, 100 and 80 have been set one after the other.
 */
import type { DeviceState } from './contract';

const ACK = 0xfa;
const RESEND = 0xfe;
const SELF_TEST_PASSED = 0xaa;
const ID_STANDARD = 0;
const ID_WHEEL = 3;
const WHEEL_KNOCK = [200, 100, 80];

/** First byte of a packet; bits 2..0 are the buttons. */
const PACKET_ALWAYS = 0x08;
const X_SIGN = 0x10;
const Y_SIGN = 0x20;
/** Status byte: scaling, reporting, mode; bits 2..0 are left, middle and right button, in this order. */
const STATUS_SCALING = 0x10;
const STATUS_REPORTING = 0x20;
const STATUS_REMOTE = 0x40;

const COMMAND = {
  SCALE_1: 0xe6,
  SCALE_2: 0xe7,
  RESOLUTION: 0xe8,
  STATUS: 0xe9,
  STREAM: 0xea,
  READ: 0xeb,
  LEAVE_WRAP: 0xec,
  WRAP: 0xee,
  REMOTE: 0xf0,
  IDENTIFY: 0xf2,
  RATE: 0xf3,
  REPORT: 0xf4,
  SILENCE: 0xf5,
  DEFAULTS: 0xf6,
  RESEND: 0xfe,
  RESET: 0xff,
} as const;

/** Buttons held down: bit 0 left, 1 right, 2 middle. */
interface Motion {
  dx: number;
  dy: number;
  wheel: number;
  readonly buttons: number;
}

const settings = () => ({ rate: 100, resolution: 2, doubled: false, reporting: false, remote: false });

const powerOn = () => ({
  ...settings(),
  id: ID_STANDARD,
  wrap: false,
  /** Command waiting for its parameter. */
  command: 0,
  /** The last three sample rates. */
  rates: [] as number[],
  /** Bytes on their way to the controller. */
  queue: [] as number[],
  /** What the last answer or packet was, for Resend. */
  sent: [] as number[],
  buttons: 0,
  motions: [] as Motion[],
});

/** Counts are doubled by a curve (scaling 2:1, stream mode only). */
const SCALED = [0, 1, 1, 3, 6, 9];
const scale = (count: number): number => Math.sign(count) * (SCALED[Math.abs(count)] ?? 2 * Math.abs(count));

const clamp = (value: number, low: number, high: number): number => Math.max(low, Math.min(high, value));

export class Mouse {
  #s = powerOn();

  /** `dx` to the right, `dy` up, `wheel` towards the user; `buttons` as they are from now on. */
  move({ dx = 0, dy = 0, wheel = 0, buttons = this.#lastButtons }: { dx?: number; dy?: number; wheel?: number; buttons?: number }): void {
    const last = this.#s.motions.at(-1);
    // Nobody listens; what has moved until somebody does is of no interest.
    if (!this.#s.reporting && !this.#s.remote) {
      this.#s.buttons = buttons;
      return;
    }
    if (!dx && !dy && !wheel && buttons === this.#lastButtons) return;
    if (last && last.buttons === buttons) {
      last.dx += dx;
      last.dy += dy;
      last.wheel += wheel;
    } else this.#s.motions.push({ dx, dy, wheel, buttons });
  }

  get #lastButtons(): number {
    return this.#s.motions.at(-1)?.buttons ?? this.#s.buttons;
  }

  /** Something to send. */
  get ready(): boolean {
    return this.#s.queue.length > 0 || this.#reports;
  }

  get #reports(): boolean {
    return this.#s.reporting && !this.#s.remote && !this.#s.wrap && this.#s.motions.length > 0;
  }

  /** The next byte for the controller. */
  shift(): number | undefined {
    if (!this.#s.queue.length && this.#reports) this.#send(...this.#packet(this.#s.doubled));
    return this.#s.queue.shift();
  }

  /** Movement since the last packet, as far as it fits. */
  #packet(doubled: boolean): number[] {
    const motion = this.#s.motions[0] ?? { dx: 0, dy: 0, wheel: 0, buttons: this.#s.buttons };
    const limit = doubled ? 127 : 255;
    const [dx, dy] = [clamp(motion.dx, -limit, limit), clamp(motion.dy, -limit, limit)];
    const wheel = this.#s.id === ID_WHEEL ? clamp(motion.wheel, -8, 7) : 0;
    motion.dx -= dx;
    motion.dy -= dy;
    motion.wheel = this.#s.id === ID_WHEEL ? motion.wheel - wheel : 0;
    if (!motion.dx && !motion.dy && !motion.wheel) this.#s.motions.shift();
    this.#s.buttons = motion.buttons;
    const [x, y] = doubled ? [scale(dx), scale(dy)] : [dx, dy];
    const first = PACKET_ALWAYS | motion.buttons | (x < 0 ? X_SIGN : 0) | (y < 0 ? Y_SIGN : 0);
    return [first, x & 0xff, y & 0xff, ...(this.#s.id === ID_WHEEL ? [wheel & 0xff] : [])];
  }

  #send(...bytes: number[]): void {
    this.#s.sent = bytes;
    this.#s.queue.push(...bytes);
  }

  /** A byte from the controller. What was on its way is lost. */
  receive(value: number): void {
    this.#s.queue = [];
    const parameterOf = this.#s.command;
    this.#s.command = 0;
    if (parameterOf) return this.#parameter(parameterOf, value);
    if (this.#s.wrap && value !== COMMAND.RESET && value !== COMMAND.LEAVE_WRAP) return this.#send(value);
    this.#execute(value);
  }

  #execute(command: number): void {
    const s = this.#s;
    switch (command) {
      case COMMAND.RESET:
        this.reset();
        return this.#send(ACK, SELF_TEST_PASSED, ID_STANDARD);
      case COMMAND.RESEND:
        s.queue.push(...s.sent);
        return;
      case COMMAND.IDENTIFY:
        return this.#send(ACK, s.id);
      case COMMAND.STATUS:
        return this.#send(ACK, this.#status(), s.resolution, s.rate);
      case COMMAND.READ:
        return this.#send(ACK, ...this.#packet(false));
      case COMMAND.RESOLUTION:
      case COMMAND.RATE:
        s.command = command;
        break;
      case COMMAND.DEFAULTS:
        Object.assign(s, settings(), { motions: [] });
        break;
      case COMMAND.REPORT:
      case COMMAND.SILENCE:
        s.reporting = command === COMMAND.REPORT;
        s.motions = [];
        break;
      case COMMAND.REMOTE:
      case COMMAND.STREAM:
        s.remote = command === COMMAND.REMOTE;
        s.motions = [];
        break;
      case COMMAND.WRAP:
      case COMMAND.LEAVE_WRAP:
        s.wrap = command === COMMAND.WRAP;
        break;
      case COMMAND.SCALE_1:
      case COMMAND.SCALE_2:
        s.doubled = command === COMMAND.SCALE_2;
        break;
      default:
        return this.#send(RESEND);
    }
    this.#send(ACK);
  }

  #parameter(command: number, value: number): void {
    const s = this.#s;
    if (command === COMMAND.RESOLUTION) {
      if (value > 3) return this.#send(RESEND);
      s.resolution = value;
    } else {
      s.rate = value;
      s.rates = [...s.rates, value].slice(-WHEEL_KNOCK.length);
      if (s.rates.join() === WHEEL_KNOCK.join()) s.id = ID_WHEEL;
    }
    this.#send(ACK);
  }

  #status(): number {
    const { buttons, doubled, reporting, remote } = this.#s;
    const [left, right, middle] = [buttons & 1, (buttons >> 1) & 1, (buttons >> 2) & 1];
    return (left << 2) | (middle << 1) | right | (doubled ? STATUS_SCALING : 0) | (reporting ? STATUS_REPORTING : 0) | (remote ? STATUS_REMOTE : 0);
  }

  reset(): void {
    this.#s = powerOn();
  }

  save(): DeviceState {
    return structuredClone(this.#s) as unknown as DeviceState;
  }

  restore(state: DeviceState): void {
    this.#s = structuredClone(state) as unknown as ReturnType<typeof powerOn>;
  }
}
