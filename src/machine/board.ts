/**
 * The PC: which device sits where, and how they are wired. Devices speak in offsets; this file alone knows addresses
 * and IRQ numbers.
 */
import type { Emitter } from '../base/events';
import { ACPI_PM_SIZE, AcpiPm, type AcpiPmHost } from '../devices/acpiPm';
import { Bus } from '../devices/bus';
import type { GuestClock } from '../devices/clock';
import { Cmos } from '../devices/cmos';
import { Coprocessor } from '../devices/coprocessor';
import type { AddressSpace, BusDevice, DeviceState, PhysicalMemory } from '../devices/contract';
import { DebugPorts, type DebugPortsHost } from '../devices/debugPorts';
import { type DiskImage, floppyFormat } from '../devices/diskImage';
import { type FirmwareFile, FW_CFG_SIZE, FwCfg, ramMapFile } from '../devices/fwCfg';
import { InterruptLines, PIC_OUTPUT_PIN } from '../devices/interruptLines';
import { IO_APIC_SIZE, IoApic } from '../devices/ioApic';
import { LocalApic } from '../devices/localApic';
import { LOCAL_APIC_SIZE } from '../devices/localApicRegisters';
import { Dma8237 } from '../devices/dma8237';
import { FloppyController } from '../devices/floppyController';
import { AtaDisk } from '../devices/ide/ataDisk';
import { AtapiCdrom } from '../devices/ide/atapiCdrom';
import { BusMaster } from '../devices/ide/busMaster';
import { IdeChannel } from '../devices/ide/ideChannel';
import { Keyboard, type KeyboardHost } from '../devices/keyboard';
import { BOCHS_DISPLAY, I440FX, PIIX3_IDE, PIIX3_ISA } from '../devices/pci/identities';
import { ExpansionRom } from '../devices/pci/expansionRom';
import { InterruptRouter } from '../devices/pci/interruptRouter';
import { COMMAND_BUS_MASTER, COMMAND_PORTS, type PciBar, PciFunction, ROM_BAR } from '../devices/pci/pciFunction';
import { IDETIM, IDETIM_DECODE } from '../devices/pci/identities';
import { PciHost } from '../devices/pci/pciHost';
import { type SetShadow, ShadowRam } from '../devices/pci/shadowRam';
import { Pic } from '../devices/pic';
import { Pit } from '../devices/pit';
import { Port61 } from '../devices/port61';
import { Uart } from '../devices/uart';
import { VGA_REGION, VGA_WINDOW, Vga } from '../devices/vga/vga';
import type { ScreenText } from '../protocol/screen';
import { Bios } from './firmware/bios';
import { resumesAfterReset } from './firmware/resume';
import { FIRST_CD, FIRST_HARD_DISK, type Drive } from './firmware/service';
import { IO_APIC_BASE, LOCAL_APIC_BASE } from './memoryMap';
import { VirtioDevices, type VirtioOptions } from './virtio';
import { acpiFiles } from './tables/loaderScript';
import { IO_APIC_ID, type Processor } from './tables/platform';
import { ACPI_PM_PORT, SCI_IRQ } from './tables/routing';

type DeviceName = { [K in keyof Board]: Board[K] extends BusDevice ? K : never }[keyof Board];

/** Device, region, where. */
type Placement = readonly [device: DeviceName, region: number, space: AddressSpace, start: number, length: number];

// biome-ignore format: a table
export const PLACEMENTS: readonly Placement[] = [
  ['dma',        0, 'port',   0x00,     16],
  ['pic',        0, 'port',   0x20,     2],
  ['pit',        0, 'port',   0x40,     4],
  ['keyboard',   0, 'port',   0x60,     1],
  ['port61',     0, 'port',   0x61,     1],
  ['keyboard',   1, 'port',   0x64,     1],
  ['cmos',       0, 'port',   0x70,     2],
  ['debugPorts', 2, 'port',   0x80,     1],
  ['dma',        2, 'port',   0x81,     15],
  ['debugPorts', 3, 'port',   0x92,     1],
  ['pic',        1, 'port',   0xa0,     2],
  ['dma',        1, 'port',   0xc0,     32],
  ['debugPorts', 0, 'port',   0xe9,     1],
  ['coprocessor',0, 'port',   0xf0,     1],
  ['debugPorts', 1, 'port',   0xf4,     4],
  ['ide1',       0, 'port',   0x170,    8],
  ['ide0',       0, 'port',   0x1f0,    8],
  ['uart1',      0, 'port',   0x2f8,    8],
  ['ide1',       1, 'port',   0x376,    1],
  ['vga',        VGA_REGION.dispi,      'port', 0x1ce, 3],
  ['vga',        VGA_REGION.monochrome, 'port', 0x3b0, 16],
  ['vga',        VGA_REGION.ports3C0,   'port', 0x3c0, 16],
  ['vga',        VGA_REGION.color,      'port', 0x3d0, 16],
  ['floppy',     0, 'port',   0x3f0,    6],
  ['ide0',       1, 'port',   0x3f6,    1],
  ['floppy',     1, 'port',   0x3f7,    1],
  ['uart0',      0, 'port',   0x3f8,    8],
  ['pic',        2, 'port',   0x4d0,    2],
  ['debugPorts', 4, 'port',   0x402,    1],
  ['fwCfg',      0, 'port',   0x510,    FW_CFG_SIZE],
  ['acpiPm',     0, 'port',   ACPI_PM_PORT, ACPI_PM_SIZE],
  ['pci',        0, 'port',   0xcf8,    4],
  ['pci',        1, 'port',   0xcfc,    4],
  ['vga',        VGA_REGION.memory, 'memory', VGA_WINDOW.start, VGA_WINDOW.length],
  ['ioApic',     0, 'memory', IO_APIC_BASE, IO_APIC_SIZE],
  ['localApic',  0, 'memory', LOCAL_APIC_BASE, LOCAL_APIC_SIZE],
];

const IRQ = { timer: 0, keyboard: 1, uart1: 3, uart0: 4, floppy: 6, rtc: 8, sci: SCI_IRQ, mouse: 12, coprocessor: 13, ide0: 14, ide1: 15 } as const;

const FLOPPY_DMA = 2;

/** What a machine asks of whoever runs it. Called in the middle of an instruction: note it, act between two. */
export interface BoardHost {
  /** The INTR output of the 8259A pair rose. */
  onIntr(): void;
  /** The guest powered off (port F4h; code 0: ACPI). */
  onExit(code: number): void;
  /** The guest pulled the CPU's reset line (keyboard controller, port 92h). */
  onReset(): void;
  /** The A20 gate moved. */
  setA20(enabled: boolean): void;
  /** The host bridge sends loads and stores of a part of the first megabyte to RAM, or past it. */
  setShadow?: SetShadow;
  /** The frame buffer decodes at `base` from now on, or nowhere. */
  mapVideo?(base: number | undefined): void;
  /** The window at A0000h shows video memory from `offset` on, with nothing in between, or is a device again. */
  mapWindow?(offset: number | undefined): void;
}

export interface AttachedDrive {
  /** 00h and up: floppies; 80h and up: hard disks; E0h and up: CDs. */
  readonly number: number;
  readonly image: DiskImage;
}

export interface BoardOptions {
  readonly clock: GuestClock;
  readonly memory: PhysicalMemory;
  readonly host: BoardHost;
  /** Bit 11 of the CPU's APIC_BASE register; always set when left out. */
  readonly apicEnabled?: () => boolean;
  /** For the tables; a P6 with an APIC when left out. */
  readonly processor?: Processor;
  /** Date and time at power-on, milliseconds since 1970, taken as UTC. */
  readonly startDate?: number;
  /** Memory of the VGA; its own when left out. */
  readonly videoMemory?: Uint8Array;
  /** Media by BIOS drive number; the first bootable one boots. */
  readonly drives?: readonly AttachedDrive[];
  readonly virtio?: VirtioOptions;
  /** A BIOS image starts the machine, with these files for it in fw_cfg: the built-in BIOS has no part in it. */
  readonly biosImage?: { readonly files: readonly FirmwareFile[]; readonly displayRom?: Uint8Array };
}

/** In CMOS: 1.44 MB. */
const DEFAULT_FLOPPY_TYPE = 4;
const DEFAULT_PROCESSOR: Processor = { signature: 0x619, features: 1 << 9 };

export const DEFAULT_START_DATE = Date.UTC(2005, 0, 1);

export class Board {
  readonly bus = new Bus();
  readonly pic = new Pic();
  readonly ioApic: IoApic;
  /** What the CPU sees of all interrupt controllers. */
  readonly localApic: LocalApic;
  readonly pit: Pit;
  readonly port61: Port61;
  readonly keyboard: Keyboard;
  readonly cmos: Cmos;
  readonly coprocessor: Coprocessor;
  readonly vga: Vga;
  readonly uart0: Uart;
  readonly uart1: Uart;
  readonly debugPorts: DebugPorts;
  readonly acpiPm: AcpiPm;
  readonly fwCfg: FwCfg;
  readonly pci: PciHost;
  readonly shadowRam: ShadowRam;
  readonly busMaster: BusMaster;
  readonly ide0: IdeChannel;
  readonly ide1: IdeChannel;
  readonly dma: Dma8237;
  readonly floppy: FloppyController;
  readonly virtio: VirtioDevices;
  readonly firmware: Bios;
  readonly clock: GuestClock;
  readonly #options: BoardOptions;
  /** Reset order: the interrupt controllers last, so that they forget what the others' lines did. */
  readonly #devices: readonly BusDevice[];
  #a20 = true;

  constructor(options: BoardOptions) {
    const { clock, memory, host } = options;
    this.#options = options;
    this.clock = clock;
    const lines = new ControlLines(this, host);
    this.localApic = new LocalApic(clock, {
      enabled: options.apicEnabled ?? (() => true),
      pic: this.pic,
      endOfInterrupt: (vector) => this.ioApic.endOfInterrupt(vector),
      initialize: () => host.onReset(),
    });
    this.ioApic = new IoApic({ send: (message) => this.localApic.receive(message) }, IO_APIC_ID);
    const irq = new InterruptLines(this.pic, this.ioApic);
    const drives: Drive[] = (options.drives ?? []).map(({ number, image }) => ({
      number,
      medium: image,
      floppyType: floppyTypeOf(image),
      ...(number >= FIRST_CD ? { sectorSize: 2048 } : {}),
    }));
    const floppyType = (n: number): number => {
      const drive = drives.find((d) => d.number === n);
      return drive ? (drive.floppyType ?? DEFAULT_FLOPPY_TYPE) : 0;
    };
    this.pit = new Pit(clock, irq.line(IRQ.timer));
    this.port61 = new Port61(clock, this.pit);
    this.keyboard = new Keyboard(clock, irq.line(IRQ.keyboard), lines, irq.line(IRQ.mouse));
    this.cmos = new Cmos(clock, irq.line(IRQ.rtc), {
      start: options.startDate ?? DEFAULT_START_DATE,
      memory: memory.size,
      floppyTypes: (floppyType(0) << 4) | floppyType(1),
      hardDisks: drives.filter((d) => d.number >= FIRST_HARD_DISK && d.number < FIRST_CD).length,
      boot: [...new Set(drives.map((d) => bootCode(d.number)))],
    });
    this.coprocessor = new Coprocessor(irq.line(IRQ.coprocessor));
    this.vga = new Vga(clock, options.videoMemory, (offset) => host.mapWindow?.(offset));
    this.uart0 = new Uart('uart0', clock, irq.line(IRQ.uart0));
    this.uart1 = new Uart('uart1', clock, irq.line(IRQ.uart1));
    this.debugPorts = new DebugPorts(lines);
    this.dma = new Dma8237(memory);
    this.floppy = new FloppyController({
      clock,
      irq: irq.line(IRQ.floppy),
      dma: this.dma.line(FLOPPY_DMA),
      media: [0, 1].map((n) => drives.find((d) => d.number === n)?.medium),
    });
    const bridge = new PciFunction(PIIX3_ISA);
    this.pci = new PciHost({ bus: this.bus, router: new InterruptRouter(bridge, (n) => irq.line(n)), ram: memory.size, reset: () => host.onReset() });
    const hostBridge = new PciFunction(I440FX);
    this.pci.add(0, 0, hostBridge);
    this.shadowRam = new ShadowRam(hostBridge, (start, end, attributes) => host.setShadow?.(start, end, attributes));
    this.pci.add(1, 0, bridge);
    this.busMaster = new BusMaster(memory, () => (ide.command & COMMAND_BUS_MASTER) !== 0);
    const ide = new PciFunction(PIIX3_IDE, [{ index: 4, space: 'port', size: 16, device: this.busMaster }]);
    ide.written = () => this.busMaster.commandChanged();
    this.pci.add(1, 1, ide);
    const frameBuffer = { index: 0, space: 'memory', size: this.vga.memory.length, device: this.vga, region: VGA_REGION.frameBuffer } as const;
    this.pci.add(2, 0, new PciFunction(BOCHS_DISPLAY, [{ ...frameBuffer, mapped: (base) => host.mapVideo?.(base) }, ...romBar(options.biosImage?.displayRom)]));
    const channel = (n: 0 | 1) =>
      new IdeChannel(`ide${n}`, {
        clock,
        irq: irq.line(n ? IRQ.ide1 : IRQ.ide0),
        dma: this.busMaster.channels[n],
        decodes: () => (ide.command & COMMAND_PORTS) !== 0 && (ide.read(IDETIM + 2 * n, 2) & IDETIM_DECODE) !== 0,
      });
    this.ide0 = channel(0);
    this.ide1 = channel(1);
    const { virtio = { kinds: [], entropySeed: 0 } } = options;
    const onVirtio = (drive: AttachedDrive): boolean => virtio.kinds.includes('block') && drive.number >= FIRST_HARD_DISK && drive.number < FIRST_CD;
    const attached = options.drives ?? [];
    for (const { number, image, unit } of ideUnits(attached.filter((drive) => !onVirtio(drive))))
      (unit & 2 ? this.ide1 : this.ide0).plug(unit & 1 ? 1 : 0, (name, cable) => (number >= FIRST_CD ? new AtapiCdrom(name, cable, image) : new AtaDisk(name, cable, image)));
    this.virtio = new VirtioDevices(
      { clock, memory, pci: this.pci },
      virtio,
      attached.filter(onVirtio).sort((a, b) => a.number - b.number),
    );
    this.acpiPm = new AcpiPm(clock, irq.line(IRQ.sci), lines);
    const tables = options.biosImage ? [...acpiFiles(options.processor ?? DEFAULT_PROCESSOR), ...options.biosImage.files] : [];
    this.fwCfg = new FwCfg(memory.size, [ramMapFile(memory.size), ...tables]);
    this.firmware = new Bios({ bus: this.bus, drives, processor: options.processor ?? DEFAULT_PROCESSOR });
    this.#devices = [
      this.pit,
      this.port61,
      this.keyboard,
      this.cmos,
      this.coprocessor,
      this.vga,
      this.uart0,
      this.uart1,
      this.debugPorts,
      this.pci,
      this.busMaster,
      ...this.virtio.transports,
      this.ide0,
      this.ide1,
      this.dma,
      this.floppy,
      this.acpiPm,
      this.fwCfg,
      this.pic,
      this.ioApic,
      this.localApic,
    ];
    for (const [name, region, space, start, length] of PLACEMENTS) this.bus.attach(space, start, length, this[name], region);
    const picOutput = this.ioApic.pin(PIC_OUTPUT_PIN);
    this.pic.intr = (level) => {
      this.localApic.setLint('lint0', level);
      picOutput[level ? 'raise' : 'lower']();
      if (level) host.onIntr();
    };
  }

  get a20(): boolean {
    return this.#a20;
  }

  setA20(enabled: boolean): void {
    if (enabled === this.#a20) return;
    this.#a20 = enabled;
    this.#options.host.setA20(enabled);
  }

  /** What port E9h printed. */
  get console(): Emitter<number> {
    return this.debugPorts.output;
  }

  /** Bytes the guest sent on serial port 1. */
  get serial(): Emitter<number> {
    return this.uart0.output;
  }

  screen(): ScreenText {
    return this.vga.text();
  }

  /** Type on the keyboard; returns the characters that no key types. */
  typeKeys(text: string): string {
    return this.keyboard.type(text);
  }

  /** A key, by its KeyboardEvent code, goes down or up. */
  pressKey(code: string, down: boolean): boolean {
    return this.keyboard.event(code, down);
  }

  moveMouse(motion: Parameters<Keyboard['moveMouse']>[0]): void {
    this.keyboard.moveMouse(motion);
  }

  receiveSerial(bytes: Iterable<number>): void {
    this.uart0.receive(bytes);
  }

  /** Power-on: devices in their initial state; low memory and hardware as the built-in BIOS leaves them before it boots, unless an image is to do it. */
  powerOn(): void {
    this.reset();
    if (!this.#options.biosImage) this.firmware.powerOn(this.#options.memory);
  }

  /**
   * The guest has reset the processor to go on behind it, and said so in CMOS: true, and nothing but the local APIC is reset.
   * A BIOS image looks for itself, behind a reset of everything.
   */
  resetProcessor(): boolean {
    if (this.#options.biosImage || !resumesAfterReset(this.cmos.shutdownStatus)) return false;
    this.localApic.reset();
    this.firmware.programLocalApic();
    this.setA20(true);
    return true;
  }

  /** The reset line: devices only. */
  reset(): void {
    for (const device of this.#devices) device.reset();
    this.shadowRam.apply();
    this.setA20(true);
  }

  /** Devices, disks' changes and the clock. Memory and CPU belong to others. */
  save(): DeviceState {
    const devices: DeviceState = {};
    for (const device of this.#devices) devices[device.name] = device.save();
    const disks = (this.#options.drives ?? []).map(({ image }) => image.save());
    return { clock: this.clock.save(), a20: this.#a20, devices, disks };
  }

  restore(state: DeviceState): void {
    const devices = state.devices as DeviceState;
    for (const device of this.#devices) device.restore(devices[device.name] as DeviceState);
    this.shadowRam.apply();
    (state.disks as DeviceState[]).forEach((disk, i) => {
      this.#options.drives?.[i].image.restore(disk);
    });
    this.setA20(state.a20 as boolean);
    this.clock.restore(state.clock as DeviceState);
  }
}

/** The lines that the keyboard controller and the system control ports pull. */
class ControlLines implements KeyboardHost, DebugPortsHost, AcpiPmHost {
  constructor(
    private readonly board: Board,
    private readonly host: BoardHost,
  ) {}

  get a20(): boolean {
    return this.board.a20;
  }

  set a20(enabled: boolean) {
    this.board.setA20(enabled);
  }

  reset(): void {
    this.host.onReset();
  }

  exit(code: number): void {
    this.host.onExit(code);
  }

  powerOff(): void {
    this.host.onExit(0);
  }
}

/** Units of the two IDE channels: 0 and 1 primary, 2 and 3 secondary. CDs take the secondary channel's first, hard disks what is left. */
export const MAX_IDE_DRIVES = 4;

const ideUnits = (drives: readonly AttachedDrive[]): (AttachedDrive & { unit: number })[] => {
  const free = [0, 1, 2, 3];
  const byNumber = drives.filter((d) => d.number >= FIRST_HARD_DISK).sort((a, b) => a.number - b.number);
  const take = (preferred: readonly number[]) => (drive: AttachedDrive) => {
    const unit = preferred.find((u) => free.includes(u));
    if (unit === undefined) throw new RangeError('more than four IDE drives');
    free.splice(free.indexOf(unit), 1);
    return { ...drive, unit };
  };
  const cds = byNumber.filter((d) => d.number >= FIRST_CD).map(take([2, 3, 1, 0]));
  return [...cds, ...byNumber.filter((d) => d.number < FIRST_CD).map(take([0, 1, 2, 3]))];
};

const romBar = (bytes: Uint8Array | undefined): PciBar[] => {
  if (!bytes) return [];
  const device = new ExpansionRom('displayRom', bytes);
  return [{ index: ROM_BAR, space: 'memory', size: device.size, device }];
};

/** Kinds of drives in the boot order of CMOS. */
const bootCode = (number: number): number => (number >= FIRST_CD ? 3 : number >= FIRST_HARD_DISK ? 2 : 1);

const floppyTypeOf = (image: DiskImage): number | undefined => (image.kind === 'floppy' ? floppyFormat(image.sectors * 512)?.type : undefined);
