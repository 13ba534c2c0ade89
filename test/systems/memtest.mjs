/** Memtest86+ for IA-32, from Debian's package, under SeaBIOS: its CD emulates a floppy. Its first tests find no error. */
import { seabios } from './lib/firmware.mjs';

export const systems = [
  {
    name: 'memtest86+',
    title: 'memtest86+ runs its first tests and finds no error',
    machine: ({ debian }) => ({
      program: debian.file('memtest86+ia32.iso', '^memtest86[+]$', /\/memtest86\+ia32\.iso$/),
      kind: 'cdrom',
      memory: 16,
      ...seabios(debian),
    }),
    script: [{ expect: /Memtest86\+ v\d/ }, { expect: /Test #[2-9]/ }],
    shows: [/Status: Testing/, /Errors: 0/],
    seconds: 300,
  },
];
