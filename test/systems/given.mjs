/** Systems that are not packages of Debian: their images are given with --image, and never part of this repository. */

/** Operate a shell: a command at its prompt. */
const shell = (prompt, command) => [{ expect: prompt }, command, { expect: prompt }];

const xv6 = ({ images: [program, files] }) => ({ program, kind: 'disk', disk: [files], memory: 256 });

/** A floppy image of 1.44 MB. */
const floppy = ({ images: [program] }) => ({ program, kind: 'floppy' });

/** A lesson of cfenollosa/os-tutorial; its last text is waited for. */
const lesson = (number, script) => ({
  name: `os-tutorial-${number}`,
  title: `os-tutorial, lesson ${number}: enters protected mode, loads its kernel and serves interrupts`,
  images: ['os-image.bin'],
  machine: floppy,
  script,
  shows: [/Landed in 32-bit Protected Mode/, /Loading kernel into memory/],
  seconds: 60,
});

/** The ticks of a PC, 65536 periods of 1.193182 MHz each, in Ringside's guest time of 10 ns an instruction. QEMU's are in real time. */
const INSTRUCTIONS_A_TICK = 65536 / 1.193182e6 / 10e-9;
const GAME_TICKS = 6;

const exceptions = [{ expect: /Non Maskable Interrupt/ }, { expect: /Breakpoint/ }];
const page = [{ expect: /^>/ }, { keys: 'page\n' }, { expect: /Page: .*physical address: / }];

export const systems = [
  {
    name: 'xv6',
    title: 'xv6 (mit-pdos/xv6-public) starts its shell and lists its files',
    images: ['xv6.img', 'fs.img'],
    machine: xv6,
    script: shell(/^\$ $/, { serial: 'ls\n' }),
    shows: [/^usertests +2 \d+ \d+/m, /^console +3 \d+ 0/m],
    seconds: 120,
  },
  {
    name: 'xv6-usertests',
    title: 'xv6 passes its usertests',
    images: ['xv6.img', 'fs.img'],
    machine: xv6,
    script: [{ expect: /^\$ $/ }, { serial: 'usertests\n' }, { expect: /ALL TESTS PASSED/ }],
    shows: [],
    seconds: 3600,
  },
  {
    name: 'freedos',
    title: 'FreeDOS starts from a floppy and lists its files',
    images: ['freedos.img'],
    machine: floppy,
    script: [{ expect: /^A:\\>/ }, { keys: 'dir\n' }, { expect: /bytes free/ }],
    shows: [/COMMAND +COM/],
    seconds: 120,
  },
  {
    name: 'linux-0.11',
    title: 'Linux 0.11, which switches tasks in hardware, starts its shell and lists its root',
    images: ['floppy.img', 'hdc-0.11.img'],
    machine: ({ images: [program, disk] }) => ({ program, kind: 'floppy', disk: [disk], memory: 16 }),
    script: shell(/^\[\/usr\/root\]# /, { keys: 'ls /\n' }),
    shows: [/Partition table ok/, /^bin.*\betc\b/m],
    seconds: 300,
  },
  lesson(18, exceptions),
  lesson(19, exceptions),
  lesson(20, [{ expect: /Tick: 20\b/ }]),
  lesson(21, [{ expect: /^>/ }, { keys: 'hello\n' }, { expect: /You said: HELLO/ }]),
  lesson(22, page),
  lesson(23, [...exceptions, ...page]),
  {
    name: 'game',
    title: `a boot-sector game in mode 13h, such as nanochess/Invaders, draws its picture and plays ${GAME_TICKS} ticks of the BIOS's clock (look at it)`,
    images: ['game.img'],
    machine: ({ images: [program] }) => ({ program, kind: 'bootSector', instructions: Math.ceil(GAME_TICKS * INSTRUCTIONS_A_TICK) }),
    script: [],
    picture: { width: 320, height: 200, colors: 10 },
    ticks: GAME_TICKS,
    seconds: 120,
  },
];
