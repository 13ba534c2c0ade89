/** What the guest prints on its wires. */

/** Serial ports 1 and 2, the debug console at port E9h, the virtio console, and the console of our hypercalls. */
export const SERIAL_PORTS = ['COM1', 'COM2', 'E9h', 'hvc0', 'hypercall'] as const;

export type SerialPort = (typeof SERIAL_PORTS)[number];

/** Body of the event `ringside/serial`, batched; to those who subscribed, who first get what is kept of the past. */
export interface SerialEvent {
  readonly threadId: number;
  readonly port: SerialPort;
  /** A character a byte. */
  readonly text: string;
  /** Bytes printed on this port before these: a gap to the last event's end shows what is lost. */
  readonly position: number;
}
