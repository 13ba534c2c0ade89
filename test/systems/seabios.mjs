/** SeaBIOS, from Debian's package: boot sectors from hard disk and floppy, on the VGA and on a serial console; VBE of its VGA BIOS. */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { seabios } from './lib/firmware.mjs';

const SECTOR = 512;
const MIB = 1 << 20;
const TEXT = 'Hello from the boot sector';

/** Prints TEXT and a line feed with INT 10h AH=0Eh, and powers off with DL, the drive it came from. */
const bootSector = () => {
  const code = [
    ...[0xbe, 0x00, 0x7d], // mov si, 7d00h
    ...[0x2e, 0xac, 0x84, 0xc0, 0x74, 0x09], // next: cs lodsb; test al, al; jz done
    ...[0xb4, 0x0e, 0xbb, 0x07, 0x00, 0xcd, 0x10, 0xeb, 0xf1], // mov ah, 0eh; mov bx, 7; int 10h; jmp next
    ...[0xfb, 0xf4, 0xf4, 0xf4], // done: sti; hlt; hlt; hlt (the serial console prints on timer ticks)
    ...[0x88, 0xd0, 0xe6, 0xf4, 0xf4], // mov al, dl; out 0f4h, al; hlt
  ];
  const sector = Buffer.alloc(SECTOR);
  sector.set(code);
  sector.write(`${TEXT}\r\n`, 0x100, 'latin1');
  sector.writeUInt16LE(0xaa55, 510);
  return sector;
};

const image = (debian, kind) => debian.derived(`seabios-${kind}.img`, () => Buffer.concat([bootSector(), Buffer.alloc((kind === 'disk' ? 8 * MIB : 1440 * 1024) - SECTOR)]));

const BOOTING = { disk: /Booting from Hard Disk\.\.\./, floppy: /Booting from Floppy\.\.\./ };
const DRIVES = { disk: 0x80, floppy: 0x00 };

const system = (name, from, machine) => ({
  name: `seabios-${name}`,
  title: `SeaBIOS, ${name}: starts the boot sector of the ${from}`,
  machine: ({ debian }) => machine(debian),
  script: [],
  shows: [BOOTING[from], new RegExp(TEXT)],
  exitCode: DRIVES[from],
  seconds: 60,
});

const withVga = (bios, size) => [
  system(`${size}-disk`, 'disk', (debian) => ({ program: image(debian, 'disk'), kind: 'disk', ...seabios(debian, { image: bios }) })),
  system(`${size}-floppy`, 'floppy', (debian) => ({ program: image(debian, 'floppy'), kind: 'floppy', ...seabios(debian, { image: bios }) })),
  system(`${size}-order`, 'disk', (debian) => ({
    program: image(debian, 'floppy'),
    kind: 'floppy',
    disk: [image(debian, 'disk')],
    boot: 'disk,floppy',
    ...seabios(debian, { image: bios }),
  })),
];

/** vbe.asm as the boot sector of a floppy. */
const vbeImage = (debian) =>
  debian.derived('seabios-vbe.img', () => {
    const binary = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'ringside-vbe-')), 'vbe.bin');
    const cli = path.resolve(import.meta.dirname, '../../dist/cli.mjs');
    const { status, stderr } = spawnSync(process.execPath, [cli, 'asm', path.join(import.meta.dirname, 'vbe.asm'), '-o', binary], { encoding: 'utf8' });
    if (status !== 0) throw new Error(stderr);
    const floppy = Buffer.alloc(1440 * 1024);
    floppy.set(fs.readFileSync(binary));
    floppy.writeUInt16LE(0xaa55, SECTOR - 2);
    fs.rmSync(path.dirname(binary), { recursive: true });
    return floppy;
  });

const vbe = {
  name: 'seabios-vbe',
  title: 'SeaBIOS, VBE: linear frame buffer and banks of its VGA BIOS show the same memory',
  machine: ({ debian }) => ({ program: vbeImage(debian), kind: 'floppy', ...seabios(debian) }),
  script: [],
  shows: [/^1K/m],
  exitCode: 24,
  seconds: 60,
};

export const systems = [
  ...withVga('bios.bin', '128k'),
  ...withVga('bios-256k.bin', '256k'),
  system('serial', 'disk', (debian) => ({ program: image(debian, 'disk'), kind: 'disk', ...seabios(debian, { vga: false }) })),
  vbe,
];
