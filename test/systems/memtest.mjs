/** Memtest86+ for IA-32, from Debian's package, under SeaBIOS: its CD emulates a floppy. Its first tests find no error. */
import path from 'node:path';
import { debianPackage } from './lib/debian.mjs';
import { expectText, runGuest } from './lib/guest.mjs';

export const name = 'memtest';

const LIMIT = 500_000_000;

export async function run({ cache, cli, log }) {
  const seabios = path.join(debianPackage('seabios', cache), 'usr/share/seabios');
  const iso = path.join(debianPackage('memtest86+', cache), 'usr/lib/memtest86+/memtest86+ia32.iso');
  const options = ['--mem', '16', '--bios', path.join(seabios, 'bios-256k.bin'), '--vga-bios', path.join(seabios, 'vgabios-stdvga.bin')];
  const result = await runGuest(cli, iso, options, LIMIT);
  const screen = result.screen.join('\n');
  for (const text of [/Memtest86\+ v\d/, /Status: Testing/, /Errors: 0/, /Test #[2-9]/]) expectText('memtest86+', text, screen);
  log(`memtest86+: ${/Test #.*/.exec(screen)[0].trimEnd()}`);
}
