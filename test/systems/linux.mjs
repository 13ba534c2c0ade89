/** Debian's i386 kernels with a busybox shell: boot, run a command, power off. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { DebianPackages } from './debian.mjs';
import { shellInitramfs } from './initramfs.mjs';

const kernel = (flavour, parameters = '') => ({
  name: `linux-${flavour}`,
  title: `Debian's ${flavour} kernel boots to a shell, runs a command and powers off`,
  run({ directory, ringside }) {
    const debian = new DebianPackages(directory);
    const vmlinuz = debian.file(`vmlinuz-${flavour}`, `^linux-image-[0-9.]+-[0-9]+-${flavour}$`, /\/boot\/vmlinuz-/);
    const busybox = debian.file('busybox', '^busybox-static$', /\/bin\/busybox$/);
    const initrd = path.join(directory, 'shell.cpio');
    fs.writeFileSync(initrd, shellInitramfs(fs.readFileSync(busybox)));
    const report = ringside([
      ...['run', vmlinuz, '--technique', 'bare', '--mem', '256', '--initrd', initrd, '--append', `console=ttyS0 panic=-1 ${parameters}`],
      ...['--timeout', '1200', '--expect', '^/ # ', '--type-serial', 'uname -a\\n', '--expect', 'GNU/Linux', '--expect', '^/ # ', '--type-serial', 'poweroff -f\\n'],
    ]);
    assert.match(report.output, new RegExp(`^Linux \\S+ [\\d.]+-\\d+-${flavour} #1 SMP .* i686 GNU/Linux`, 'm'));
    assert.match(report.output, /reboot: Power down/);
    assert.deepEqual(report.stop, { kind: 'exited', code: 0 });
    return report;
  },
});

/** The first also runs the kernel's self-tests of its cryptography, half of all instructions. */
export const systems = [kernel('686'), kernel('686-pae', 'cryptomgr.notests')];
