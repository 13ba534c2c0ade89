/**
 * A machine of a system test, as options of `ringside run` and of QEMU.
 *
 * `program` (a path) is a `kind`: 'disk', 'floppy', 'bootSector', 'cdrom' or 'kernel' (Linux or Multiboot). The rest may be
 * left out: `technique` with `translation` and `nestedPaging`, `virtio` (kinds of devices), `hypervisor` (its interface; none of them for QEMU), `memory` in MiB, `cpu`, further `disk` images, `initrd`, `append`, `bios` and `vgaBios`
 * (not for QEMU, which has its own SeaBIOS), `boot` (order of devices), `instructions` (the run ends after so many; not for QEMU).
 */

const DEFAULT_MEMORY = 64;
const QEMU_BOOT = { floppy: 'a', bootSector: 'a', disk: 'c', cdrom: 'd' };

const given = (option, value) => (value === undefined ? [] : [option, String(value)]);

export const ringsideArguments = ({
  program,
  technique = 'bare',
  translation,
  nestedPaging,
  memory = DEFAULT_MEMORY,
  cpu,
  disk = [],
  initrd,
  append,
  bios,
  vgaBios,
  boot,
  instructions,
  virtio,
  hypervisor,
}) => [
  ...[program, '--technique', technique, '--mem', String(memory)],
  ...given('--translation', translation),
  ...given('--nested-paging', nestedPaging),
  ...given('--cpu', cpu),
  ...disk.flatMap((image) => ['--disk', image]),
  ...given('--initrd', initrd),
  ...given('--append', append),
  ...given('--bios', bios),
  ...given('--vga-bios', vgaBios),
  ...given('--boot', boot),
  ...given('--max-instructions', instructions),
  ...given('--virtio', virtio),
  ...given('--hypervisor', hypervisor),
];

const drive = (file, index) => ['-drive', `file=${file},format=raw,if=ide,index=${index},snapshot=on`];

const qemuFloppy = (file) => ['-drive', `file=${file},format=raw,if=floppy,snapshot=on`];

const qemuProgram = {
  disk: (file) => drive(file, 0),
  floppy: qemuFloppy,
  bootSector: qemuFloppy,
  cdrom: (file) => ['-cdrom', file],
  kernel: (file) => ['-kernel', file],
};

export const qemuArguments = ({ program, kind, memory = DEFAULT_MEMORY, disk = [], initrd, append, boot }) => [
  ...['-accel', 'tcg', '-m', String(memory), '-display', 'none', '-nic', 'none', '-no-reboot', '-device', 'isa-debug-exit,iobase=0xf4'],
  ...qemuProgram[kind](program),
  ...disk.flatMap((image, i) => drive(image, kind === 'disk' ? i + 1 : i)),
  ...given('-initrd', initrd),
  ...given('-append', append),
  ...[
    '-boot',
    `order=${(boot ?? (kind === 'kernel' ? 'disk' : kind))
      .split(',')
      .map((device) => QEMU_BOOT[device])
      .join('')}`,
  ],
];
