/** An initial RAM disk in memory: a cpio archive in the "newc" format (Documentation/driver-api/early-userspace/buffer-format.rst). */

const MAGIC = '070701';
const MODES = { directory: 0o040000, file: 0o100000, device: 0o020000 };

const aligned = (bytes) => Buffer.concat([bytes, Buffer.alloc(-bytes.length & 3)]);

/** Entries: { name, kind, permissions, content?, device?: [major, minor] }; parents before what they hold. */
export function cpio(entries) {
  const parts = [...entries, { name: 'TRAILER!!!', permissions: 0 }].map(({ name, kind, permissions, content = '', device = [0, 0] }, i) => {
    const data = Buffer.from(content);
    const mode = (MODES[kind] ?? 0) | permissions;
    // inode, mode, uid, gid, links, mtime, size, device of the file system, device, length of the name, checksum
    const fields = [i + 1, mode, 0, 0, 1, 0, data.length, 0, 0, ...device, Buffer.byteLength(name) + 1, 0];
    const header = MAGIC + fields.map((field) => field.toString(16).padStart(8, '0')).join('');
    return Buffer.concat([aligned(Buffer.from(`${header}${name}\0`)), aligned(data)]);
  });
  return Buffer.concat(parts);
}

const PREPARE = [
  '#!/bin/busybox sh',
  '/bin/busybox mount -t proc proc /proc',
  '/bin/busybox mount -t sysfs sys /sys',
  '/bin/busybox mount -t devtmpfs dev /dev',
  '/bin/busybox --install -s /bin',
  'export PATH=/bin',
];
const SHELL_ON_HVC0 = "exec setsid sh -c 'exec sh </dev/hvc0 >/dev/hvc0 2>&1'";

const directories = (...names) => names.map((name) => ({ name, kind: 'directory', permissions: 0o755 }));

/** Loads modules in order, lets a shell script say what there is, and starts a shell on a virtio console. Modules: { name: bytes }. */
export const modulesInitramfs = (busybox, modules, script) =>
  cpio([
    ...directories('bin', 'dev', 'modules', 'proc', 'sys'),
    { name: 'dev/console', kind: 'device', permissions: 0o600, device: [5, 1] },
    { name: 'bin/busybox', kind: 'file', permissions: 0o755, content: busybox },
    ...Object.entries(modules).map(([name, content]) => ({ name: `modules/${name}`, kind: 'file', permissions: 0o644, content })),
    {
      name: 'init',
      kind: 'file',
      permissions: 0o755,
      content: [...PREPARE, ...Object.keys(modules).map((name) => `insmod /modules/${name}`), script, SHELL_ON_HVC0, ''].join('\n'),
    },
  ]);

/** A shell on the console and nothing else. */
export const shellInitramfs = (busybox) =>
  cpio([
    ...directories('bin', 'dev', 'proc', 'sys'),
    { name: 'dev/console', kind: 'device', permissions: 0o600, device: [5, 1] },
    { name: 'bin/busybox', kind: 'file', permissions: 0o755, content: busybox },
    { name: 'init', kind: 'file', permissions: 0o755, content: [...PREPARE, 'exec setsid cttyhack sh', ''].join('\n') },
  ]);
