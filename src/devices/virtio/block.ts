/** A virtio block device over a disk image. Source: VIRTIO 1.2, §5.2. Queue 0: requests. */
import type { DeviceState } from '../contract';
import { type DiskImage, SECTOR_SIZE } from '../diskImage';
import type { DescriptorChain } from './descriptorChain';
import { VIRTIO_ID, type VirtioDevice, type VirtioTransport } from './virtioDevice';

const QUEUE = 128;
const F_SEG_MAX = 1 << 2;
const F_GEOMETRY = 1 << 4;
const F_BLK_SIZE = 1 << 6;
const F_FLUSH = 1 << 9;

const HEADER = 16;
const REQUEST = { IN: 0, OUT: 1, FLUSH: 4, GET_ID: 8 } as const;
const STATUS = { OK: 0, IOERR: 1, UNSUPP: 2 } as const;
const ID_BYTES = 20;
/** More in one request is refused: no driver asks for so much. */
const MAX_DATA = 1 << 26;

/** Guest time: a request, and each byte of it (an SSD of about a gigabyte a second). */
const REQUEST_TIME = 10_000;
const BYTE_TIME = 1;

/** Offsets in the configuration space. */
const CONFIG = { capacity: 0, segMax: 12, cylinders: 16, heads: 18, sectors: 19, blockSize: 20, bytes: 60 } as const;

interface Outcome {
  readonly status: number;
  /** Bytes for the driver, before the status. */
  readonly data?: Uint8Array;
}

export class VirtioBlock implements VirtioDevice {
  readonly id = VIRTIO_ID.block;
  readonly features = F_SEG_MAX | F_GEOMETRY | F_BLK_SIZE | F_FLUSH;
  readonly queues = [QUEUE];
  readonly config: Uint8Array;
  #transport!: VirtioTransport;

  constructor(
    readonly name: string,
    private readonly image: DiskImage,
  ) {
    this.config = configuration(image);
  }

  connect(transport: VirtioTransport): void {
    this.#transport = transport;
  }

  serve(index: number): number {
    const chain = this.#transport.queue(index).pop();
    if (!chain) return 0;
    if (chain.readable < HEADER || chain.writable < 1) {
      this.#transport.fail(`a request has ${chain.readable} bytes to read and ${chain.writable} to write: expected a header of ${HEADER} and a status`);
      return 0;
    }
    const { status, data } = this.#execute(chain);
    if (data) chain.write(0, data);
    chain.write(chain.writable - 1, Uint8Array.of(status));
    this.#transport.complete(index, chain, (data?.length ?? 0) + 1);
    return REQUEST_TIME + BYTE_TIME * Math.min(MAX_DATA, chain.readable + chain.writable);
  }

  #execute(chain: DescriptorChain): Outcome {
    const header = new DataView(chain.read(0, HEADER).buffer);
    const type = header.getUint32(0, true);
    const sector = header.getUint32(12, true) * 2 ** 32 + header.getUint32(8, true);
    const room = chain.writable - 1;
    switch (type) {
      case REQUEST.IN:
        return this.#reach(sector, room) ? { status: STATUS.OK, data: this.image.read(sector, room / SECTOR_SIZE) } : { status: STATUS.IOERR };
      case REQUEST.OUT:
        return this.#store(chain, sector);
      case REQUEST.FLUSH:
        return { status: STATUS.OK };
      case REQUEST.GET_ID:
        return { status: STATUS.OK, data: Uint8Array.from({ length: Math.min(ID_BYTES, room) }, (_, i) => this.name.charCodeAt(i) || 0) };
      default:
        return { status: STATUS.UNSUPP };
    }
  }

  #store(chain: DescriptorChain, sector: number): Outcome {
    const length = chain.readable - HEADER;
    if (!this.#reach(sector, length)) return { status: STATUS.IOERR };
    this.image.write(sector, chain.read(HEADER, length));
    return { status: STATUS.OK };
  }

  #reach(sector: number, bytes: number): boolean {
    return bytes % SECTOR_SIZE === 0 && bytes <= MAX_DATA && sector + bytes / SECTOR_SIZE <= this.image.sectors;
  }

  reset(): void {}

  /** The image saves itself. */
  save(): DeviceState {
    return {};
  }

  restore(): void {}
}

const configuration = ({ sectors, geometry }: DiskImage): Uint8Array => {
  const view = new DataView(new ArrayBuffer(CONFIG.bytes));
  view.setUint32(CONFIG.capacity, sectors % 2 ** 32, true);
  view.setUint32(CONFIG.capacity + 4, Math.floor(sectors / 2 ** 32), true);
  view.setUint32(CONFIG.segMax, QUEUE - 2, true);
  view.setUint16(CONFIG.cylinders, geometry.cylinders, true);
  view.setUint8(CONFIG.heads, geometry.heads);
  view.setUint8(CONFIG.sectors, geometry.sectors);
  view.setUint32(CONFIG.blockSize, SECTOR_SIZE, true);
  return new Uint8Array(view.buffer);
};
