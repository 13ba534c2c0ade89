/** An Ethernet switch between VMs: learns which addresses are behind which port, floods what it does not know. Source: IEEE 802.1D, §7.7 to §7.9. */
import { Emitter } from '../../base/events';
import type { DeviceState } from '../contract';

/** Two addresses and a type; with a VLAN tag and 1500 bytes of payload. Without the check sequence. */
export const MIN_FRAME = 14;
export const MAX_FRAME = 1518;
const GROUP = 0x01;
/** Addresses remembered; the oldest goes first. */
const TABLE = 1024;

/** One frame on its way, for logs and views. */
export interface SwitchedFrame {
  /** Guest time of the sender, nanoseconds. */
  readonly time: number;
  /** Ports by number: whence, whither. */
  readonly from: number;
  readonly to: readonly number[];
  readonly frame: Uint8Array;
}

export interface SwitchPort {
  readonly number: number;
  /** Put a frame on the wire at guest time `time`, nanoseconds. */
  send(frame: Uint8Array, time: number): void;
  /** Unplug. */
  close(): void;
}

const address = (frame: Uint8Array, offset: number): string => Array.from(frame.subarray(offset, offset + 6), (byte) => byte.toString(16).padStart(2, '0')).join(':');

export class Switch {
  /** Every frame that was sent. */
  readonly frames = new Emitter<SwitchedFrame>();
  readonly #ports = new Map<number, (frame: Uint8Array) => void>();
  #table = new Map<string, number>();
  #nextPort = 0;

  /** Plug in; `receive` gets the frames that leave the switch there. It must not send from within. */
  connect(receive: (frame: Uint8Array) => void): SwitchPort {
    const number = this.#nextPort++;
    this.#ports.set(number, receive);
    return {
      number,
      send: (frame, time) => this.#forward(number, frame, time),
      close: () => {
        this.#ports.delete(number);
        for (const [mac, port] of this.#table) if (port === number) this.#table.delete(mac);
      },
    };
  }

  /** The port behind which a MAC address (`02:00:00:00:00:01`) was seen last. */
  portOf(mac: string): number | undefined {
    return this.#table.get(mac);
  }

  #forward(from: number, frame: Uint8Array, time: number): void {
    if (!this.#ports.has(from) || frame.length < MIN_FRAME || frame.length > MAX_FRAME) return;
    this.#learn(from, frame);
    const to = this.#destinations(from, frame);
    if (this.frames.watched) this.frames.fire({ time, from, to, frame });
    for (const number of to) this.#ports.get(number)!(frame);
  }

  #learn(from: number, frame: Uint8Array): void {
    if (frame[6] & GROUP) return;
    const source = address(frame, 6);
    this.#table.delete(source); // the youngest is last
    this.#table.set(source, from);
    if (this.#table.size > TABLE) this.#table.delete(this.#table.keys().next().value!);
  }

  #destinations(from: number, frame: Uint8Array): number[] {
    const known = frame[0] & GROUP ? undefined : this.#table.get(address(frame, 0));
    if (known !== undefined) return known === from ? [] : [known];
    return [...this.#ports.keys()].filter((number) => number !== from);
  }

  /** What it has learnt. */
  save(): DeviceState {
    return { addresses: [...this.#table].map(([mac, port]) => ({ mac, port })) };
  }

  restore(state: DeviceState): void {
    this.#table = new Map((state.addresses as DeviceState[]).map(({ mac, port }) => [mac as string, port as number]));
  }
}

/** The address of the card on port `number`: locally administered, 02:00:00:00:00:01 on port 0. */
export const macAddress = (number: number): Uint8Array => Uint8Array.of(0x02, 0, 0, 0, ((number + 1) >> 8) & 0xff, (number + 1) & 0xff);
