/** Systems under techniques other than bare metal: those that run, and those that a technique cannot run, with the symptom and its cause. */
const xv6 = (technique, rest) => ({
  name: `xv6-${technique}`,
  images: ['xv6.img', 'fs.img'],
  machine: ({ images: [program, files] }) => ({ program, kind: 'disk', disk: [files], memory: 256, technique }),
  seconds: 600,
  ...rest,
});

/** mycpu() asks PUSHF whether interrupts are off. They are, but PUSHF in user mode shows the processor's own flag. */
const PANICS = {
  script: [{ expect: /panic: mycpu called with interrupts enabled/ }],
  silent: [/^pushfd: Silently wrong: \[[0-9A-F]+h\] is 0000028[26]h; bare metal: 0000008[26]h\. PUSHF did not trap\./],
};

const LISTS_FILES = {
  script: [{ expect: /^\$ $/ }, { serial: 'ls\n' }, { expect: /^\$ $/ }],
  shows: [/^usertests +2 \d+ \d+/m],
};

export const systems = [
  xv6('bt', { title: 'xv6 starts its shell and lists its files under binary translation', ...LISTS_FILES }),
  xv6('hvm', { title: 'xv6 starts its shell and lists its files in VT-x non-root mode', ...LISTS_FILES }),
  xv6('trap', { title: 'xv6 panics under trap-and-emulate: PUSHF shows it interrupts that are on', ...PANICS }),
  xv6('pv', { title: 'xv6, not written for it, panics paravirtualized as under trap-and-emulate', ...PANICS }),
];
