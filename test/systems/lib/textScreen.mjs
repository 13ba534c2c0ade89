/** The text that QEMU's VGA shows, from its memory. A driver may scroll by moving where the picture starts in it. */
const TEXT = { address: 0xb8000, bytes: 0x8000, columns: 80, lines: 25 };
const PAGE = TEXT.columns * TEXT.lines * 2;
const CRTC = 0x3d4;
const START_HIGH = 0x0c;
const START_LOW = 0x0d;

/** Every other byte is a character. */
const textOf = (memory) =>
  Array.from({ length: TEXT.lines }, (_, line) => memory.subarray(line * TEXT.columns * 2, (line + 1) * TEXT.columns * 2).filter((__, i) => i % 2 === 0))
    .map((line) => Buffer.from(line).toString('latin1').replaceAll('\0', ' '))
    .join('\n');

const isText = (byte, i) => i % 2 === 0 && byte !== 0 && byte !== 0x20;

export class TextScreen {
  #qemu;

  /** `qemu`: `memory` of the guest and `monitor` commands. */
  constructor(qemu) {
    this.#qemu = qemu;
  }

  async text() {
    const memory = await this.#qemu.memory(TEXT.address, TEXT.bytes);
    const start = memory.subarray(PAGE).some(isText) ? await this.#start() : 0;
    return textOf(Buffer.concat([memory, memory]).subarray(start, start + PAGE));
  }

  async #in(port) {
    return Number(/= (0x[0-9a-f]+)/.exec(await this.#qemu.monitor(`i /bx ${port}`))?.[1] ?? 0);
  }

  /** Byte of the memory where the picture begins. The guest stands still meanwhile, and finds the index register as it left it. */
  async #start() {
    await this.#qemu.monitor('stop');
    const index = await this.#in(`${CRTC}`);
    const [high, low] = [await this.#in(`${CRTC}.${START_HIGH}`), await this.#in(`${CRTC}.${START_LOW}`)];
    await this.#qemu.monitor(`o /b ${CRTC} ${index}`);
    await this.#qemu.monitor('cont');
    return ((high * 256 + low) * 2) % TEXT.bytes;
  }
}
