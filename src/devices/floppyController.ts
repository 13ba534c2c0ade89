/**
 * 82077AA floppy disk controller with two drives, in AT mode. A command is a row of a table; it goes through the command,
 * execution and result phases, and its data through DMA or, after SPECIFY says so, through the FIFO.
 * Source: Intel 82077AA datasheet (290166). Regions: 0 = 3F0h to 3F5h, 1 = 3F7h.
 */
import { ByteDevice } from './byteDevice';
import type { Clock, DeviceState, IrqLine, Timer } from './contract';
import type { BlockDevice } from './diskImage';
import type { DmaLine } from './dma8237';
import {
  type CommandName,
  FLOPPY_COMMANDS,
  powerOn,
  CONFIGURE_IMPLIED_SEEK,
  ENABLE_COUNT,
  LAST_TRACK,
  MULTI_TRACK,
  READ_DELETED,
  READ_TRACK,
  RELATIVE_SEEK,
  SECTOR,
  SECTOR_CODE,
  SEEK_INWARD,
  SKIP,
  ST0_ABNORMAL,
  ST0_EQUIPMENT_CHECK,
  ST0_INVALID,
  ST0_READY_CHANGED,
  ST0_SEEK_END,
  ST1_END_OF_CYLINDER,
  ST1_MISSING_MARK,
  ST1_NO_DATA,
  ST1_OVERRUN,
  ST2_DELETED,
  ST2_SCAN_FAILED,
  ST2_WRONG_CYLINDER,
  VERSION,
  rateFits,
  scan,
} from './floppyCommands';

const DOR = 2;
const TDR = 3;
const MSR_DSR = 4;
const FIFO = 5;

const DOR_NOT_RESET = 0x04;
const DOR_DMA_GATE = 0x08;
const DSR_RESET = 0x80;
const MSR_REQUEST = 0x80;
const MSR_TO_HOST = 0x40;
const MSR_NON_DMA = 0x20;
const MSR_BUSY = 0x10;
const DIR_CHANGED = 0x80;

const RESET_NS = 20_000;
const SEEK_NS = 200_000;
const SECTOR_NS = 50_000;
const REVOLUTION_NS = 200_000_000;

export interface FloppyControllerOptions {
  readonly clock: Clock;
  readonly irq: IrqLine;
  readonly dma: DmaLine;
  /** Drives 0 and 1; without a medium the drive is empty. */
  readonly media: readonly (BlockDevice | undefined)[];
}

export class FloppyController extends ByteDevice {
  readonly name = 'floppy';
  #s = powerOn();
  readonly #timer: Timer;

  constructor(private readonly options: FloppyControllerOptions) {
    super();
    this.#timer = options.clock.createTimer('floppy', () => this.#step());
    options.dma.onReady = () => {
      if (this.#s.phase === 'execution' && this.#timer.due === undefined) this.#later(SECTOR_NS);
    };
  }

  get #drive(): number {
    return this.#s.command[1] & 3;
  }
  get #medium(): BlockDevice | undefined {
    return this.options.media[this.#drive];
  }
  get #usesDma(): boolean {
    return (this.#s.specify[1] & 1) === 0;
  }

  #later(time: number): void {
    this.#timer.arm(this.options.clock.now() + time);
  }

  #setInterrupt(on: boolean): void {
    this.#s.interrupt = on;
    if (on && this.#s.dor & DOR_DMA_GATE) this.options.irq.raise();
    else this.options.irq.lower();
  }

  // Registers.

  protected readByte(region: number, offset: number): number {
    const s = this.#s;
    if (region === 1) {
      const drive = s.dor & 3;
      return (s.changed & (1 << drive) || !this.options.media[drive]) && s.dor & (0x10 << drive) ? DIR_CHANGED : 0;
    }
    if (offset === DOR) return s.dor;
    if (offset === TDR) return s.tdr;
    if (offset === MSR_DSR) return this.#mainStatus();
    return offset === FIFO ? this.#readFifo() : 0xff;
  }

  /** Main status register, digital input register. */
  isSteady(region: number, offset: number): boolean {
    return region === 1 || offset === MSR_DSR;
  }

  #mainStatus(): number {
    const { phase, seeking, command, toHost } = this.#s;
    if (phase === 'reset') return 0;
    if (phase === 'result') return MSR_REQUEST | MSR_TO_HOST | MSR_BUSY | seeking;
    if (phase === 'data') return MSR_REQUEST | (toHost ? MSR_TO_HOST : 0) | MSR_NON_DMA | MSR_BUSY | seeking;
    if (seeking && phase === 'execution') return seeking;
    if (phase === 'execution') return MSR_BUSY | (this.#usesDma ? 0 : MSR_NON_DMA) | seeking;
    return MSR_REQUEST | (command.length ? MSR_BUSY : 0) | seeking;
  }

  protected writeByte(region: number, offset: number, value: number): void {
    const s = this.#s;
    if (region === 1)
      s.rate = value & 3; // CCR
    else if (offset === DOR) this.#writeDor(value);
    else if (offset === TDR) s.tdr = value & 3;
    else if (offset === MSR_DSR) {
      s.rate = value & 3;
      if (value & DSR_RESET) this.#softReset(); // clears itself
    } else if (offset === FIFO) this.#writeFifo(value);
  }

  #writeDor(value: number): void {
    const s = this.#s;
    const before = s.dor;
    s.dor = value;
    if (!(value & DOR_NOT_RESET)) {
      this.#timer.disarm();
      s.phase = 'reset';
      this.#setInterrupt(false);
    } else if (!(before & DOR_NOT_RESET)) this.#softReset();
    else this.#setInterrupt(s.interrupt);
  }

  /** What LOCK protects stays. At its end the controller polls the drives, and each has become ready. */
  #softReset(): void {
    const { dor, tdr, rate, tracks, changed, locked, configure, specify } = this.#s;
    this.#s = { ...powerOn(), dor, tdr, rate, tracks, changed, locked, specify, configure: locked ? configure : powerOn().configure, phase: 'reset' };
    this.#later(RESET_NS);
  }

  #readFifo(): number {
    const s = this.#s;
    if (s.phase === 'result') {
      this.#setInterrupt(false);
      const value = s.result.shift() ?? 0;
      if (s.result.length === 0) this.#idle();
      return value;
    }
    if (s.phase !== 'data' || !s.toHost) return 0;
    const value = s.data[s.position++];
    if (s.position === s.data.length) this.#blockMoved();
    return value;
  }

  #writeFifo(value: number): void {
    const s = this.#s;
    if (s.phase === 'command') {
      s.command.push(value);
      const [name, length] = FLOPPY_COMMANDS.get(s.command[0] & 0x1f) ?? ['', 1];
      if (s.command.length === length) this.#execute(name as CommandName | '');
    } else if (s.phase === 'data' && !s.toHost) {
      s.data[s.position++] = value;
      if (s.position === s.data.length) this.#blockMoved();
    }
  }

  #idle(): void {
    Object.assign(this.#s, { phase: 'command', command: [], name: '' });
  }

  #answer(result: number[], interrupt = false): void {
    Object.assign(this.#s, { phase: 'result', result });
    if (interrupt) this.#setInterrupt(true);
  }

  // Commands.

  #execute(name: CommandName | ''): void {
    const s = this.#s;
    s.name = name;
    switch (name) {
      case 'read':
      case 'write':
      case 'verify':
      case 'scan':
        [s.cylinder, s.head, s.sector] = [s.command[2], s.command[3], this.#is(READ_TRACK) ? 1 : s.command[4]];
        s.left = s.command[1] & ENABLE_COUNT ? s.command[8] : 0;
        if (s.configure[0] & CONFIGURE_IMPLIED_SEEK) s.tracks[this.#drive] = s.cylinder;
        return this.#begin();
      case 'format':
        s.sector = 1;
        return this.#begin();
      case 'readId':
        return this.#begin();
      case 'recalibrate':
      case 'seek':
        s.seeking |= 1 << this.#drive;
        s.phase = 'execution';
        return this.#later(SEEK_NS);
      case 'senseInterrupt':
        this.#setInterrupt(false);
        return this.#answer(s.pending.length ? s.pending.splice(0, 2) : [ST0_INVALID]);
      case 'senseDrive':
        return this.#answer([(s.command[1] & 7) | 0x28 | (s.tracks[this.#drive] === 0 ? 0x10 : 0)]); // ready, two sides, track 0
      case 'specify':
        s.specify = s.command.slice(1);
        return this.#idle();
      case 'configure':
        s.configure = s.command.slice(1);
        return this.#idle();
      case 'perpendicular':
        s.perpendicular = s.command[1];
        return this.#idle();
      case 'lock':
        s.locked = (s.command[0] & 0x80) !== 0;
        return this.#answer([s.locked ? 0x10 : 0]);
      case 'version':
        return this.#answer([VERSION]);
      case 'dumpRegisters':
        return this.#answer([...s.tracks, ...s.specify, s.lastSectors, (s.locked ? 0x80 : 0) | (s.perpendicular & 0x3f), s.configure[1], s.configure[2]]);
      default:
        return this.#answer([ST0_INVALID]);
    }
  }

  /** A command with an execution phase. */
  #begin(): void {
    this.#s.phase = 'execution';
    this.#later(SECTOR_NS);
  }

  /** The time of a sector, a seek or a reset is over. */
  #step(): void {
    const s = this.#s;
    if (s.phase === 'reset') {
      s.phase = 'command';
      s.pending = [0, 1, 2, 3].flatMap((drive) => [ST0_READY_CHANGED | drive, s.tracks[drive]]);
      return this.#setInterrupt(true);
    }
    if (s.phase !== 'execution') return;
    if (s.name === 'seek' || s.name === 'recalibrate') return this.#sought();
    if (s.name === 'readId') return this.#readId();
    if (this.#usesDma && s.name !== 'verify' && !this.options.dma.ready) return; // until the channel is unmasked
    if (s.name === 'format') this.#formatTrack();
    else this.#transfer();
  }

  #sought(): void {
    const s = this.#s;
    const drive = this.#drive;
    const target = this.#target();
    const missing = drive >= this.options.media.length; // no such drive: track 0 never comes
    if (!missing) s.tracks[drive] = target;
    if (this.options.media[drive]) s.changed &= ~(1 << drive);
    s.seeking &= ~(1 << drive);
    const error = missing && s.name === 'recalibrate' ? ST0_ABNORMAL | ST0_EQUIPMENT_CHECK : 0;
    s.pending = [ST0_SEEK_END | error | (s.command[1] & 7), s.tracks[drive]];
    this.#idle();
    this.#setInterrupt(true);
  }

  #target(): number {
    const [code, , tracks] = this.#s.command;
    if (this.#s.name !== 'seek') return 0;
    const from = code & RELATIVE_SEEK ? this.#s.tracks[this.#drive] : 0;
    const to = code & RELATIVE_SEEK && !(code & SEEK_INWARD) ? from - tracks : from + tracks;
    return Math.max(0, Math.min(to, LAST_TRACK + 3));
  }

  /** The command has this number, whatever its other bits say. */
  #is(code: number): boolean {
    return (this.#s.command[0] & 0x1f) === code;
  }

  /** There is something to read under the head: a track of the medium, written at the data rate that is selected. */
  #hasTrack(medium: BlockDevice | undefined, track: number, head: number): medium is BlockDevice {
    return medium !== undefined && track < medium.geometry.cylinders && head < medium.geometry.heads && rateFits(medium.geometry.sectors, this.#s.rate);
  }

  #readId(): void {
    const s = this.#s;
    const medium = this.#medium;
    const head = (s.command[1] >> 2) & 1;
    [s.cylinder, s.head] = [s.tracks[this.#drive], head];
    if (!this.#hasTrack(medium, s.cylinder, head)) return this.#finish(ST0_ABNORMAL, ST1_MISSING_MARK);
    const { sectors } = medium.geometry;
    s.sector = 1 + (Math.floor(((this.options.clock.now() % REVOLUTION_NS) * sectors) / REVOLUTION_NS) % sectors);
    this.#finish();
  }

  /** LBA of the present sector, or what status register 1 and 2 say. */
  #find(): number | readonly [number, number] {
    const s = this.#s;
    const medium = this.#medium;
    const head = (s.command[1] >> 2) & 1;
    const track = s.tracks[this.#drive];
    if (!this.#hasTrack(medium, track, head)) return [ST1_MISSING_MARK, 0];
    const { heads, sectors } = medium.geometry;
    if (s.cylinder !== track) return [ST1_NO_DATA, ST2_WRONG_CYLINDER];
    if (s.head !== head || s.sector === 0 || s.sector > sectors || (s.name !== 'format' && s.command[5] !== SECTOR_CODE)) return [ST1_NO_DATA, 0];
    return (track * heads + head) * sectors + s.sector - 1;
  }

  /** Status bytes and the address of the sector that comes next. */
  #finish(st0 = 0, st1 = 0, st2 = 0): void {
    const s = this.#s;
    this.#answer([st0 | (s.command[1] & 7), st1, st2, s.cylinder, s.head, s.sector, SECTOR_CODE], true);
  }

  /** The sector behind this one; false behind the last that the command names. */
  #advance(): boolean {
    const s = this.#s;
    s.lastSectors = s.command[6];
    if (s.name === 'verify' && s.command[1] & ENABLE_COUNT && --s.left <= 0) return false;
    if (s.sector !== s.command[6]) {
      s.sector = (s.sector + 1) & 0xff;
      return true;
    }
    s.sector = 1;
    if (!(s.command[0] & MULTI_TRACK)) {
      s.cylinder = (s.cylinder + 1) & 0xff;
      return false;
    }
    s.head ^= 1;
    s.command[1] ^= 4;
    if (s.head === 1) return true;
    s.cylinder = (s.cylinder + 1) & 0xff;
    return false;
  }

  /** One sector of READ, WRITE or VERIFY. */
  #transfer(): void {
    const s = this.#s;
    const lba = this.#find();
    if (typeof lba !== 'number') return this.#finish(ST0_ABNORMAL, ...lba);
    const medium = this.#medium!;
    if (s.name === 'verify' || (this.#is(READ_DELETED) && s.command[0] & SKIP)) return this.#sectorDone(false);
    if (!this.#usesDma) return this.#offer(s.name === 'read' ? medium.read(lba, 1) : new Uint8Array(SECTOR));
    if (s.name === 'read') {
      const { count, terminal } = this.options.dma.toMemory(medium.read(lba, 1));
      return count < SECTOR && !terminal ? this.#finish(ST0_ABNORMAL, ST1_OVERRUN) : this.#sectorDone(terminal);
    }
    const { bytes, terminal } = this.options.dma.fromMemory(SECTOR);
    if (bytes.length < SECTOR && !terminal) return this.#finish(ST0_ABNORMAL, ST1_OVERRUN);
    const sector = new Uint8Array(SECTOR); // behind the terminal count the controller writes zeros
    sector.set(bytes);
    this.#taken(lba, sector, terminal);
  }

  /** A sector from the host: to write, or to compare with. */
  #taken(lba: number, sector: Uint8Array, terminal: boolean): void {
    const s = this.#s;
    if (s.name !== 'scan') {
      this.#medium!.write(lba, sector);
      return this.#sectorDone(terminal);
    }
    const found = scan(s.command[0], this.#medium!.read(lba, 1), sector);
    if (!(found & ST2_SCAN_FAILED)) return this.#finish(0, 0, found);
    // STP says which sectors are compared: every one, or every second.
    let more = true;
    for (let step = Math.max(1, s.command[8]); step > 0 && more; step--) more = this.#advance();
    if (more && !terminal) this.#later(SECTOR_NS);
    else this.#finish(0, 0, found);
  }

  #sectorDone(terminal: boolean): void {
    const more = this.#advance();
    // No sector has a deleted address mark: images have no room for one.
    const st2 = this.#is(READ_DELETED) ? ST2_DELETED : 0;
    if (terminal) this.#finish(0, 0, st2);
    else if (st2 && !(this.#s.command[0] & SKIP)) this.#finish(0, 0, st2);
    else if (more) this.#later(SECTOR_NS);
    else if (this.#s.name === 'verify') this.#finish();
    else this.#finish(ST0_ABNORMAL, ST1_END_OF_CYLINDER, st2);
  }

  /** Data through the FIFO, without DMA. */
  #offer(data: Uint8Array): void {
    Object.assign(this.#s, { phase: 'data', data, position: 0, toHost: this.#s.name === 'read' });
    this.#setInterrupt(true);
  }

  /** The host has moved a block through the FIFO. */
  #blockMoved(): void {
    const s = this.#s;
    this.#setInterrupt(false);
    s.phase = 'execution';
    if (s.name === 'format') return this.#format(s.data);
    const lba = this.#find();
    if (s.toHost) this.#sectorDone(false);
    else if (typeof lba === 'number') this.#taken(lba, s.data, false);
    else this.#finish(ST0_ABNORMAL, ...lba);
  }

  /** The host sends C, H, R and N of every sector. */
  #formatTrack(): void {
    const length = this.#s.command[3] * 4;
    if (length === 0) return this.#finish(ST0_ABNORMAL, ST1_NO_DATA);
    if (!this.#usesDma) return this.#offer(new Uint8Array(length));
    this.#format(this.options.dma.fromMemory(length).bytes);
  }

  #format(addresses: Uint8Array): void {
    const s = this.#s;
    for (let i = 0; i + 4 <= addresses.length; i += 4) {
      [s.cylinder, s.head, s.sector] = addresses.subarray(i, i + 3);
      const lba = this.#find();
      if (typeof lba !== 'number') return this.#finish(ST0_ABNORMAL, ...lba);
      if (addresses[i + 3] !== SECTOR_CODE) return this.#finish(ST0_ABNORMAL, ST1_NO_DATA);
      this.#medium!.write(lba, new Uint8Array(SECTOR).fill(s.command[5]));
    }
    this.#finish();
  }

  reset(): void {
    this.#timer.disarm();
    this.#s = powerOn();
    this.options.irq.lower();
  }

  save(): DeviceState {
    return structuredClone(this.#s);
  }

  restore(state: DeviceState): void {
    this.#s = structuredClone(state) as ReturnType<typeof powerOn>;
  }
}
