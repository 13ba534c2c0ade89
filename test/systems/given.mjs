/** Systems that are not packages of Debian: their images are given with --image, and never part of this repository. */

const shell = (prompt, command) => [{ expect: prompt }, command, { expect: prompt }];

export const systems = [
  {
    name: 'xv6',
    title: 'xv6 (mit-pdos/xv6-public) starts its shell and lists its files',
    images: ['xv6.img', 'fs.img'],
    machine: ({ images: [program, files] }) => ({ program, kind: 'disk', disk: [files], memory: 256 }),
    script: shell(/^\$ $/, { serial: 'ls\n' }),
    shows: [/^usertests +2 \d+ \d+/m, /^console +3 \d+ 0/m],
    seconds: 120,
  },
  {
    name: 'xv6-usertests',
    title: 'xv6 passes its usertests',
    images: ['xv6.img', 'fs.img'],
    machine: ({ images: [program, files] }) => ({ program, kind: 'disk', disk: [files], memory: 256 }),
    script: [{ expect: /^\$ $/ }, { serial: 'usertests\n' }, { expect: /ALL TESTS PASSED/ }],
    shows: [],
    seconds: 3600,
  },
];
