/** A virtio network card on a port of a virtual switch, without offloads. Source: VIRTIO 1.2, §5.1. Queue 0: to the guest, queue 1: from it. */
import { Emitter } from '../../base/events';
import type { DeviceState } from '../contract';
import { MAX_FRAME, MIN_FRAME } from './switch';
import { VIRTIO_ID, type VirtioDevice, type VirtioTransport } from './virtioDevice';

const RECEIVE = 0;
const TRANSMIT = 1;
const F_MAC = 1 << 5;
const F_STATUS = 1 << 16;
const STATUS_LINK_UP = 1;
const MAC_BYTES = 6;
/** MAC address, status. */
const CONFIG_BYTES = 8;
/** The header before every frame: all zeros without offloads, but for the number of buffers, which old drivers do not have. */
const HEADER_LEGACY = 10;
const HEADER_MODERN = 12;
/** Frames that wait for the guest to make room; more are lost, as on a wire. */
const WAITING = 256;
/** Guest time for a frame: about that of gigabit Ethernet. */
const FRAME_TIME = 10_000;

export class VirtioNetwork implements VirtioDevice {
  readonly id = VIRTIO_ID.network;
  readonly features = F_MAC | F_STATUS;
  readonly queues = [256, 256];
  readonly config = new Uint8Array(CONFIG_BYTES);
  /** Frames that the guest sent. */
  readonly sent = new Emitter<Uint8Array>();
  #transport!: VirtioTransport;
  #waiting: Uint8Array[] = [];
  #lost = 0;

  constructor(
    readonly name: string,
    mac: Uint8Array,
  ) {
    this.config.set(mac.subarray(0, MAC_BYTES));
    this.config[MAC_BYTES] = STATUS_LINK_UP;
  }

  connect(transport: VirtioTransport): void {
    this.#transport = transport;
  }

  /** Frames for the guest that were lost: nobody drives the card, or the driver gave it too little room. */
  get lost(): number {
    return this.#lost;
  }

  get #header(): number {
    return this.#transport.modern ? HEADER_MODERN : HEADER_LEGACY;
  }

  /** A frame from the wire. */
  receive(frame: Uint8Array): void {
    if (!this.#transport.live || this.#waiting.length >= WAITING) this.#lost++;
    else {
      this.#waiting.push(frame.slice());
      this.#transport.kick(RECEIVE);
    }
  }

  serve(index: number): number {
    return index === TRANSMIT ? this.#transmit() : this.#deliver();
  }

  #transmit(): number {
    const chain = this.#transport.queue(TRANSMIT).pop();
    if (!chain) return 0;
    const length = chain.readable - this.#header;
    // What is no Ethernet frame does not get onto the wire.
    if (length >= MIN_FRAME && length <= MAX_FRAME) this.sent.fire(chain.read(this.#header, length));
    this.#transport.complete(TRANSMIT, chain, 0);
    return FRAME_TIME;
  }

  #deliver(): number {
    if (this.#waiting.length === 0) return 0;
    const queue = this.#transport.queue(RECEIVE);
    const chain = queue.peek();
    if (!chain) return 0;
    const frame = this.#waiting.shift()!;
    const header = new Uint8Array(this.#header);
    if (chain.writable < header.length + frame.length) this.#lost++;
    else {
      if (header.length === HEADER_MODERN) header[HEADER_LEGACY] = 1; // one buffer
      queue.take();
      chain.write(0, header);
      chain.write(header.length, frame);
      this.#transport.complete(RECEIVE, chain, header.length + frame.length);
    }
    return FRAME_TIME;
  }

  reset(): void {
    this.#waiting = [];
  }

  save(): DeviceState {
    return { waiting: [...this.#waiting], lost: this.#lost };
  }

  restore(state: DeviceState): void {
    this.#waiting = [...(state.waiting as Uint8Array[])];
    this.#lost = state.lost as number;
  }
}
