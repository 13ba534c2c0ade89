/**
 * A CD-ROM drive on an ATA cable: the PACKET command feature set, which carries the commands of cdromCommands.ts.
 * Source: ATA/ATAPI-6 (T13/1410D) §6.8, §9.8, §9.9; INF-8020i for the interrupt reason.
 */
import type { DeviceState } from '../contract';
import type { BlockDevice } from '../diskImage';
import { AtaDevice, COUNT, type Cable, DRDY, DSC, ERR, ERROR_ABRT, LBA_HIGH, LBA_LOW, LBA_MID } from './ataDevice';
import { CD_SECTOR, type CdromDrive, GOOD, MEDIUM_CHANGED, POWER_ON, type Sense, runPacket } from './cdromCommands';
import { identifyCdrom } from './identify';

const PACKET = 0xa0;
const PACKET_SIZE = 12;
const FEATURES_DMA = 0x01;
/** Interrupt reason, in the sector count register. */
const REASON_COMMAND = 0x01;
const REASON_TO_HOST = 0x02;
const REASON_STATUS = REASON_COMMAND | REASON_TO_HOST;
/** Sectors read from the disc at a time. */
const READ_AHEAD = 16;
const NO_OPERATION = new Set([0xe0, 0xe1, 0xe2, 0xe3, 0xe6, 0xe7]);

const powerOn = () => ({
  sense: GOOD,
  /** To be reported by the next command that needs the drive. */
  attention: POWER_ON,
  trayOpen: false,
  locked: false,
  dma: false,
  /** Most bytes per DRQ, as the host asked. */
  limit: 0,
  /** Data on their way to the host, and how many are there already. */
  data: new Uint8Array(0),
  sent: 0,
});

export class AtapiCdrom extends AtaDevice implements CdromDrive {
  #p = powerOn();

  /** Without a medium the tray is empty. */
  constructor(
    name: string,
    cable: Cable,
    private readonly medium: BlockDevice | undefined,
  ) {
    super(name, cable);
  }

  protected signature() {
    // biome-ignore format: register, value
    return { registers: [[COUNT, 0x01], [LBA_LOW, 0x01], [LBA_MID, 0x14], [LBA_HIGH, 0xeb]] as const, status: 0 };
  }

  protected override powerOnReset(): void {
    this.#p = powerOn();
  }

  protected execute(command: number): void {
    const { s } = this;
    if (command === PACKET) return this.#takePacket();
    if (command === 0x08) return this.leaveReset();
    if (command === 0xa1) return this.busy('identify');
    if (command === 0xe5)
      s.registers[COUNT] = 0xff; // CHECK POWER MODE: active
    else if (command === 0xef) {
      if (!this.#setFeatures()) return this.fail(ERROR_ABRT);
    } else if (!NO_OPERATION.has(command)) {
      // Commands of a disk: aborted with the signature that tells what this is.
      for (const [register, value] of this.signature().registers) s.registers[register] = value;
      return this.fail(ERROR_ABRT);
    }
    this.busy('done');
  }

  #setFeatures(): boolean {
    const { s } = this;
    if (s.features !== 0x03) return [0x02, 0x82, 0x66, 0xcc].includes(s.features);
    const mode = s.registers[COUNT];
    const [kind, bit] = [mode >> 3, 1 << (mode & 7)];
    if (kind === 4 && bit < 8) Object.assign(s, { multiwordDma: bit, ultraDma: 0 });
    else if (kind === 8 && bit < 64) Object.assign(s, { multiwordDma: 0, ultraDma: bit });
    else return kind <= 1 && (mode & 7) <= 4;
    return true;
  }

  #takePacket(): void {
    const { s } = this;
    const p = this.#p;
    p.dma = (s.features & FEATURES_DMA) !== 0;
    p.limit = s.registers[LBA_MID] | (s.registers[LBA_HIGH] << 8);
    s.registers[COUNT] = REASON_COMMAND;
    this.take(PACKET_SIZE, 'packet', false);
  }

  protected step(phase: string): void {
    switch (phase) {
      case 'identify':
        return this.offer(identifyCdrom(this.name, this.s), 'idle');
      case 'packet':
        return this.#run(this.s.buffer);
      case 'send':
        return this.#send();
      case 'dmaSend':
        return this.#sendByDma();
      default:
        this.complete();
    }
  }

  #run(packet: Uint8Array): void {
    const answer = runPacket(this, packet);
    if (!(answer instanceof Uint8Array)) return this.#finish(answer);
    Object.assign(this.#p, { data: answer, sent: 0 });
    if (answer.length + this.s.remaining === 0) return this.#finish(GOOD);
    if (this.#p.dma) this.awaitDma('dmaSend');
    else if (this.#p.limit === 0) this.fail(ERROR_ABRT);
    else this.#send();
  }

  /** What is to be sent next: the rest of an answer, or more of the disc. */
  #rest(): Uint8Array {
    const { s } = this;
    const p = this.#p;
    if (p.sent === p.data.length && s.remaining && this.medium) {
      const count = Math.min(s.remaining, READ_AHEAD);
      Object.assign(p, { data: this.medium.read(s.lba * (CD_SECTOR / 512), count * (CD_SECTOR / 512)), sent: 0 });
      s.lba += count;
      s.remaining -= count;
    }
    return p.data.subarray(p.sent);
  }

  /** One block of at most the host's limit, even unless it is the last (§9.8). */
  #send(): void {
    const rest = this.#rest();
    if (rest.length === 0) return this.#finish(GOOD);
    const { limit } = this.#p;
    const length = rest.length <= limit ? rest.length : limit === 0xffff ? 0xfffe : Math.max(limit & ~1, 1);
    this.#p.sent += length;
    this.s.registers[COUNT] = REASON_TO_HOST;
    this.s.registers[LBA_MID] = length & 0xff;
    this.s.registers[LBA_HIGH] = length >> 8;
    this.offer(rest.slice(0, length), 'send');
  }

  #sendByDma(): void {
    const rest = this.#rest();
    if (rest.length === 0) return this.#finish(GOOD);
    this.#p.sent += this.cable.dma.toMemory(rest);
    if (this.#p.sent === this.#p.data.length && this.s.remaining === 0) this.#finish(GOOD);
    else this.awaitDma('dmaSend');
  }

  #finish(sense: Sense): void {
    this.#p.sense = sense;
    this.s.remaining = 0;
    this.s.registers[COUNT] = REASON_STATUS;
    if (sense.key === GOOD.key) return this.complete();
    this.s.error = (sense.key << 4) | ERROR_ABRT;
    this.s.status = DRDY | DSC | ERR;
    this.request();
  }

  // The drive, as its commands see it.

  get sectors(): number {
    return this.medium && !this.#p.trayOpen ? Math.floor(this.medium.sectors / (CD_SECTOR / 512)) : 0;
  }

  get sense(): Sense {
    return this.#p.sense;
  }

  get locked(): boolean {
    return this.#p.locked;
  }

  set locked(locked: boolean) {
    this.#p.locked = locked;
  }

  get trayOpen(): boolean {
    return this.#p.trayOpen;
  }

  set trayOpen(open: boolean) {
    if (this.#p.trayOpen && !open) this.#p.attention = MEDIUM_CHANGED;
    this.#p.trayOpen = open;
  }

  takeAttention(): Sense {
    const { attention } = this.#p;
    this.#p.attention = GOOD;
    return attention;
  }

  /** Send `count` sectors from `lba` on. */
  transfer(lba: number, count: number): void {
    this.s.lba = lba;
    this.s.remaining = count;
  }

  override save(): DeviceState {
    return { ...super.save(), packet: structuredClone(this.#p) };
  }

  override restore(state: DeviceState): void {
    const { packet, ...rest } = state;
    super.restore(rest);
    this.#p = structuredClone(packet as DeviceState) as unknown as ReturnType<typeof powerOn>;
  }
}
