/**
 * An enhanced PS/2 keyboard with scan code sets 1 and 2: what the host of its wire asks and hears. Repeating a key that is held
 * is left to whoever holds it: the host's own keyboard does it.
 * Source: IBM PS/2 Technical Reference, "Keyboards (101- and 102-Key)".
 */
import type { DeviceState } from './contract';
import type { Key } from './keyboardLayout';

const BREAK = 0xf0;
const EXTENDED = 0xe0;
const ACK = 0xfa;
const RESEND = 0xfe;
const SELF_TEST_PASSED = 0xaa;
const ECHO = 0xee;
const ID = [0xab, 0x83];
/** 500 ms, 10.9 a second. */
const DEFAULT_TYPEMATIC = 0x2b;

const COMMAND = {
  LEDS: 0xed,
  ECHO,
  SCAN_SET: 0xf0,
  IDENTIFY: 0xf2,
  TYPEMATIC: 0xf3,
  ENABLE: 0xf4,
  DISABLE: 0xf5,
  DEFAULTS: 0xf6,
  /** … to FDh: how keys of set 3 behave. */
  SET_3_KEYS: 0xf7,
  RESEND: 0xfe,
  RESET: 0xff,
} as const;
/** Values below are parameters. */
const FIRST_COMMAND = COMMAND.LEDS;

const defaults = () => ({ scanSet: 2, typematic: DEFAULT_TYPEMATIC });

const powerOn = () => ({
  ...defaults(),
  scanning: true,
  /** Bit 0 scroll lock, 1 num lock, 2 caps lock. */
  leds: 0,
  /** Command waiting for its parameter, or 0. */
  command: 0,
  /** Answers, which go first, and codes of keys, on their way to the controller. */
  answers: [] as number[],
  codes: [] as number[],
  /** The last byte sent, for Resend. */
  sent: 0,
});

export class Ps2Keyboard {
  #s = powerOn();

  get leds(): number {
    return this.#s.leds;
  }

  /** Delay and rate, as last set. */
  get typematic(): number {
    return this.#s.typematic;
  }

  /** It takes keys, and has none on the way. */
  get listens(): boolean {
    return this.#s.scanning && !this.ready;
  }

  /** What `key` sends in the set that is selected. */
  codesOf(key: Key, released: boolean): number[] {
    const one = this.#s.scanSet === 1;
    if (key.sequences) return [...key.sequences[one ? 'set1' : 'set2'][released ? 1 : 0]];
    const prefix = key.extended ? [EXTENDED] : [];
    if (one) return [...prefix, released ? key.set1 | 0x80 : key.set1];
    return released ? [...prefix, BREAK, key.set2] : [...prefix, key.set2];
  }

  sendCodes(codes: readonly number[]): void {
    this.#s.codes.push(...codes);
  }

  /** Something to send. */
  get ready(): boolean {
    return this.#s.answers.length > 0 || this.#s.codes.length > 0;
  }

  /** The next byte for the controller. */
  shift(): number | undefined {
    const byte = this.#s.answers.shift() ?? this.#s.codes.shift();
    if (byte !== undefined) this.#s.sent = byte;
    return byte;
  }

  #answer(...bytes: number[]): void {
    this.#s.answers.push(...bytes);
  }

  /** A byte from the controller. */
  receive(value: number): void {
    const parameterOf = this.#s.command;
    this.#s.command = 0;
    if (parameterOf && value < FIRST_COMMAND) this.#answer(this.#parameter(parameterOf, value) ?? ACK);
    else this.#execute(value);
  }

  #execute(command: number): void {
    const s = this.#s;
    switch (command) {
      case COMMAND.RESET:
        this.reset();
        return this.#answer(ACK, SELF_TEST_PASSED);
      case COMMAND.RESEND:
        return this.#answer(s.sent);
      case COMMAND.ECHO:
        return this.#answer(ECHO);
      case COMMAND.IDENTIFY:
        return this.#answer(ACK, ...ID);
      case COMMAND.LEDS:
      case COMMAND.SCAN_SET:
      case COMMAND.TYPEMATIC:
        s.command = command;
        break;
      case COMMAND.ENABLE:
        Object.assign(s, { codes: [], scanning: true });
        break;
      case COMMAND.DISABLE:
        Object.assign(s, defaults(), { codes: [], scanning: false });
        break;
      case COMMAND.DEFAULTS:
        Object.assign(s, defaults(), { codes: [] });
        break;
      default:
        if (command < COMMAND.SET_3_KEYS) return this.#answer(RESEND);
    }
    this.#answer(ACK);
  }

  /** Returns the answer where it is not ACK. */
  #parameter(command: number, value: number): number | undefined {
    const s = this.#s;
    if (command === COMMAND.LEDS) s.leds = value & 7;
    else if (command === COMMAND.TYPEMATIC) {
      if (value & 0x80) return RESEND;
      s.typematic = value;
    } else if (value === 0) {
      this.#answer(ACK);
      return s.scanSet;
    } else if (value > 2) return RESEND;
    else Object.assign(s, { scanSet: value, codes: [] });
    return undefined;
  }

  reset(): void {
    this.#s = powerOn();
  }

  save(): DeviceState {
    return structuredClone(this.#s);
  }

  restore(state: DeviceState): void {
    this.#s = structuredClone(state) as ReturnType<typeof powerOn>;
  }
}
