/**
 * Ports for talking to the outside with one OUT, as emulators have them, and the PC's port 80h and 92h.
 * Regions: 0 = console (E9h), 1 = exit (F4h), 2 = POST code (80h), 3 = system control port A (92h),
 * 4 = log of a BIOS image (402h).
 */
import { Emitter } from '../base/events';
import type { AccessSize, BusDevice, DeviceState } from './contract';

const CONSOLE = 0;
const EXIT = 1;
const POST = 2;
const BIOS_LOG = 4;
const LONGEST_LINE = 200;
const CONTROL_A_RESET = 0x01;
const CONTROL_A_A20 = 0x02;

export interface DebugPortsHost {
  /** The guest wrote `code` to F4h: power off. */
  exit(code: number): void;
  reset(): void;
  a20: boolean;
}

export class DebugPorts implements BusDevice {
  readonly name = 'debugPorts';
  /** Every byte written to E9h. */
  readonly output = new Emitter<number>();
  /** Every code written to port 80h. */
  readonly postCodes = new Emitter<number>();
  /** Every line written to 402h. */
  readonly biosLog = new Emitter<string>();
  #post = 0;
  #line = '';

  constructor(private readonly host: DebugPortsHost) {}

  /** Last code written to port 80h. */
  get postCode(): number {
    return this.#post;
  }

  read(region: number, _offset: number, size: AccessSize): number {
    if (region === CONSOLE || region === BIOS_LOG) return 0xe9; // how a guest finds out that the port is there
    if (region === EXIT) return size === 1 ? 0xff : size === 2 ? 0xffff : 0xffffffff;
    if (region === POST) return this.#post;
    return this.host.a20 ? CONTROL_A_A20 : 0;
  }

  isSteady(region: number): boolean {
    return region === POST;
  }

  isPlain(region: number): boolean {
    return region === POST && !this.postCodes.watched;
  }

  write(region: number, _offset: number, size: AccessSize, value: number): void {
    if (region === CONSOLE) for (let i = 0; i < size; i++) this.output.fire((value >>> (8 * i)) & 0xff);
    else if (region === BIOS_LOG) this.#log(value & 0xff);
    else if (region === EXIT) this.host.exit(value);
    else if (region === POST) {
      this.#post = value & 0xff;
      this.postCodes.fire(this.#post);
    } else {
      this.host.a20 = (value & CONTROL_A_A20) !== 0;
      if (value & CONTROL_A_RESET) this.host.reset();
    }
  }

  #log(byte: number): void {
    if (byte !== 0x0a) this.#line += String.fromCharCode(byte);
    if (byte !== 0x0a && this.#line.length < LONGEST_LINE) return;
    this.biosLog.fire(this.#line);
    this.#line = '';
  }

  reset(): void {
    this.#line = '';
    this.#post = 0;
  }

  save(): DeviceState {
    return { post: this.#post, line: this.#line };
  }

  restore(state: DeviceState): void {
    this.#post = state.post as number;
    this.#line = state.line as string;
  }
}
