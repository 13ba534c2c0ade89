/** The launch attributes: one row each. launch.json's schema, the parser, the command line and the documentation read this table. */
import { TRANSLATIONS } from '../../engine/heat';
import { TECHNIQUES } from '../../protocol/techniques';
import { COST_PROFILES, DEFAULT_COST_PROFILE } from '../../vmm/cost/profiles';
import { DEFAULT_WEIGHT } from '../../vmm/scheduler';
import { GUEST_KINDS } from '../loader/guest';

export const CPU_MODELS = ['386', '486', 'pentium', 'p6', 'p3', 'p4'] as const;
export type CpuModel = (typeof CPU_MODELS)[number];

/** Kinds of drives the BIOS boots from. */
export const BOOT_DEVICES = ['floppy', 'disk', 'cdrom'] as const;
export type BootDevice = (typeof BOOT_DEVICES)[number];

/** Kinds of virtio devices; `block` takes the hard disks from the IDE channels. */
export const VIRTIO_KINDS = ['block', 'console', 'network', 'entropy'] as const;
export type VirtioKind = (typeof VIRTIO_KINDS)[number];

/** What a guest may find of the hypervisor. */
export const HYPERVISOR_INTERFACES = ['none', 'kvm'] as const;
export type HypervisorInterface = (typeof HYPERVISOR_INTERFACES)[number];

/** `pathMap`: folders and the folders that stand for them. `settings`: names and values, as an object. `paths`: one path or several. `list`: some of `values`, as an array or as text with commas. `size`: MiB as a number, or text such as "16M". `address`: a number, or text such as "0x7C00" or "7C00h". */
export type AttributeType = 'string' | 'boolean' | 'integer' | 'enum' | 'size' | 'address' | 'date' | 'definitions' | 'settings' | 'pathMap' | 'paths' | 'list';

export interface Attribute {
  readonly name: string;
  readonly type: AttributeType;
  readonly description: string;
  readonly required?: true;
  readonly default?: string | number | boolean;
  readonly values?: readonly (string | number)[];
  readonly valueDescriptions?: readonly string[];
  readonly min?: number;
  readonly max?: number;
}

const KIND_DESCRIPTIONS = [
  'By content: ELF with a Multiboot header, a Linux kernel, a boot signature, else a flat binary.',
  'Exactly 512 bytes that end in 55 AA; loaded at 7C00h.',
  'A flat binary, loaded at loadAddress.',
  'A kernel with a Multiboot 1 header.',
  'A floppy or hard disk image; its first sector boots.',
  'A CD image (ISO 9660) with an El Torito boot record.',
  'A Linux kernel (bzImage); its setup code starts in real mode.',
];

// biome-ignore format: a table
export const ATTRIBUTES = [
  { name: 'program', type: 'string', required: true, description: 'The guest: an assembly source (.asm), a boot sector, a floppy, disk or CD image, a flat binary, a Multiboot kernel (.elf) or a Linux kernel (bzImage).' },
  { name: 'technique', type: 'enum', default: 'trap', values: TECHNIQUES.map((t) => t.id), valueDescriptions: TECHNIQUES.map((t) => `${t.name}. ${t.description}`), description: 'How the guest is virtualized.' },
  { name: 'vmcs', type: 'settings', description: 'Under hardware assistance: fields, control bits and lists of the VMCS, such as { "rdtscExiting": true, "exceptionBitmap": "#PF,#GP", "interceptedPorts": "0x60-0x64" }. Default: what a hypervisor for unmodified guests sets.' },
  { name: 'translation', type: 'enum', default: 'textbook', values: ['textbook', 'optimised'], valueDescriptions: ['Every block ends in the VMM, which emulates its last instruction.', 'Blocks are chained, simple sensitive instructions are emulated in line, instructions that fault often are translated to calls.'], description: 'How binary translation works.' },
  { name: 'ringCompression', type: 'boolean', default: false, description: 'Trap-and-emulate with the guest’s kernel at CPL 1, a supervisor to paging, instead of CPL 3. Needs a 486 or later: without CR0.WP, stores of a supervisor cannot be traced.' },
  { name: 'nestedPaging', type: 'boolean', default: true, description: 'Hardware assistance with extended page tables and unrestricted guests. false: VT-x as it was first (2005), with shadow page tables, exits on CR3, INVLPG and page faults, and real mode in virtual-8086 mode.' },
  { name: 'kind', type: 'enum', default: 'auto', values: ['auto', ...GUEST_KINDS], valueDescriptions: KIND_DESCRIPTIONS, description: 'What the program is.' },
  { name: 'loadAddress', type: 'address', min: 0, max: 0xffffffff, description: 'Where a flat binary is loaded, such as "0x7C00". Default: ORG of an assembly source, else 7C00h.' },
  { name: 'entry', type: 'address', min: 0, max: 0xffffffff, description: 'Where a flat binary starts. Default: loadAddress.' },
  { name: 'bits', type: 'enum', values: [16, 32], description: 'Code size of a flat binary: 32 starts it in protected mode with flat segments. Default: BITS of an assembly source, else 16.' },
  { name: 'memory', type: 'size', default: 64, min: 1, max: 1024, description: 'Guest memory in MiB.' },
  { name: 'cpu', type: 'enum', default: 'p4', values: CPU_MODELS, description: 'Processor model: which instructions and features exist.' },
  { name: 'hypervisor', type: 'enum', values: HYPERVISOR_INTERFACES, valueDescriptions: ['The guest cannot tell that there is one.', 'KVM’s paravirtual interface: CPUID leaves, kvmclock, end of interrupt without an exit, hypercalls.'], description: 'What the guest is shown of the hypervisor. Default: kvm under paravirtualization, else none.' },
  { name: 'append', type: 'string', default: '', description: 'Command line for a Multiboot or Linux kernel.' },
  { name: 'initrd', type: 'string', description: 'Initial RAM disk for a Linux kernel.' },
  { name: 'modules', type: 'paths', description: 'Modules for a Multiboot kernel, each a path, which " -- " and arguments may follow.' },
  { name: 'symbols', type: 'paths', description: 'ELF files with symbols and debugging information (gcc -g, clang -g, nasm -g -F dwarf) of what runs: of a boot image’s kernel, vmlinux of a bzImage. Several are allowed; "kernel.elf@0x100000" adds an address to all of one file. Default: the program, when it is ELF.' },
  { name: 'symbolOffset', type: 'address', min: 0, max: 0xffffffff, description: 'Added to every address in symbol files, for a kernel that does not run where it was linked.' },
  { name: 'sourceFileMap', type: 'pathMap', description: 'Where sources are now, by the folder that the compiler knew, such as { "/build": "/home/me/kernel" }.' },
  { name: 'floppy', type: 'string', description: 'Image in floppy drive A. The guest’s writes stay in memory, unless persist is set.' },
  { name: 'disk', type: 'paths', description: 'Images of hard disks: primary master, primary slave, and so on. The guest’s writes stay in memory, unless persist is set.' },
  { name: 'cdrom', type: 'string', description: 'ISO image in the CD-ROM drive, the secondary master.' },
  { name: 'boot', type: 'list', values: BOOT_DEVICES, description: 'Start in the BIOS, which boots from the first of these that can, such as "cdrom,disk". Default: the program boots.' },
  { name: 'bios', type: 'string', description: 'BIOS image that starts the machine and boots the program, such as SeaBIOS: 64, 128 or 256 KiB. Default: the built-in BIOS.' },
  { name: 'vgaBios', type: 'string', description: 'Option ROM of the VGA, for the BIOS image. Without one its screen and keyboard are serial port 1.' },
  { name: 'optionRoms', type: 'paths', description: 'Other option ROMs for the BIOS image.' },
  { name: 'virtio', type: 'list', values: VIRTIO_KINDS, description: 'Virtio devices on the PCI bus. "block": the hard disks are virtio block devices, not IDE. "console": in place of serial port 1 once the guest drives it. "network": a card on the switch between the VMs. "entropy": random numbers.' },
  { name: 'entropySeed', type: 'integer', default: 1, min: 0, max: 0xffffffff, description: 'The virtio entropy device gives the same numbers for the same seed, so that a run can be repeated.' },
  { name: 'persist', type: 'boolean', default: false, description: 'Write what the guest changed on its floppy and hard disks into the image files when the session ends.' },
  { name: 'define', type: 'definitions', description: 'Macros defined before an assembly source is read, as with -D.' },
  { name: 'stopOnEntry', type: 'boolean', default: true, description: 'Stop before the first instruction.' },
  { name: 'onHalt', type: 'enum', default: 'stop', values: ['stop', 'exit'], valueDescriptions: ['Stop in the debugger.', 'End the session.'], description: 'What to do when the guest has halted for good.' },
  { name: 'onTripleFault', type: 'enum', default: 'stop', values: ['stop', 'reset'], valueDescriptions: ['End the run, with the faults that led to it.', 'Reset the machine, as a PC does.'], description: 'What to do when the guest’s processor shuts down.' },
  { name: 'pace', type: 'enum', default: 'idle', values: ['full', 'idle', 'realTime'], valueDescriptions: ['As fast as it can: a guest that waits for a timer gets it at once.', 'Instructions run as fast as they can; a guest that waits for a timer waits as long as a PC would.', 'No faster than a PC of 100 million instructions a second.'], description: 'How fast guest time passes under the debugger. What the guest does is the same.' },
  { name: 'maxInstructions', type: 'integer', min: 1, max: Number.MAX_SAFE_INTEGER, description: 'End the run after this many guest instructions.' },
  { name: 'translate', type: 'enum', default: 'on', values: TRANSLATIONS, valueDescriptions: ['Code that runs often becomes WebAssembly.', 'Everything is interpreted.', 'All code becomes WebAssembly as soon as it has run: slow, for tests.'], description: 'When guest code is translated to WebAssembly. What the guest does is the same.' },
  { name: 'profile', type: 'enum', default: DEFAULT_COST_PROFILE.id, values: COST_PROFILES.map((p) => p.id), valueDescriptions: COST_PROFILES.map((p) => p.name), description: 'The CPU whose published figures the cost ledger charges.' },
  { name: 'weight', type: 'integer', default: DEFAULT_WEIGHT, min: 1, max: 65535, description: 'With several VMs: this one’s share of the host, in proportion to the others’ weights.' },
  { name: 'cap', type: 'integer', min: 1, max: 100, description: 'With several VMs: percent of all instructions that this one may retire, even when nobody else wants to run. Default: no cap.' },
  { name: 'startDate', type: 'date', default: '2005-01-01T00:00:00', description: 'Date and time in the real-time clock at power-on.' },
] as const satisfies readonly Attribute[];

export type AttributeName = (typeof ATTRIBUTES)[number]['name'];
