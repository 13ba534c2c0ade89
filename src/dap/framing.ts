/** The base protocol: `Content-Length: n`, an empty line, n bytes of JSON. A stream that loses its framing cannot be found again. */
import { badFrame, type RequestError } from './errors';

export type Frame =
  | { readonly kind: 'message'; readonly message: unknown }
  /** The frame was whole, its content was not JSON: the next frame is unharmed. */
  | { readonly kind: 'garbled'; readonly error: RequestError }
  /** Where the next frame starts can no longer be told. */
  | { readonly kind: 'lost'; readonly error: RequestError };

const MAX_HEADER = 4096;
const MAX_CONTENT = 64 << 20;
const END_OF_HEADER = '\r\n\r\n';

export function encodeFrame(message: unknown): Uint8Array {
  const content = new TextEncoder().encode(JSON.stringify(message));
  const header = new TextEncoder().encode(`Content-Length: ${content.length}${END_OF_HEADER}`);
  const frame = new Uint8Array(header.length + content.length);
  frame.set(header);
  frame.set(content, header.length);
  return frame;
}

export class FrameDecoder {
  #chunks: Uint8Array[] = [];
  #buffered = 0;
  /** Bytes that must be there before it is worth looking again. */
  #needed = 1;
  #lost = false;

  /** The frames that `chunk` completes. After `lost` there are no more. */
  push(chunk: Uint8Array): Frame[] {
    const frames: Frame[] = [];
    if (this.#lost) return frames;
    this.#chunks.push(chunk);
    this.#buffered += chunk.length;
    while (this.#buffered >= this.#needed) {
      const frame = this.#next(this.#joined());
      if (!frame) break;
      frames.push(frame);
      if (frame.kind === 'lost') {
        this.#lost = true;
        this.#chunks = [];
        break;
      }
    }
    return frames;
  }

  #joined(): Uint8Array {
    if (this.#chunks.length === 1) return this.#chunks[0];
    const joined = new Uint8Array(this.#buffered);
    let at = 0;
    for (const chunk of this.#chunks) {
      joined.set(chunk, at);
      at += chunk.length;
    }
    this.#chunks = [joined];
    return joined;
  }

  #next(bytes: Uint8Array): Frame | undefined {
    const head = String.fromCharCode(...bytes.subarray(0, MAX_HEADER));
    const end = head.indexOf(END_OF_HEADER);
    if (end < 0) {
      this.#needed = bytes.length + 1;
      if (bytes.length < MAX_HEADER) return undefined;
      return { kind: 'lost', error: badFrame(`No end of header in the first ${MAX_HEADER} bytes of a frame.`) };
    }
    const length = /^content-length:[ \t]*(\d{1,10})[ \t]*$/im.exec(head.slice(0, end));
    if (!length) return { kind: 'lost', error: badFrame('A frame needs a header "Content-Length" with a number of bytes.') };
    const size = Number(length[1]);
    if (size > MAX_CONTENT) return { kind: 'lost', error: badFrame(`Content-Length is ${size}; a frame has at most ${MAX_CONTENT} bytes.`) };
    const start = end + END_OF_HEADER.length;
    this.#needed = start + size;
    if (bytes.length < this.#needed) return undefined;
    this.#chunks = [bytes.subarray(this.#needed)];
    this.#buffered = bytes.length - this.#needed;
    this.#needed = 1;
    return decodeContent(bytes.subarray(start, start + size));
  }
}

function decodeContent(content: Uint8Array): Frame {
  try {
    return { kind: 'message', message: JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(content)) };
  } catch (error) {
    return { kind: 'garbled', error: badFrame(`A frame must hold JSON in UTF-8: ${(error as Error).message}`) };
  }
}

/** The answer to what was no request: the protocol has no other way to say so. */
export const refusal = (error: RequestError): object => ({
  seq: 0,
  type: 'response',
  request_seq: 0,
  success: false,
  command: '',
  message: error.message,
  body: { error: { id: 1001, format: error.message.replace(/[{}]/g, '') } },
});
