/** Debian's i386 kernels with a busybox shell: boot, run a command, power off. */
import { busyboxInitrd, debianKernel } from './lib/linux.mjs';

const kernel = (flavour, parameters = '') => ({
  name: `linux-${flavour}`,
  title: `Debian's ${flavour} kernel boots to a shell, runs a command and powers off`,
  machine: ({ debian }) => ({
    program: debianKernel(debian, flavour),
    kind: 'kernel',
    memory: 256,
    initrd: busyboxInitrd(debian),
    append: `console=ttyS0 panic=-1 ${parameters}`,
  }),
  script: [{ expect: /^\/ # / }, { serial: 'uname -a\n' }, { expect: /GNU\/Linux/ }, { expect: /^\/ # / }, { serial: 'poweroff -f\n' }],
  shows: [new RegExp(`^Linux \\S+ [\\d.]+-\\d+-${flavour} #1 SMP .* i686 GNU/Linux`, 'm'), /reboot: Power down/],
  exitCode: 0,
  seconds: 1200,
});

/** The first also runs the kernel's self-tests of its cryptography, half of all instructions. */
export const systems = [kernel('686'), kernel('686-pae', 'cryptomgr.notests')];
