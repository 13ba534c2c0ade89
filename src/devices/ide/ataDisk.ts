/**
 * An ATA hard disk: the general, 48-bit address, power management and write cache feature sets. A data command names its
 * protocol in a table; the protocols are the state machine's phases. Source: ATA/ATAPI-6 (T13/1410D) §8 and §9;
 * INITIALIZE DEVICE PARAMETERS, RECALIBRATE: ATA-3 (X3T10/2008D) §8.
 */
import type { BlockDevice, Geometry } from '../diskImage';
import { AtaDevice, COUNT, type Cable, DEVICE, DSC, DRDY, ERROR_ABRT, ERROR_IDNF, LBA_HIGH, LBA_LOW, LBA_MID } from './ataDevice';
import { identifyDisk } from './identify';

const SECTOR = 512;
const DEVICE_LBA = 0x40;
const MAX_MULTIPLE = 16;
/** Sectors the bus master moves at a time. */
const DMA_BLOCK = 128;
const IN_ACTIVE_MODE = 0xff;

type Protocol = 'read' | 'write' | 'readMultiple' | 'writeMultiple' | 'dmaRead' | 'dmaWrite' | 'verify';

// biome-ignore format: a table
const DATA_COMMANDS: ReadonlyMap<number, { readonly protocol: Protocol; readonly wide: boolean }> = new Map([
  [0x20, { protocol: 'read',          wide: false }], // READ SECTOR(S)
  [0x21, { protocol: 'read',          wide: false }], // … without retries, obsolete
  [0x24, { protocol: 'read',          wide: true }],  // READ SECTOR(S) EXT
  [0x25, { protocol: 'dmaRead',       wide: true }],  // READ DMA EXT
  [0x29, { protocol: 'readMultiple',  wide: true }],  // READ MULTIPLE EXT
  [0x30, { protocol: 'write',         wide: false }], // WRITE SECTOR(S)
  [0x31, { protocol: 'write',         wide: false }],
  [0x34, { protocol: 'write',         wide: true }],  // WRITE SECTOR(S) EXT
  [0x35, { protocol: 'dmaWrite',      wide: true }],  // WRITE DMA EXT
  [0x39, { protocol: 'writeMultiple', wide: true }],  // WRITE MULTIPLE EXT
  [0x40, { protocol: 'verify',        wide: false }], // READ VERIFY SECTOR(S)
  [0x41, { protocol: 'verify',        wide: false }],
  [0x42, { protocol: 'verify',        wide: true }],  // READ VERIFY SECTOR(S) EXT
  [0xc4, { protocol: 'readMultiple',  wide: false }], // READ MULTIPLE
  [0xc5, { protocol: 'writeMultiple', wide: false }], // WRITE MULTIPLE
  [0xc8, { protocol: 'dmaRead',       wide: false }], // READ DMA
  [0xc9, { protocol: 'dmaRead',       wide: false }],
  [0xca, { protocol: 'dmaWrite',      wide: false }], // WRITE DMA
  [0xcb, { protocol: 'dmaWrite',      wide: false }],
]);

/** Done as soon as they are given: there is no motor, and no cache before the medium. */
// biome-ignore format: a table
const NO_OPERATION = new Set([
  0x70,                               // SEEK
  0x94, 0x95, 0x96, 0x97, 0x99,       // power management, old codes
  0xe0, 0xe1, 0xe2, 0xe3, 0xe6,       // STANDBY IMMEDIATE, IDLE IMMEDIATE, STANDBY, IDLE, SLEEP
  0xe7, 0xea,                         // FLUSH CACHE, FLUSH CACHE EXT
]);

const ENABLE_WRITE_CACHE = 0x02;
const DISABLE_WRITE_CACHE = 0x82;
/** SET FEATURES subcommands that change nothing here: read look-ahead, power-on defaults. */
const FEATURES = new Set([0x55, 0xaa, 0x66, 0xcc]);
/** Highest sector that 28 bits name. */
const LAST_LBA28 = 0x0fff_fffe;

export class AtaDisk extends AtaDevice {
  constructor(
    name: string,
    cable: Cable,
    private readonly medium: BlockDevice,
  ) {
    super(name, cable);
  }

  protected signature() {
    // biome-ignore format: register, value
    return { registers: [[COUNT, 1], [LBA_LOW, 1], [LBA_MID, 0], [LBA_HIGH, 0]] as const, status: DRDY | DSC };
  }

  protected override powerOnReset(): void {
    this.#initializeParameters(this.#native.heads, this.#native.sectors);
  }

  /** The translation of IDENTIFY words 1, 3 and 6: at most 16 heads. */
  get #native(): Geometry {
    const { geometry, sectors } = this.medium;
    if (geometry.heads <= 16) return geometry;
    return { cylinders: Math.min(16383, Math.floor(sectors / (16 * 63))), heads: 16, sectors: 63 };
  }

  get #current(): Geometry {
    const { heads, sectors } = this.s;
    return { cylinders: Math.min(16383, Math.floor(this.medium.sectors / (heads * sectors))), heads, sectors };
  }

  #initializeParameters(heads: number, sectors: number): void {
    Object.assign(this.s, { heads, sectors });
  }

  protected execute(command: number): void {
    const data = DATA_COMMANDS.get(command);
    if (data) return this.#start(data.protocol, data.wide);
    if (NO_OPERATION.has(command) || (command & 0xf0) === 0x10) return this.busy('done'); // 1xh: RECALIBRATE
    switch (command) {
      case 0x91: {
        const [heads, sectors] = [(this.s.registers[DEVICE] & 15) + 1, this.s.registers[COUNT]];
        if (sectors === 0) return this.fail(ERROR_ABRT);
        this.#initializeParameters(heads, sectors);
        return this.busy('done');
      }
      case 0xe5: // CHECK POWER MODE
      case 0x98:
        this.s.registers[COUNT] = IN_ACTIVE_MODE;
        return this.busy('done');
      case 0xec:
        return this.busy('identify');
      case 0xef:
        return this.#setFeatures();
      case 0xc6: {
        const count = this.s.registers[COUNT];
        if (count > MAX_MULTIPLE || count & (count - 1)) return this.fail(ERROR_ABRT);
        this.s.multiple = count;
        return this.busy('done');
      }
      case 0xf8: // READ NATIVE MAX ADDRESS
      case 0x27: // … EXT
        this.#showAddress(command === 0x27 ? this.medium.sectors - 1 : Math.min(this.medium.sectors - 1, LAST_LBA28), command === 0x27);
        return this.busy('done');
      default:
        this.fail(ERROR_ABRT);
    }
  }

  #setFeatures(): void {
    const { s } = this;
    const mode = s.registers[COUNT];
    if (s.features === 0x03) {
      // Transfer mode: PIO default and flow control, multiword DMA, Ultra DMA.
      const kind = mode >> 3;
      if (kind === 4 && (mode & 7) < 3) Object.assign(s, { multiwordDma: 1 << (mode & 7), ultraDma: 0 });
      else if (kind === 8 && (mode & 7) < 6) Object.assign(s, { multiwordDma: 0, ultraDma: 1 << (mode & 7) });
      else if (kind > 1 || (mode & 7) > 4) return this.fail(ERROR_ABRT);
    } else if (s.features === ENABLE_WRITE_CACHE || s.features === DISABLE_WRITE_CACHE) s.writeCache = s.features === ENABLE_WRITE_CACHE;
    else if (!FEATURES.has(s.features)) return this.fail(ERROR_ABRT);
    this.busy('done');
  }

  // Addresses.

  /** First sector of the command; undefined when C/H/S name none. */
  #address(wide: boolean): number | undefined {
    const { registers: r, previous: p } = this.s;
    if (wide) return r[LBA_LOW] + r[LBA_MID] * 2 ** 8 + r[LBA_HIGH] * 2 ** 16 + p[LBA_LOW] * 2 ** 24 + p[LBA_MID] * 2 ** 32 + p[LBA_HIGH] * 2 ** 40;
    if (r[DEVICE] & DEVICE_LBA) return r[LBA_LOW] + r[LBA_MID] * 2 ** 8 + r[LBA_HIGH] * 2 ** 16 + (r[DEVICE] & 15) * 2 ** 24;
    const [cylinder, head, sector] = [r[LBA_MID] | (r[LBA_HIGH] << 8), r[DEVICE] & 15, r[LBA_LOW]];
    const { heads, sectors } = this.s;
    return sector === 0 || sector > sectors || head >= heads ? undefined : (cylinder * heads + head) * sectors + sector - 1;
  }

  /** Put `lba` into the registers, in the form that the command used. */
  #showAddress(lba: number, wide: boolean): void {
    const { registers: r, previous: p } = this.s;
    const byte = (n: number) => Math.floor(lba / 2 ** (8 * n)) & 0xff;
    if (wide || r[DEVICE] & DEVICE_LBA) {
      [r[LBA_LOW], r[LBA_MID], r[LBA_HIGH]] = [byte(0), byte(1), byte(2)];
      if (wide) [p[LBA_LOW], p[LBA_MID], p[LBA_HIGH]] = [byte(3), byte(4), byte(5)];
      else r[DEVICE] = (r[DEVICE] & 0xf0) | (byte(3) & 15);
      return;
    }
    const { heads, sectors } = this.s;
    const track = Math.floor(lba / sectors);
    const cylinder = Math.floor(track / heads);
    [r[LBA_LOW], r[LBA_MID], r[LBA_HIGH]] = [(lba % sectors) + 1, cylinder & 0xff, (cylinder >> 8) & 0xff];
    r[DEVICE] = (r[DEVICE] & 0xf0) | ((track % heads) & 15);
  }

  get #wide(): boolean {
    return DATA_COMMANDS.get(this.s.command)?.wide ?? false;
  }

  // Data transfer.

  #start(protocol: Protocol, wide: boolean): void {
    const { s } = this;
    if (protocol.endsWith('Multiple') && s.multiple === 0) return this.fail(ERROR_ABRT);
    const lba = this.#address(wide);
    if (lba === undefined) return this.fail(ERROR_IDNF);
    s.lba = lba;
    s.remaining = wide ? s.registers[COUNT] | (s.previous[COUNT] << 8) || 0x10000 : s.registers[COUNT] || 0x100;
    if (protocol.startsWith('dma')) this.awaitDma(protocol);
    else if (protocol.startsWith('write')) this.#takeBlock(false);
    else this.busy(protocol === 'verify' ? 'verify' : 'read');
  }

  /** Sectors of the next block, as far as there are any on the medium. */
  #block(limit: number): number {
    return Math.min(limit, this.s.remaining, this.medium.sectors - this.s.lba);
  }

  get #perInterrupt(): number {
    const { protocol } = DATA_COMMANDS.get(this.s.command)!;
    return protocol.endsWith('Multiple') ? this.s.multiple : 1;
  }

  #notFound(): void {
    this.#showAddress(this.s.lba, this.#wide);
    this.fail(ERROR_IDNF);
  }

  #advance(count: number): void {
    const { s } = this;
    s.lba += count;
    s.remaining -= count;
    s.registers[COUNT] = s.remaining & 0xff;
    s.previous[COUNT] = s.remaining >> 8;
    this.#showAddress(s.lba - 1, this.#wide);
  }

  protected step(phase: string): void {
    switch (phase) {
      case 'identify':
        return this.offer(this.#identify(), 'idle');
      case 'read':
        return this.#offerBlock();
      case 'write':
        return this.#store();
      case 'verify':
        return this.#verify();
      case 'dmaRead':
        return this.#dmaRead();
      case 'dmaWrite':
        return this.#dmaWrite();
      default:
        this.complete();
    }
  }

  #offerBlock(): void {
    const count = this.#block(this.#perInterrupt);
    if (count <= 0) return this.#notFound();
    const bytes = this.medium.read(this.s.lba, count);
    this.#advance(count);
    this.offer(bytes, this.s.remaining ? 'read' : 'idle');
  }

  #takeBlock(interrupt: boolean): void {
    const count = this.#block(this.#perInterrupt);
    if (count <= 0) this.#notFound();
    else this.take(count * SECTOR, 'write', interrupt);
  }

  #store(): void {
    this.medium.write(this.s.lba, this.s.buffer);
    this.#advance(this.s.buffer.length / SECTOR);
    if (this.s.remaining) this.#takeBlock(true);
    else this.complete();
  }

  #verify(): void {
    const count = this.#block(this.s.remaining);
    if (count > 0) this.#advance(count);
    if (this.s.remaining) this.#notFound();
    else this.complete();
  }

  #dmaRead(): void {
    const count = this.#block(DMA_BLOCK);
    if (count <= 0) return this.#notFound();
    const moved = this.cable.dma.toMemory(this.medium.read(this.s.lba, count));
    this.#dmaMoved(count, moved === count * SECTOR, 'dmaRead');
  }

  #dmaWrite(): void {
    const count = this.#block(DMA_BLOCK);
    if (count <= 0) return this.#notFound();
    const bytes = this.cable.dma.fromMemory(count * SECTOR);
    if (bytes.length === count * SECTOR) this.medium.write(this.s.lba, bytes);
    this.#dmaMoved(count, bytes.length === count * SECTOR, 'dmaWrite');
  }

  /** When the descriptors end too early the device goes on asking, until the host resets it. */
  #dmaMoved(count: number, all: boolean, phase: string): void {
    if (all) this.#advance(count);
    if (!all || this.s.remaining) this.awaitDma(phase);
    else this.complete();
  }

  #identify(): Uint8Array {
    const { multiwordDma, ultraDma, multiple, writeCache } = this.s;
    return identifyDisk({
      name: this.name,
      sectors: this.medium.sectors,
      geometry: this.#native,
      current: this.#current,
      maxMultiple: MAX_MULTIPLE,
      multiple,
      writeCache,
      modes: { multiwordDma, ultraDma },
    });
  }
}
