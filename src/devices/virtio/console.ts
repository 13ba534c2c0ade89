/** A virtio console with one port. Source: VIRTIO 1.2, §5.3. Queue 0: to the guest, queue 1: from it. */
import { Emitter } from '../../base/events';
import type { DeviceState } from '../contract';
import { VIRTIO_ID, type VirtioDevice, type VirtioTransport } from './virtioDevice';

const RECEIVE = 0;
const TRANSMIT = 1;
const F_SIZE = 1 << 0;
const F_EMERG_WRITE = 1 << 2;
/** Configuration space: columns, rows, number of ports (not offered), emergency write. */
const CONFIG_BYTES = 12;
const EMERGENCY_WRITE = 8;
const COLUMNS = 80;
const ROWS = 25;
/** Bytes taken from one buffer at a time, and the guest time that takes. */
const PORTION = 4096;
const PORTION_TIME = 2000;

export class VirtioConsole implements VirtioDevice {
  readonly id = VIRTIO_ID.console;
  readonly features = F_SIZE | F_EMERG_WRITE;
  readonly queues = [64, 64];
  readonly config = Uint8Array.from({ length: CONFIG_BYTES }, (_, i) => (i === 0 ? COLUMNS : i === 2 ? ROWS : i === 4 ? 1 : 0));
  /** What the guest wrote. */
  readonly output = new Emitter<Uint8Array>();
  #transport!: VirtioTransport;
  /** What the guest has not read yet. */
  #input: number[] = [];
  /** Bytes already taken of the buffer at the head of the transmit queue. */
  #taken = 0;

  constructor(readonly name: string) {}

  connect(transport: VirtioTransport): void {
    this.#transport = transport;
  }

  /** A driver is there to receive. */
  get open(): boolean {
    return this.#transport.live;
  }

  receive(bytes: Iterable<number>): void {
    for (const byte of bytes) this.#input.push(byte & 0xff);
    this.#transport.kick(RECEIVE);
  }

  configWritten(offset: number, value: number): void {
    if (offset === EMERGENCY_WRITE) this.output.fire(Uint8Array.of(value));
  }

  serve(index: number): number {
    return index === TRANSMIT ? this.#transmit() : this.#deliver();
  }

  #transmit(): number {
    const queue = this.#transport.queue(TRANSMIT);
    const chain = queue.peek();
    if (!chain) return 0;
    const portion = chain.read(this.#taken, PORTION);
    if (portion.length > 0) this.output.fire(portion);
    this.#taken += portion.length;
    if (this.#taken >= chain.readable) {
      this.#taken = 0;
      queue.take();
      this.#transport.complete(TRANSMIT, chain, 0);
    }
    return PORTION_TIME;
  }

  #deliver(): number {
    if (this.#input.length === 0) return 0;
    const chain = this.#transport.queue(RECEIVE).pop();
    if (!chain) return 0;
    const stored = chain.write(0, Uint8Array.from(this.#input.slice(0, Math.min(PORTION, chain.writable))));
    this.#input.splice(0, stored);
    this.#transport.complete(RECEIVE, chain, stored);
    return PORTION_TIME;
  }

  reset(): void {
    this.#taken = 0;
  }

  save(): DeviceState {
    return { input: [...this.#input], taken: this.#taken };
  }

  restore(state: DeviceState): void {
    this.#input = [...(state.input as number[])];
    this.#taken = state.taken as number;
  }
}
