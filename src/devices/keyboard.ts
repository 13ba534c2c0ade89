/**
 * i8042 keyboard controller with a keyboard, and a mouse at the auxiliary port.
 * Source: IBM PS/2 Technical Reference, "Keyboard and Auxiliary Device Controller".
 * Regions: 0 = data port (60h), 1 = status and command port (64h).
 */
import { ByteDevice } from './byteDevice';
import type { Clock, DeviceState, IrqLine, Timer } from './contract';
import { chordsFor, KEYS, translateToSet1, type Chord, type Key } from './keyboardLayout';
import { Mouse } from './mouse';
import { Ps2Keyboard } from './ps2Keyboard';

const STATUS_OUTPUT_FULL = 0x01;
const STATUS_SYSTEM = 0x04;
const STATUS_COMMAND = 0x08;
const STATUS_UNLOCKED = 0x10;
const STATUS_AUX = 0x20;
const CONFIG_IRQ1 = 0x01;
const CONFIG_IRQ12 = 0x02;
const CONFIG_SYSTEM = 0x04;
const CONFIG_DISABLED = 0x10;
const CONFIG_AUX_DISABLED = 0x20;
const CONFIG_TRANSLATE = 0x40;
const OUTPUT_NOT_RESET = 0x01;
const OUTPUT_A20 = 0x02;
const OUTPUT_IRQ1 = 0x10;
const OUTPUT_IRQ12 = 0x20;
const BREAK = 0xf0;
const NO_PASSWORD = 0xf1;
/** Serial transfer of one byte from the keyboard, about 11 bits at 12 kHz; shortened, since guests count loops. */
const BYTE_NS = 300_000;
/** Between two keys of typed text. */
const KEY_NS = 20_000_000;
/** Between two events of a key that somebody holds in his hand. */
const EVENT_NS = 1_000_000;
/** Events that a guest has not taken: more of them are lost, as in a keyboard's own buffer. */
const MOST_EVENTS = 64;

/** What the controller's output port drives. */
export interface KeyboardHost {
  reset(): void;
  a20: boolean;
}

/** State at power-on, as the BIOS leaves it. */
const powerOn = () => ({
  config: CONFIG_IRQ1 | CONFIG_SYSTEM | CONFIG_AUX_DISABLED | CONFIG_TRANSLATE,
  lastWasCommand: false,
  /** Output buffer, or -1. */
  output: -1,
  /** The byte in it came from the auxiliary device. */
  auxOutput: false,
  /** Last byte read: what port 60h shows when the buffer is empty. */
  last: 0,
  /** Controller command waiting for its parameter at port 60h. */
  command: 0,
  /** The rest of the controller's memory, behind the command byte. */
  ram: new Array<number>(0x20).fill(0),
  /** The translator saw F0. */
  breaking: false,
  /** Codes of typed keys, one array a key. */
  typed: [] as { codes: number[]; event?: boolean }[],
});

export class Keyboard extends ByteDevice {
  readonly name = 'keyboard';
  readonly keys = new Ps2Keyboard();
  readonly mouse = new Mouse();
  readonly #transfer: Timer;
  readonly #typing: Timer;
  #s = powerOn();

  constructor(
    private readonly clock: Clock,
    private readonly irq: IrqLine,
    private readonly host: KeyboardHost,
    private readonly auxIrq: IrqLine,
  ) {
    super();
    this.#transfer = clock.createTimer('keyboard.transfer', () => this.#receive());
    this.#typing = clock.createTimer('keyboard.typing', () => this.#typeNext());
    this.reset();
  }

  /** LED bits: 0 = scroll lock, 1 = num lock, 2 = caps lock. */
  get leds(): number {
    return this.keys.leds;
  }

  /** Type `text` ("\n" is Enter, "\b" Backspace, terminal sequences for cursor keys); returns the characters no key types. */
  type(text: string): string {
    let missing = '';
    for (const chord of chordsFor(text, (character) => (missing += character))) this.press(chord);
    return missing;
  }

  /** Press and release keys together, after what is typed already. */
  press(chord: Chord): void {
    this.#s.typed.push({ codes: [...chord.flatMap((k) => this.keys.codesOf(k, false)), ...[...chord].reverse().flatMap((k) => this.keys.codesOf(k, true))] });
    if (this.#typing.due === undefined) this.#typing.arm(this.clock.now() + 1);
  }

  /** A key goes down or up; false when there is none of this name. */
  event(code: string, down: boolean): boolean {
    const key = (KEYS as Readonly<Record<string, Key>>)[code];
    if (!key || !Object.hasOwn(KEYS, code)) return false;
    if (this.#s.typed.length >= MOST_EVENTS && down) return true;
    this.#s.typed.push({ codes: this.keys.codesOf(key, !down), event: true });
    if (this.#typing.due === undefined) this.#typing.arm(this.clock.now() + 1);
    return true;
  }

  #typeNext(): void {
    // A guest that does not listen yet finds the keys when it does.
    if (this.keys.listens && this.#s.output < 0) {
      this.keys.sendCodes(this.#s.typed.shift()?.codes ?? []);
      this.#armTransfer();
    }
    if (this.#s.typed.length) this.#typing.arm(this.clock.now() + (this.#s.typed[0].event ? EVENT_NS : KEY_NS));
  }

  get #keyboardReady(): boolean {
    return this.keys.ready && !(this.#s.config & CONFIG_DISABLED);
  }

  get #mouseReady(): boolean {
    return this.mouse.ready && !(this.#s.config & CONFIG_AUX_DISABLED);
  }

  #armTransfer(): void {
    if ((this.#keyboardReady || this.#mouseReady) && this.#s.output < 0 && this.#transfer.due === undefined) this.#transfer.arm(this.clock.now() + BYTE_NS);
  }

  /** Move the mouse, or press its buttons. */
  moveMouse(motion: Parameters<Mouse['move']>[0]): void {
    this.mouse.move(motion);
    this.#armTransfer();
  }

  /** One byte arrives from the keyboard, or else from the mouse. */
  #receive(): void {
    if (this.#s.output >= 0) return;
    if (this.#keyboardReady) return this.#receiveKey();
    const byte = this.#mouseReady ? this.mouse.shift() : undefined;
    if (byte !== undefined) this.#present(byte, true);
  }

  #receiveKey(): void {
    let code = this.keys.shift() as number;
    if (this.#s.config & CONFIG_TRANSLATE) {
      if (code === BREAK) {
        this.#s.breaking = true;
        return this.#armTransfer();
      }
      code = translateToSet1(code) | (this.#s.breaking ? 0x80 : 0);
      this.#s.breaking = false;
    }
    this.#present(code);
  }

  /** Fill the output buffer. */
  #present(byte: number, aux = false): void {
    this.#s.output = byte;
    this.#s.auxOutput = aux;
    this.#lowerLines();
    this.#raiseLine();
  }

  #lowerLines(): void {
    this.irq.lower();
    this.auxIrq.lower();
  }

  /** The output buffer is full: tell whom it concerns. */
  #raiseLine(): void {
    if (this.#s.auxOutput) {
      if (this.#s.config & CONFIG_IRQ12) this.auxIrq.raise();
    } else if (this.#s.config & CONFIG_IRQ1) this.irq.raise();
  }

  protected readByte(region: number): number {
    if (region === 1) {
      const full = this.#s.output >= 0 ? STATUS_OUTPUT_FULL | (this.#s.auxOutput ? STATUS_AUX : 0) : 0;
      return full | (this.#s.config & CONFIG_SYSTEM ? STATUS_SYSTEM : 0) | (this.#s.lastWasCommand ? STATUS_COMMAND : 0) | STATUS_UNLOCKED;
    }
    if (this.#s.output >= 0) this.#s.last = this.#s.output;
    this.#s.output = -1;
    this.#lowerLines();
    this.#armTransfer();
    return this.#s.last;
  }

  /** The status register. */
  isSteady(region: number): boolean {
    return region === 1;
  }

  protected writeByte(region: number, _offset: number, value: number): void {
    this.#s.lastWasCommand = region === 1;
    if (region === 1) this.#controllerCommand(value);
    else if (this.#s.command) this.#controllerParameter(value);
    else this.#toKeyboard(value);
  }

  #setConfig(value: number): void {
    this.#s.config = value & 0x7f;
    if (this.#s.output >= 0) this.#raiseLine();
    this.#armTransfer();
  }

  /** The interrupt outputs, as bits of the output port. */
  #fullLines(): number {
    if (this.#s.output < 0) return 0;
    return this.#s.auxOutput ? OUTPUT_IRQ12 : OUTPUT_IRQ1;
  }

  #controllerCommand(command: number): void {
    this.#s.command = 0;
    if ((command & 0xe0) === 0x20) return this.#present(command === 0x20 ? this.#s.config : this.#s.ram[command & 0x1f]);
    if ((command & 0xe0) === 0x60) {
      this.#s.command = command; // write command byte, or the memory behind it
      return;
    }
    switch (command) {
      case 0xd1: // write output port
      case 0xd2: // put a byte into the output buffer
      case 0xd3: // … as if from the auxiliary device
      case 0xd4: // write to the auxiliary device
        this.#s.command = command;
        return;
      case 0xa7:
        return this.#setConfig(this.#s.config | CONFIG_AUX_DISABLED);
      case 0xa8:
        return this.#setConfig(this.#s.config & ~CONFIG_AUX_DISABLED);
      case 0xa4:
        return this.#present(NO_PASSWORD);
      case 0xa9:
        return this.#present(0x00); // auxiliary port: no error
      case 0xaa: // self test passed
        this.#s.config |= CONFIG_SYSTEM;
        return this.#present(0x55);
      case 0xab:
        return this.#present(0x00);
      case 0xad:
        return this.#setConfig(this.#s.config | CONFIG_DISABLED);
      case 0xae:
        return this.#setConfig(this.#s.config & ~CONFIG_DISABLED);
      case 0xc0:
        return this.#present(0x80); // not inhibited by the keylock
      case 0xd0:
        return this.#present(OUTPUT_NOT_RESET | (this.host.a20 ? OUTPUT_A20 : 0) | this.#fullLines() | 0xc0);
      case 0xe0: // test inputs: clocks of keyboard and auxiliary device
        return this.#present(0x00);
      case 0xdd:
      case 0xdf:
        this.host.a20 = command === 0xdf;
        return;
      default:
        // F0..FF pulse output port bits that are 0; bit 0 is the CPU's reset line.
        if (command >= 0xf0 && !(command & OUTPUT_NOT_RESET)) this.host.reset();
    }
  }

  #controllerParameter(value: number): void {
    const command = this.#s.command;
    this.#s.command = 0;
    if (command === 0x60) this.#setConfig(value);
    else if (command < 0x80) this.#s.ram[command & 0x1f] = value;
    else if (command === 0xd2 || command === 0xd3) this.#present(value, command === 0xd3);
    else if (command === 0xd4) {
      this.#s.config &= ~CONFIG_AUX_DISABLED; // as for the keyboard
      this.mouse.receive(value);
      this.#armTransfer();
    } else if (command === 0xd1) {
      this.host.a20 = (value & OUTPUT_A20) !== 0;
      if (!(value & OUTPUT_NOT_RESET)) this.host.reset();
    }
  }

  /** Sending to the keyboard enables its interface. */
  #toKeyboard(value: number): void {
    this.#s.config &= ~CONFIG_DISABLED;
    this.keys.receive(value);
    this.#armTransfer();
  }

  reset(): void {
    this.#s = powerOn();
    this.#transfer.disarm();
    this.#typing.disarm();
    this.keys.reset();
    this.mouse.reset();
    this.#lowerLines();
  }

  save(): DeviceState {
    return { ...structuredClone(this.#s), keys: this.keys.save(), mouse: this.mouse.save() };
  }

  restore(state: DeviceState): void {
    const { keys, mouse, ...rest } = structuredClone(state);
    this.#s = rest as ReturnType<typeof powerOn>;
    this.keys.restore(keys as DeviceState);
    this.mouse.restore(mouse as DeviceState);
  }
}
