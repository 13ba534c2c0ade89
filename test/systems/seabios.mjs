/** SeaBIOS, from Debian's package: boot sectors from hard disk and floppy, on the VGA and on a serial console. */
import fs from 'node:fs';
import path from 'node:path';
import { debianPackage } from './lib/debian.mjs';
import { expectText, runGuest } from './lib/guest.mjs';

export const name = 'seabios';

const SECTOR = 512;
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

const image = (file, bytes) => {
  const disk = Buffer.alloc(bytes);
  disk.set(bootSector());
  fs.writeFileSync(file, disk);
  return file;
};

const LIMIT = 100_000_000;
const MIB = 1 << 20;

export async function run({ cache, cli, log }) {
  const roms = path.join(debianPackage('seabios', cache), 'usr/share/seabios');
  const rom = (file) => path.join(roms, file);
  const disk = image(path.join(cache, 'seabios-disk.img'), 8 * MIB);
  const floppy = image(path.join(cache, 'seabios-floppy.img'), 1440 * 1024);
  const check = async (what, program, options, drive, textOf) => {
    const result = await runGuest(cli, program, options, LIMIT);
    const text = textOf(result);
    expectText(what, drive >= 0x80 ? /Booting from Hard Disk\.\.\./ : /Booting from Floppy\.\.\./, text);
    expectText(what, new RegExp(TEXT), text);
    if (result.stop.kind !== 'exited' || result.stop.code !== drive) throw new Error(`${what}: ended with ${JSON.stringify(result.stop)}, expected power-off with ${drive}`);
    log(`${what}: ${result.retired} instructions`);
  };
  const screen = (result) => result.screen.join('\n');
  for (const bios of ['bios.bin', 'bios-256k.bin']) {
    const vga = ['--bios', rom(bios), '--vga-bios', rom('vgabios-stdvga.bin')];
    await check(`${bios}, hard disk`, disk, vga, 0x80, screen);
    await check(`${bios}, floppy`, floppy, vga, 0x00, screen);
    await check(`${bios}, boot order`, floppy, [...vga, '--disk', disk, '--boot', 'disk,floppy'], 0x80, screen);
  }
  await check('serial console', disk, ['--bios', rom('bios-256k.bin')], 0x80, ({ output }) => output);
}
