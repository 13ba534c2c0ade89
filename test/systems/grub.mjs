/** GRUB's rescue CD and floppy, from Debian's package, to their menu: under SeaBIOS and under the built-in BIOS. */
import path from 'node:path';
import { debianPackage } from './lib/debian.mjs';
import { expectText, runGuest } from './lib/guest.mjs';

export const name = 'grub';

/** The menu is there, its countdown of 30 seconds runs. */
const LIMIT = 250_000_000;

export async function run({ cache, cli, log }) {
  const seabios = path.join(debianPackage('seabios', cache), 'usr/share/seabios');
  const images = path.join(debianPackage('grub-rescue-pc', cache), 'usr/lib/grub-rescue');
  const firmware = { 'built-in BIOS': [], SeaBIOS: ['--bios', path.join(seabios, 'bios-256k.bin'), '--vga-bios', path.join(seabios, 'vgabios-stdvga.bin')] };
  for (const [bios, options] of Object.entries(firmware))
    for (const image of ['grub-rescue-cdrom.iso', 'grub-rescue-floppy.img']) {
      const result = await runGuest(cli, path.join(images, image), options, LIMIT);
      const screen = result.screen.join('\n');
      for (const text of [/GNU GRUB {2}version 2/, /\*GNU\/Linux/, /executed automatically in \d+s/]) expectText(`${image} under ${bios}`, text, screen);
      log(`${image} under ${bios}: the menu`);
    }
}
