/**
 * The guests: programs of ours that do one thing. `ops`: operations of the kind the guest is about, in one unit; with it the
 * report gives nanoseconds for one. `c`: needs gcc, and runs natively too. `machine`: an operating system in place of a guest of
 * ours, as test/systems has them; its time is that from power-on to `until`. Those that are `extra` run only when named.
 */
import { busyboxInitrd, debianKernel } from '../../test/systems/lib/linux.mjs';

const INTEGER = '-march=i686 -mfpmath=387';
const SSE2 = '-march=pentium4 -mfpmath=sse -msse2';

const c = (name, group, flags = INTEGER, source = name) => ({ name, group, source: `${source}.c`, flags: flags.split(' ') });
const asm = (name, group, ops) => ({ name, group, source: `${name}.asm`, ...(ops ? { ops } : {}) });

export const GUESTS = [
  c('crc32', 'integer'),
  c('sieve', 'integer'),
  c('qsort', 'integer'),
  c('matmul', 'integer'),
  c('sha256', 'integer'),
  c('bytecode', 'integer'),
  c('state', 'integer'),
  c('calls', 'integer'),
  c('indirect', 'integer'),
  c('copy', 'memory'),
  c('chase', 'memory'),
  asm('repmovs', 'strings'),
  asm('repstos', 'strings'),
  c('mandelbrot', 'x87'),
  c('nbody', 'x87'),
  c('mandelbrot-sse2', 'sse2', SSE2, 'mandelbrot'),
  c('nbody-sse2', 'sse2', SSE2, 'nbody'),
  asm('syscall', 'system', 50_000),
  asm('interrupt', 'system', 50_000),
  asm('pagefault', 'system', 400 * 64),
  asm('divide', 'system', 30_000),
  asm('invlpg', 'system', 40_000),
  asm('switch', 'system', 10_000),
  asm('cr0', 'system', 1_000_000),
  asm('portin', 'system', 400_000),
  asm('portout', 'system', 400_000),
  asm('flags', 'system', 1_000_000),
  asm('segments', 'system', 800_000),
  asm('selfmodify', 'code', 20_000),
  asm('generate', 'code', 2000),
  asm('codepage', 'code', 400_000),
  asm('reshape', 'code', 1000),
  asm('fresh', 'code', 1000),
  { ...asm('empty', 'start'), start: true },
  {
    name: 'linux',
    group: 'boot',
    extra: true,
    machine: (debian) => ({ program: debianKernel(debian, '686'), kind: 'kernel', memory: 256, initrd: busyboxInitrd(debian), append: 'console=ttyS0 panic=-1' }),
    until: /^\/ # /m,
  },
];
