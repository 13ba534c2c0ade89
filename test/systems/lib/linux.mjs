/** A kernel of Debian and a shell for it. */
import fs from 'node:fs';
import { shellInitramfs } from './initramfs.mjs';

/** `flavour`: 686 or 686-pae. */
export const debianKernel = (debian, flavour) => debian.file(`vmlinuz-${flavour}`, `^linux-image-[0-9.]+-[0-9]+-${flavour}$`, /\/boot\/vmlinuz-/);

export const busyboxInitrd = (debian) => {
  const busybox = debian.file('busybox', '^busybox-static$', /\/bin\/busybox$/);
  return debian.derived('shell.cpio', () => shellInitramfs(fs.readFileSync(busybox)));
};
