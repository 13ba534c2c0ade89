/** GRUB's rescue CD and floppy, from Debian's package: to their menu under SeaBIOS and under the built-in BIOS, and on to Linux from the menu. */
import fs from 'node:fs';
import { fat16Disk } from './lib/fat16.mjs';
import { seabios } from './lib/firmware.mjs';
import { busyboxInitrd, debianKernel } from './lib/linux.mjs';

const IMAGES = { cdrom: 'grub-rescue-cdrom.iso', floppy: 'grub-rescue-floppy.img' };
const FIRMWARE = { seabios: seabios, 'built-in': () => ({}) };

const rescue = (debian, kind) => debian.file(IMAGES[kind], '^grub-rescue-pc$', new RegExp(`/${IMAGES[kind]}$`));

const menu = (kind, firmware) => ({
  name: `grub-${kind}-${firmware}`,
  title: `GRUB's ${IMAGES[kind]} shows its menu, under the ${firmware} BIOS`,
  machine: ({ debian }) => ({ program: rescue(debian, kind), kind, ...FIRMWARE[firmware](debian) }),
  script: [{ expect: /executed automatically in \d+s/ }],
  shows: [/GNU GRUB {2}version 2/, /\*GNU\/Linux/],
  seconds: 120,
});

/** The menu's first entry starts /vmlinuz with /initrd.img of the first partition; its console is the screen. */
const linux = {
  name: 'grub-linux',
  title: "Debian's kernel from GRUB's menu, from a disk, to a shell on the screen",
  machine: ({ debian }) => ({
    program: rescue(debian, 'cdrom'),
    kind: 'cdrom',
    memory: 256,
    boot: 'cdrom,disk',
    disk: [debian.derived('linux-disk.img', () => fat16Disk({ vmlinuz: fs.readFileSync(debianKernel(debian, '686')), 'initrd.img': fs.readFileSync(busyboxInitrd(debian)) }))],
    ...seabios(debian),
  }),
  script: [{ expect: /\*GNU\/Linux/ }, { keys: '\n' }, { expect: /^\/ # / }, { keys: 'uname -r\n' }, { expect: /-686\b/ }, { expect: /^\/ # / }, { keys: 'poweroff -f\n' }],
  exitCode: 0,
  seconds: 1200,
};

export const systems = [...Object.keys(IMAGES).flatMap((kind) => Object.keys(FIRMWARE).map((firmware) => menu(kind, firmware))), linux];
