/** Systems under techniques other than bare metal: those that run, and those that a technique cannot run, with the symptom and its cause. */
import { busyboxInitrd, debianKernel } from './lib/linux.mjs';

/** How each is told to the machine, and how it is called in a title. */
const WAYS = {
  trap: [{ technique: 'trap' }, 'under trap-and-emulate'],
  hvm: [{ technique: 'hvm' }, 'in VT-x non-root mode'],
  'hvm-first': [{ technique: 'hvm', nestedPaging: false }, 'on VT-x of the first generation'],
  bt: [{ technique: 'bt' }, 'under binary translation as in the textbook'],
  'bt-optimised': [{ technique: 'bt', translation: 'optimised' }, 'under optimised binary translation'],
  pv: [{ technique: 'pv' }, 'paravirtualized, though it is not written for that'],
};

const under = (guest, way, what, rest) => {
  const [attributes, how] = WAYS[way];
  const machine = (files) => ({ ...guest.machine(files), ...attributes });
  return { ...guest, name: `${guest.name}-${way}`, title: `${guest.title} ${what} ${how}`, machine, ...rest };
};

const XV6 = {
  name: 'xv6',
  title: 'xv6',
  images: ['xv6.img', 'fs.img'],
  machine: ({ images: [program, files] }) => ({ program, kind: 'disk', disk: [files], memory: 256 }),
  seconds: 600,
};

/** mycpu() asks PUSHF whether interrupts are off. They are, but PUSHF in user mode shows the processor's own flag. */
const PANICS = {
  script: [{ expect: /panic: mycpu called with interrupts enabled/ }],
  silent: [/^pushfd: Afterwards \[[0-9A-F]+h\] is 0000028[26]h, on bare metal 0000008[26]h\. PUSHF does not trap\./],
};

const LISTS_FILES = {
  script: [{ expect: /^\$ $/ }, { serial: 'ls\n' }, { expect: /^\$ $/ }],
  shows: [/^usertests +2 \d+ \d+/m],
};

const LINUX = {
  name: 'linux',
  title: "Debian's 686 kernel",
  machine: ({ debian }) => ({
    program: debianKernel(debian, '686'),
    kind: 'kernel',
    memory: 256,
    initrd: busyboxInitrd(debian),
    append: 'console=ttyS0 panic=-1 earlyprintk=serial cryptomgr.notests nokaslr',
  }),
  seconds: 3600,
};

const RUNS_A_COMMAND = {
  script: [{ expect: /^\/ # / }, { serial: 'uname -a\n' }, { expect: /GNU\/Linux/ }, { expect: /^\/ # / }, { serial: 'poweroff -f\n' }],
  shows: [/^Linux \S+ [\d.]+-\d+-686 #1 SMP .* i686 GNU\/Linux/m, /reboot: Power down/],
  exitCode: 0,
};

/**
 * _raw_spin_lock_irqsave saves what PUSHF shows it: the processor's IF, which is set. _raw_spin_unlock_irqrestore executes STI
 * therefore, which traps and sets the guest's IF, in start_kernel before there are handlers and in the handler of the timer.
 * The kernel finds interrupts on where they never are, and gives up.
 */
const GIVES_UP = {
  script: [
    { expect: /Interrupts were enabled \*very\* early, fixing it/ },
    { expect: /kernel BUG at kernel\/irq_work\.c:\d+!/ },
    { expect: /Kernel panic - not syncing: Fatal exception in interrupt/ },
  ],
  silent: [/^pushfd: Afterwards \[[0-9A-F]+h\] is 002002[0-9A-F]{2}h, on bare metal 002000[0-9A-F]{2}h\. PUSHF does not trap\./],
};

export const systems = [
  ...['bt', 'bt-optimised', 'hvm', 'hvm-first'].map((way) => under(XV6, way, 'starts its shell and lists its files', LISTS_FILES)),
  ...['trap', 'pv'].map((way) => under(XV6, way, 'panics, for PUSHF shows it interrupts that are on,', PANICS)),
  ...['bt-optimised', 'hvm', 'hvm-first'].map((way) => under(LINUX, way, 'boots to a shell, runs a command and powers off', RUNS_A_COMMAND)),
  ...['trap', 'pv'].map((way) => under(LINUX, way, 'finds interrupts on in its timer handler and gives up,', GIVES_UP)),
];
