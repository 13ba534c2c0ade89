/** Debian's kernel on KVM's interface, with virtio devices: what the hypervisor is, its clock, and each device through its driver. */
import fs from 'node:fs';
import { modulesInitramfs } from './lib/initramfs.mjs';

/** In the order in which they need one another. */
const MODULES = [
  'virtio',
  'virtio_ring',
  'virtio_pci_legacy_dev',
  'virtio_pci_modern_dev',
  'virtio_pci',
  'virtio_blk',
  'failover',
  'net_failover',
  'virtio_net',

  'virtio-rng',
  'virtio_console',
]; // prettier-ignore
const PACKAGE = '^linux-image-[0-9.]+-[0-9]+-686$';
const DISK_TEXT = 'the first sector of the disk';
const DISK_BYTES = 4 << 20;

/** In the order of the devices, before there is a shell. */
const LOOK = `
echo "clock: $(cat /sys/devices/system/clocksource/clocksource0/current_clocksource)"
echo "disk: $(head -c ${DISK_TEXT.length} /dev/vda), $(cat /sys/block/vda/size) sectors"
echo "written and read back" | dd of=/dev/vda bs=512 seek=8 conv=sync 2>/dev/null
sync
echo 3 >/proc/sys/vm/drop_caches
echo "disk: $(dd if=/dev/vda bs=512 skip=8 count=1 2>/dev/null | head -n 1)"
ip link set eth0 up
sleep 1
echo "network: $(cat /sys/class/net/eth0/address) $(cat /sys/class/net/eth0/operstate)"
echo "entropy: $(cat /sys/class/misc/hw_random/rng_current), $(head -c 16 /dev/hwrng | wc -c) bytes"
`;

export const systems = [
  {
    name: 'virtio',
    title: 'Debian’s 686 kernel finds KVM, its clock, and virtio devices, and has a shell on the virtio console',
    machine({ debian }) {
      const wanted = { vmlinuz: /\/boot\/vmlinuz-/, ...Object.fromEntries(MODULES.map((name) => [`${name}.ko`, new RegExp(`/${name}\\.ko$`)])) };
      const { vmlinuz, ...modules } = debian.files('kernel-686', PACKAGE, wanted);
      const busybox = fs.readFileSync(debian.file('busybox', '^busybox-static$', /\/bin\/busybox$/));
      const contents = Object.fromEntries(Object.entries(modules).map(([name, file]) => [name, fs.readFileSync(file)]));
      return {
        program: vmlinuz,
        kind: 'kernel',
        memory: 256,
        virtio: 'block,console,network,entropy',
        hypervisor: 'kvm',
        initrd: debian.derived('virtio.cpio', () => modulesInitramfs(busybox, contents, LOOK)),
        disk: [debian.derived('virtio-disk.img', () => Buffer.concat([Buffer.from(DISK_TEXT), Buffer.alloc(DISK_BYTES - DISK_TEXT.length)]))],
        append: 'console=ttyS0 panic=-1 cryptomgr.notests',
      };
    },
    script: [
      { expect: /^\/ # / },
      { serial: 'echo typed on $(readlink /proc/self/fd/0)\n' },
      { expect: /typed on \/dev\/hvc0/ },
      { expect: /^\/ # / },
      { serial: 'poweroff -f\n' },
    ],
    shows: [
      /Hypervisor detected: KVM/,
      /kvm-clock: Using msrs 4b564d01 and 4b564d00/,
      /^clock: kvm-clock/m,
      new RegExp(`^disk: ${DISK_TEXT}, ${DISK_BYTES / 512} sectors`, 'm'),
      /^disk: written and read back/m,
      /^network: 02:00:00:00:00:01 up/m,
      /^entropy: virtio_rng\.0, 16 bytes/m,
      /reboot: Power down/,
    ],
    exitCode: 0,
    seconds: 1200,
  },
];
