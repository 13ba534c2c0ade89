/**
 * The functions of the PC's chip set as rows. Registers that only tune memory timing or power keep what is written to them.
 * Sources: Intel 82441FX (PMC) datasheet 290549, §3.2; 82371SB (PIIX3) datasheet 290550, §2.2 and §2.3.
 */
import type { PciIdentity, PciRegister } from './pciFunction';

const INTEL = 0x8086;

const scratch = (first: number, last: number, value = 0, writable = 0xff): PciRegister[] =>
  Array.from({ length: last - first + 1 }, (_, i) => ({ offset: first + i, size: 1, value, writable }));

/** BIOS images ask the host bridge's subsystem whether fw_cfg is there (QEMU, docs/specs/pci-ids). */
const QEMU_MACHINE = { vendor: 0x1af4, device: 0x1100 };

export const I440FX: PciIdentity = {
  name: 'i440fx',
  vendor: INTEL,
  device: 0x1237,
  revision: 0x02,
  classCode: 0x060000,
  subsystem: QEMU_MACHINE,
  command: { value: 0x0006, writable: 0x0140 },
  status: { value: 0x0280 },
  registers: [
    ...scratch(0x50, 0x52), // PMCCFG, DETURBO
    ...scratch(0x53, 0x53, 0x80), // DBC
    ...scratch(0x54, 0x56), // AXC, DRT
    ...scratch(0x57, 0x57, 0x01), // DRAMC
    ...scratch(0x58, 0x58), // DRAMT
    ...scratch(0x59, 0x5f, 0x00, 0x33), // PAM0 to PAM6: shadowRam.ts
    ...scratch(0x60, 0x67, 0x01), // DRB0 to DRB7
    ...scratch(0x68, 0x68), // FDHC
    ...scratch(0x70, 0x70), // MTT
    ...scratch(0x71, 0x71, 0x10), // CLT
    ...scratch(0x72, 0x72, 0x02), // SMRAM
    ...scratch(0x90, 0x90), // ERRCMD
    { offset: 0x91, size: 1, value: 0, clears: 0x11 }, // ERRSTS
  ],
};

export const PIIX3_ISA: PciIdentity = {
  name: 'piix3',
  vendor: INTEL,
  device: 0x7000,
  revision: 0x00,
  classCode: 0x060100,
  multifunction: true,
  command: { value: 0x0007, writable: 0x0008 },
  status: { value: 0x0200 },
  registers: [
    ...scratch(0x4c, 0x4c, 0x4d), // IORT
    ...scratch(0x4e, 0x4e, 0x03), // XBCS
    ...scratch(0x4f, 0x4f, 0x00),
    ...scratch(0x60, 0x63, 0x80, 0x8f), // PIRQRC A to D
    ...scratch(0x69, 0x69, 0x02), // TOM
    ...scratch(0x6a, 0x6b), // MSTAT
    ...scratch(0x70, 0x70, 0x80, 0xef), // MBIRQ0
    ...scratch(0x76, 0x77, 0x0c, 0x8f), // MBDMA
    ...scratch(0x78, 0x79), // PCSC
    ...scratch(0x80, 0x80, 0x00, 0x7f), // APICBASE
    ...scratch(0x82, 0x82, 0x00, 0x0f), // DLC
    ...scratch(0xa0, 0xa0, 0x08), // SMICNTL
    ...scratch(0xa2, 0xa8), // SMIEN, SEE, FTMR
    ...scratch(0xaa, 0xab), // SMIREQ
    ...scratch(0xac, 0xac),
    ...scratch(0xae, 0xae),
  ],
};

/** IDE timing registers, a word for each channel; their top bit lets the channel's ports decode. */
export const IDETIM = 0x40;
export const IDETIM_DECODE = 0x8000;

/** Its two channels answer at the PC/AT's addresses and IRQs while IDETIM says so. */
export const PIIX3_IDE: PciIdentity = {
  name: 'piix3Ide',
  vendor: INTEL,
  device: 0x7010,
  revision: 0x00,
  classCode: 0x010180,
  command: { value: 0x0000, writable: 0x0005 },
  status: { value: 0x0280 },
  registers: [
    { offset: IDETIM, size: 2, value: 0, writable: 0xf3ff }, // primary
    { offset: IDETIM + 2, size: 2, value: 0, writable: 0xf3ff }, // secondary
    { offset: 0x44, size: 1, value: 0, writable: 0xff }, // SIDETIM
  ],
};

/** The display of QEMU and Bochs, which drivers know by these numbers (QEMU, docs/specs/standard-vga). */
export const BOCHS_DISPLAY: PciIdentity = {
  name: 'display',
  vendor: 0x1234,
  device: 0x1111,
  revision: 0x02,
  classCode: 0x030000,
  subsystem: QEMU_MACHINE,
  command: { value: 0x0000, writable: 0x0007 },
  status: { value: 0x0000 },
};
