/** What views subscribed to of one guest: its screen and its wires, as events, batched and no more often than an eye follows. */
import { ScreenFeed } from '../debug/screenFeed';
import type { DebugTarget } from '../debug/target';
import type { ScreenEvent, ScreenResponse } from '../protocol/screen';
import type { SerialEvent, SerialPort } from '../protocol/serial';

const SCREEN_MILLISECONDS = 50;
/** Bytes of each wire kept for who subscribes late. */
const KEPT = 1 << 16;

interface Wire {
  readonly port: SerialPort;
  /** The last KEPT bytes or so, a character a byte. */
  text: string;
  /** Bytes before them, and bytes that went out. */
  dropped: number;
  sent: number;
}

export class Streams {
  readonly #feed: ScreenFeed | undefined;
  readonly #wires: Wire[];
  #screen = false;
  #serial = false;
  /** Frame and characters that went out last. */
  #frame = 0;
  #text = '';
  #sentAt = 0;

  /** `before`: those of the guest that this one takes the place of; who subscribed stays subscribed. */
  constructor(
    private readonly target: DebugTarget,
    private readonly threadId: number,
    private readonly send: (event: string, body: object) => void,
    before?: Streams,
  ) {
    const { picture, wires } = target.machine;
    if (picture) this.#feed = new ScreenFeed(picture, before?.lastFrame);
    if (before) {
      this.#screen = before.#screen;
      this.#serial = before.#serial;
    }
    this.#wires = Object.entries(wires ?? {}).map(([port, emitter]) => {
      const wire: Wire = { port: port as SerialPort, text: '', dropped: 0, sent: 0 };
      emitter.on((bytes) => this.#print(wire, bytes));
      return wire;
    });
    target.sliced.on(() => this.flush(false));
  }

  /** Number of the last frame that anybody may have. */
  get lastFrame(): number {
    return this.#feed?.sequence ?? 0;
  }

  /** Turn streams on or off; what is turned on starts with all there is. */
  subscribe({ screen = this.#screen, serial = this.#serial }: { screen?: boolean; serial?: boolean }): void {
    if (screen) {
      this.#frame = 0;
      this.#text = '';
    }
    if (serial && !this.#serial) for (const wire of this.#wires) wire.sent = wire.dropped;
    this.#screen = screen;
    this.#serial = serial;
    this.flush(true);
  }

  /** The screen as it is; with `since`, what has changed of the picture. */
  screen(since?: number): ScreenResponse {
    const text = this.target.machine.screen();
    return since === undefined || !this.#feed ? text : { ...text, frame: this.#feed.frame(since) };
  }

  /** Send what is new: now, or if the last time is long enough ago. */
  flush(now: boolean): void {
    if (this.#serial) for (const wire of this.#wires) this.#sendWire(wire);
    if (!this.#screen || !this.#feed) return;
    const time = performance.now();
    if (!now && time - this.#sentAt < SCREEN_MILLISECONDS) return;
    this.#sentAt = time;
    const text = this.target.machine.screen();
    const frame = this.#feed.frame(this.#frame);
    const characters = JSON.stringify(text);
    if (frame.sequence === this.#frame && characters === this.#text) return;
    this.#frame = frame.sequence;
    this.#text = characters;
    const body: ScreenEvent = { threadId: this.threadId, ...text, frame };
    this.send('ringside/screen', body);
  }

  #print(wire: Wire, bytes: Uint8Array): void {
    for (const byte of bytes) wire.text += String.fromCharCode(byte);
    if (wire.text.length < 2 * KEPT) return;
    wire.dropped += wire.text.length - KEPT;
    wire.text = wire.text.slice(-KEPT);
  }

  #sendWire(wire: Wire): void {
    const position = Math.max(wire.sent, wire.dropped);
    const text = wire.text.slice(position - wire.dropped);
    if (!text) return;
    wire.sent = position + text.length;
    const body: SerialEvent = { threadId: this.threadId, port: wire.port, text, position };
    this.send('ringside/serial', body);
  }
}
