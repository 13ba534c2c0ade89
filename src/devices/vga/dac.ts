/** The DAC: 256 colours of three components, read and written one component after the other. */
import type { DeviceState } from '../contract';

const COMPONENTS = 768;
/** What reading port 3C7h tells: the last index written was for reading, or for writing. */
const READING = 0x03;
const WRITING = 0x00;

export class Dac {
  readonly colors = new Uint8Array(COMPONENTS);
  #r = { mask: 0xff, read: 0, write: 0, state: WRITING };

  get mask(): number {
    return this.#r.mask;
  }

  set mask(value: number) {
    this.#r.mask = value;
  }

  get state(): number {
    return this.#r.state;
  }

  get writeIndex(): number {
    return Math.floor(this.#r.write / 3);
  }

  startReading(index: number): void {
    this.#r.read = index * 3;
    this.#r.state = READING;
  }

  startWriting(index: number): void {
    this.#r.write = index * 3;
    this.#r.state = WRITING;
  }

  readComponent(): number {
    const value = this.colors[this.#r.read];
    this.#r.read = (this.#r.read + 1) % COMPONENTS;
    return value;
  }

  /** `wide`: all eight bits count. */
  writeComponent(value: number, wide: boolean): void {
    this.colors[this.#r.write] = wide ? value : value & 0x3f;
    this.#r.write = (this.#r.write + 1) % COMPONENTS;
  }

  reset(): void {
    this.colors.fill(0);
    this.#r = { mask: 0xff, read: 0, write: 0, state: WRITING };
  }

  save(): DeviceState {
    return { colors: this.colors.slice(), ...this.#r };
  }

  restore({ colors, ...rest }: DeviceState): void {
    this.colors.set(colors as Uint8Array);
    Object.assign(this.#r, rest);
  }
}
