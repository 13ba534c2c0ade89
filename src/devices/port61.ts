/**
 * System control port B (61h): gate of timer channel 2, speaker, and their read-back.
 * Source: IBM PC/AT Technical Reference. Bit 4 toggles with each memory refresh, about every 15 microseconds.
 */
import { ByteDevice } from './byteDevice';
import type { Clock, DeviceState } from './contract';
import type { Pit } from './pit';

const GATE2 = 0x01;
const SPEAKER = 0x02;
const WRITABLE = 0x0f;
const REFRESH = 0x10;
const OUT2 = 0x20;
const REFRESH_NS = 15085;

export class Port61 extends ByteDevice {
  readonly name = 'port61';
  #bits = 0;

  constructor(
    private readonly clock: Clock,
    private readonly pit: Pick<Pit, 'setGate2' | 'out2'>,
  ) {
    super();
  }

  /** True while the speaker follows the timer. */
  get speaker(): boolean {
    return (this.#bits & (GATE2 | SPEAKER)) === (GATE2 | SPEAKER);
  }

  protected readByte(): number {
    const refresh = Math.floor(this.clock.now() / REFRESH_NS) & 1 ? REFRESH : 0;
    return this.#bits | refresh | (this.pit.out2 ? OUT2 : 0);
  }

  protected writeByte(_region: number, _offset: number, value: number): void {
    this.#bits = value & WRITABLE;
    this.pit.setGate2((value & GATE2) !== 0);
  }

  reset(): void {
    this.writeByte(0, 0, 0);
  }

  save(): DeviceState {
    return { bits: this.#bits };
  }

  restore(state: DeviceState): void {
    this.#bits = state.bits as number;
  }
}
