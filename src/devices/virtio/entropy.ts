/**
 * A virtio entropy device whose bytes are a function of its seed, so that a run can be repeated. Source: VIRTIO 1.2, §5.4.
 * The generator is xoshiro128** (Blackman & Vigna, "Scrambled Linear Pseudorandom Number Generators", 2021), its state
 * filled by the finalizer of MurmurHash3. Not for secrets. Queue 0: requests.
 */
import type { DeviceState } from '../contract';
import { VIRTIO_ID, type VirtioDevice, type VirtioTransport } from './virtioDevice';

/** Bytes given for one request at most. */
const PORTION = 4096;
const PORTION_TIME = 1000;
const GOLDEN_RATIO = 0x9e3779b9;

const rotateLeft = (x: number, n: number): number => (x << n) | (x >>> (32 - n));

const mix = (x: number): number => {
  let z = x;
  z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
  z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
  return (z ^ (z >>> 16)) >>> 0;
};

const seeded = (seed: number): number[] => [1, 2, 3, 4].map((n) => mix(Math.imul(n, GOLDEN_RATIO) + seed));

export class VirtioEntropy implements VirtioDevice {
  readonly id = VIRTIO_ID.entropy;
  readonly features = 0;
  readonly queues = [64];
  readonly config = new Uint8Array(0);
  #transport!: VirtioTransport;
  #state: number[];

  /** `seed`: 32 bits. */
  constructor(
    readonly name: string,
    seed: number,
  ) {
    this.#state = seeded(seed);
  }

  connect(transport: VirtioTransport): void {
    this.#transport = transport;
  }

  serve(index: number): number {
    const chain = this.#transport.queue(index).pop();
    if (!chain) return 0;
    const bytes = this.#bytes(Math.min(PORTION, chain.writable));
    chain.write(0, bytes);
    this.#transport.complete(index, chain, bytes.length);
    return PORTION_TIME;
  }

  #bytes(count: number): Uint8Array {
    const words = Uint32Array.from({ length: Math.ceil(count / 4) }, () => this.#next());
    return new Uint8Array(words.buffer).subarray(0, count);
  }

  #next(): number {
    const s = this.#state;
    const result = Math.imul(rotateLeft(Math.imul(s[1], 5), 7), 9) >>> 0;
    const t = s[1] << 9;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotateLeft(s[3], 11);
    return result;
  }

  /** The stream goes on: a driver that comes back does not see the same bytes again. */
  reset(): void {}

  save(): DeviceState {
    return { state: [...this.#state] };
  }

  restore(state: DeviceState): void {
    this.#state = [...(state.state as number[])];
  }
}
