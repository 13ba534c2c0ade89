/** Messages between the VMs of one hypervisor. A VM is known to the others by its number, in the order in which they came. */
import type { DeviceState } from '../../devices/contract';
import type { EventChannel } from './eventChannel';

/** Messages that a VM may leave unread; a sender must try again. */
const CAPACITY = 16;
const SENDER_BYTES = 4;

/** Who there is. */
export class PostOffice {
  readonly #boxes: (Mailbox | undefined)[] = [];

  /** Number of the VM that joins; one that makes no hypercalls has no box. */
  join(box?: Mailbox): number {
    this.#boxes.push(box);
    return this.#boxes.length - 1;
  }

  box(number: number): Mailbox | undefined {
    return this.#boxes[number];
  }
}

export class Mailbox {
  #office: PostOffice | undefined;
  #number = 0;
  /** Sender's number (a doubleword) and message. */
  #unread: Uint8Array[] = [];

  constructor(readonly events: EventChannel) {}

  /** Become one of several. */
  join(office: PostOffice): void {
    this.#office = office;
    this.#number = office.join(this);
  }

  /** Of this VM; undefined when it is alone. */
  get number(): number | undefined {
    return this.#office && this.#number;
  }

  send(to: number, message: Uint8Array): 'ENODEV' | 'EAGAIN' | undefined {
    const box = this.#office?.box(to);
    if (!box || box === this) return 'ENODEV';
    return box.#receive(this.#number, message) ? undefined : 'EAGAIN';
  }

  #receive(from: number, message: Uint8Array): boolean {
    if (this.#unread.length >= CAPACITY) return false;
    const bytes = new Uint8Array(SENDER_BYTES + message.length);
    new DataView(bytes.buffer).setUint32(0, from, true);
    bytes.set(message, SENDER_BYTES);
    this.#unread.push(bytes);
    this.events.raise('message');
    return true;
  }

  /** The shared page has been set: what came before is news. */
  announce(): void {
    if (this.#unread.length > 0) this.events.raise('message');
  }

  /** The oldest message, if `most` bytes hold it; undefined when there is none. */
  take(most: number): Uint8Array | 'too long' | undefined {
    const [oldest] = this.#unread;
    if (!oldest) return undefined;
    if (oldest.length > most) return 'too long';
    this.#unread.shift();
    return oldest;
  }

  reset(): void {
    this.#unread = [];
  }

  save(): DeviceState {
    return { unread: this.#unread.map((bytes) => bytes.slice()) };
  }

  restore(state: DeviceState): void {
    this.#unread = (state.unread as Uint8Array[]).map((bytes) => bytes.slice());
  }
}
