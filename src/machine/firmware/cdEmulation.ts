/**
 * A diskette or hard disk that a CD emulates: INT 13h shows it as drive 00h or 80h, in front of those there are.
 * Source: "El Torito" Bootable CD-ROM Format Specification 1.0, §2.3 and §4.
 */
import type { BlockDevice, Geometry } from '../../devices/diskImage';
import type { PhysicalMemory } from '../../devices/contract';
import { type BootImage, type Emulation, findBootImage } from '../loader/elTorito';
import { EMULATED_CD } from '../memoryMap';
import { BDA, read16, write16 } from './dataArea';
import { FIRST_CD, FIRST_HARD_DISK, type BiosMachine, type Drive } from './service';

const SECTORS_PER_CD_SECTOR = 4;
const FLOPPY_PRESENT = 0x0001;

/** Sectors of the CD from the boot image's on. */
class EmulatedMedium implements BlockDevice {
  readonly sectors: number;
  readonly geometry: Geometry;

  constructor(
    private readonly cd: BlockDevice,
    private readonly firstSector: number,
    emulation: Emulation,
  ) {
    ({ sectors: this.sectors, geometry: this.geometry } = emulation);
  }

  read(lba: number, count: number): Uint8Array {
    return this.cd.read(this.firstSector * SECTORS_PER_CD_SECTOR + lba, count);
  }

  write(): void {
    throw new RangeError('a CD cannot be written');
  }
}

interface ActiveEmulation {
  readonly cd: Drive;
  readonly image: BootImage & { readonly emulation: Emulation };
}

export const emulationOf = (machine: BiosMachine, memory: PhysicalMemory): ActiveEmulation | undefined => {
  const number = memory.read8(EMULATED_CD);
  const cd = number >= FIRST_CD ? machine.drives.find((d) => d.number === number) : undefined;
  const image = cd && findBootImage(cd.medium);
  if (!cd || !image || typeof image === 'string' || !image.emulation) return undefined;
  return { cd, image: { ...image, emulation: image.emulation } };
};

const kindOf = (number: number): number => (number >= FIRST_CD ? 2 : number >= FIRST_HARD_DISK ? 1 : 0);

/** The drives of INT 13h. */
export const visibleDrives = (machine: BiosMachine, memory: PhysicalMemory): readonly Drive[] => {
  const active = emulationOf(machine, memory);
  if (!active) return machine.drives;
  const { emulation, sector } = active.image;
  const { drive, floppyType } = emulation;
  const emulated: Drive = {
    number: drive,
    medium: new EmulatedMedium(active.cd.medium, sector, emulation),
    readOnly: true,
    ...(floppyType === undefined ? {} : { floppyType }),
  };
  return [emulated, ...machine.drives.map((d) => (kindOf(d.number) === kindOf(drive) ? { ...d, number: d.number + 1 } : d))];
};

export const startEmulation = (memory: PhysicalMemory, cd: number, { drive }: Emulation): void => {
  memory.write8(EMULATED_CD, cd);
  if (drive === FIRST_HARD_DISK) memory.write8(BDA.diskCount, memory.read8(BDA.diskCount) + 1);
  else write16(memory, BDA.equipment, read16(memory, BDA.equipment) | FLOPPY_PRESENT);
};

export const endEmulation = (memory: PhysicalMemory): void => memory.write8(EMULATED_CD, 0);
