/**
 * The teaching hypercall interface: one row a call. The dispatcher checks arguments by these rows, and the include files for
 * NASM and C and the documentation are written from them. Registers as in KVM's interface: number in EAX, arguments in EBX,
 * ECX, EDX and ESI, result in EAX, errors negative; no other register changes. Numbers below 100h are left to KVM's.
 */

/** Negative results. Numbers of Linux, ENOSYS as KVM has it (linux/kvm_para.h). */
// biome-ignore format: a table
export const HYPERCALL_ERRORS = {
  EPERM:  { code: 1,    text: 'The caller is not the guest’s kernel.' },
  EIO:    { code: 5,    text: 'The disk could not be read or written.' },
  EAGAIN: { code: 11,   text: 'The receiver has not read its messages; try again later.' },
  EFAULT: { code: 14,   text: 'A pointer leads to memory that is not mapped, or may not be written.' },
  ENODEV: { code: 19,   text: 'There is no such device.' },
  EINVAL: { code: 22,   text: 'An argument is out of range.' },
  ENOSYS: { code: 1000, text: 'There is no such hypercall.' },
} as const;

export type HypercallError = keyof typeof HYPERCALL_ERRORS;

/** Reached by `vmcall`, or by INT with this vector where that instruction does not exist: the one that 32-bit Xen uses. */
export const HYPERCALL_VECTOR = 0x82;
/** CPUID leaves of ours; KVM's begin at 40000000h. */
export const DISCOVERY_LEAF = 0x40000100;
/** EBX, ECX, EDX of that leaf: twelve characters. */
export const DISCOVERY_SIGNATURE = 'RingsideRing';
export const ABI_VERSION = 1;

/** `in` and `out` are guest-linear pointers to `count` × `each` bytes that the VMM reads, or writes. */
export type HypercallArgument =
  | { readonly name: string; readonly kind: 'value'; readonly text: string; readonly max?: number }
  | { readonly name: string; readonly kind: 'page'; readonly text: string }
  | { readonly name: string; readonly kind: 'in' | 'out'; readonly text: string; readonly count: string; readonly each: number };

export interface HypercallSpec {
  readonly number: number;
  readonly name: string;
  readonly does: string;
  readonly arguments: readonly HypercallArgument[];
  /** What EAX holds when it is not negative. */
  readonly result: string;
  /** Beside EPERM, and those that the arguments imply. */
  readonly errors?: readonly HypercallError[];
}

const value = (name: string, text: string, max?: number): HypercallArgument => ({ name, kind: 'value', text, ...(max === undefined ? {} : { max }) });
const page = (name: string, text: string): HypercallArgument => ({ name, kind: 'page', text });
const input = (name: string, count: string, each: number, text: string): HypercallArgument => ({ name, kind: 'in', text, count, each });
const output = (name: string, count: string, each: number, text: string): HypercallArgument => ({ name, kind: 'out', text, count, each });

export const MAX_CONSOLE_BYTES = 4096;
export const MAX_SECTORS = 64;
export const MAX_MESSAGE_BYTES = 1024;
/** In place of a linear address: all of them. */
export const ALL_PAGES = 0xffffffff;

// biome-ignore format: a table
export const HYPERCALLS = [
  { number: 0x100, name: 'console_write', does: 'Prints bytes on the console.', result: 'bytes printed',
    arguments: [input('text', 'length', 1, 'what to print'), value('length', 'bytes', MAX_CONSOLE_BYTES)] },
  { number: 0x101, name: 'console_read', does: 'Takes what was typed on the console; does not wait.', result: 'bytes read, 0 when there are none',
    arguments: [output('buffer', 'length', 1, 'where to put it'), value('length', 'bytes at most', MAX_CONSOLE_BYTES)] },
  { number: 0x102, name: 'disk_size', does: 'Says how large the first disk is.', result: 'sectors of 512 bytes', errors: ['ENODEV'],
    arguments: [] },
  { number: 0x103, name: 'disk_read', does: 'Reads sectors of the first disk.', result: '0', errors: ['ENODEV', 'EINVAL', 'EIO'],
    arguments: [value('sector', 'first sector'), output('buffer', 'count', 512, 'where to put them'), value('count', 'sectors', MAX_SECTORS)] },
  { number: 0x104, name: 'disk_write', does: 'Writes sectors of the first disk.', result: '0', errors: ['ENODEV', 'EINVAL', 'EIO'],
    arguments: [value('sector', 'first sector'), input('buffer', 'count', 512, 'what to write'), value('count', 'sectors', MAX_SECTORS)] },
  { number: 0x105, name: 'set_timer', does: 'Asks for a timer event, once; replaces an earlier request.', result: '0',
    arguments: [value('microseconds', 'from now; 0: none')] },
  { number: 0x106, name: 'update_page_tables', does: 'Stores entries of page tables, all of them or none. Flushes nothing.', result: 'entries stored', errors: ['EINVAL'],
    arguments: [input('updates', 'count', 8, 'pairs of the entry’s guest-physical address and its new value'), value('count', 'pairs', 512)] },
  { number: 0x107, name: 'set_page_base', does: 'Loads CR3, which flushes the TLB, and turns paging on.', result: '0', errors: ['EINVAL'],
    arguments: [page('directory', 'guest-physical address of the page directory')] },
  { number: 0x108, name: 'flush_tlb', does: 'Drops one page from the TLB, or all.', result: '0',
    arguments: [value('address', 'linear address in the page; FFFFFFFFh: all')] },
  { number: 0x109, name: 'set_shared_page', does: 'Says where the shared page is, and by which vector events arrive.', result: '0', errors: ['EINVAL'],
    arguments: [page('shared_page', 'guest-physical address'), value('vector', '20h to FFh', 0xff)] },
  { number: 0x10a, name: 'mask_events', does: 'Sets the mask in the shared page: what CLI is to interrupts.', result: '1 when events were masked before, else 0', errors: ['ENODEV'],
    arguments: [] },
  { number: 0x10b, name: 'unmask_events', does: 'Clears the mask, and delivers what waits: what STI is to interrupts.', result: '0', errors: ['ENODEV'],
    arguments: [] },
  { number: 0x10c, name: 'set_trap_table', does: 'Registers handlers; they replace those of the IDT. Without entries: the IDT counts again.', result: '0', errors: ['EINVAL'],
    arguments: [input('entries', 'count', 8, 'vector (byte), flags (byte), code selector (word), handler (doubleword)'), value('count', 'entries', 256)] },
  { number: 0x10d, name: 'set_kernel_stack', does: 'Says where the stack is when user code enters the kernel: what SS0 and ESP0 of a TSS are.', result: '0',
    arguments: [value('selector', 'SS', 0xffff), value('esp', 'ESP')] },
  { number: 0x10e, name: 'set_gdt', does: 'Says where the GDT is: what LGDT does.', result: '0',
    arguments: [input('table', 'length', 1, 'linear address of the table'), value('length', 'bytes', 0x10000)] },
  { number: 0x10f, name: 'iret', does: 'Returns from a handler: takes EAX from the stack, then what IRET takes. A frame that IRET would refuse raises IRET’s fault.', result: 'what was on the stack',
    arguments: [] },
  { number: 0x110, name: 'halt', does: 'Clears the mask and waits for an event or an interrupt.', result: '0',
    arguments: [] },
  { number: 0x111, name: 'yield', does: 'Gives the rest of the time slice away.', result: '0',
    arguments: [] },
  { number: 0x112, name: 'shutdown', does: 'Turns the VM off.', result: 'none',
    arguments: [value('code', 'exit code', 0xff)] },
  { number: 0x113, name: 'send_message', does: 'Sends bytes to another VM of the same hypervisor.', result: '0', errors: ['EAGAIN', 'ENODEV'],
    arguments: [value('vm', 'its number: VMs are counted from 0, in the order of the command line'), input('message', 'length', 1, 'what to send'), value('length', 'bytes', MAX_MESSAGE_BYTES)] },
  { number: 0x114, name: 'receive_message', does: 'Takes a message that another VM has sent; does not wait. A message that is too long for the buffer stays.', result: 'bytes stored, 0 when there is no message', errors: ['ENODEV', 'EINVAL'],
    arguments: [output('buffer', 'length', 1, 'where to put the sender’s number (a doubleword) and the message'), value('length', 'bytes at most', MAX_MESSAGE_BYTES + 4)] },
  { number: 0x115, name: 'vm_number', does: 'Says which VM this is, to the others.', result: 'its number', errors: ['ENODEV'],
    arguments: [] },
] as const satisfies readonly HypercallSpec[];

export type HypercallName = (typeof HYPERCALLS)[number]['name'];

/** Fields of the shared page. */
// biome-ignore format: a table
export const SHARED_PAGE = {
  mask:         { offset: 0, size: 1, text: '1: events wait. The virtual interrupt flag, inverted; the guest stores into it instead of CLI and STI.' },
  pending:      { offset: 1, size: 1, text: '1: something waits for the mask to be cleared. A guest that has cleared it looks here, and calls unmask_events.' },
  events:       { offset: 4, size: 4, text: 'What has happened, a bit each; the guest clears what it has served.' },
  faultAddress: { offset: 8, size: 4, text: 'The address of the last page fault, which CR2 has.' },
} as const;

/** Bits of `events` in the shared page. */
// biome-ignore format: a table
export const EVENT_BITS = {
  timer:   { bit: 0, text: 'the time that set_timer asked for has come' },
  console: { bit: 1, text: 'there is something for console_read' },
  message: { bit: 2, text: 'there is something for receive_message' },
} as const;

export type EventName = keyof typeof EVENT_BITS;

/** Flags of an entry of the trap table, as Xen has them. */
// biome-ignore format: a table
export const TRAP_FLAGS = {
  DPL:         { mask: 3, text: 'the least privileged ring whose INT n may use it' },
  MASK_EVENTS: { mask: 4, text: 'its handler starts with events masked' },
} as const;

const byNumber = new Map<number, HypercallSpec>(HYPERCALLS.map((spec) => [spec.number, spec]));

export const hypercallOf = (number: number): HypercallSpec | undefined => byNumber.get(number);

/** Errors of a call: its own, and those that follow from its arguments. */
export const errorsOf = (spec: HypercallSpec): HypercallError[] => {
  const implied: HypercallError[] = ['EPERM'];
  if (spec.arguments.some(({ kind }) => kind === 'in' || kind === 'out')) implied.push('EFAULT');
  if (spec.arguments.some((argument) => argument.kind === 'page' || (argument.kind === 'value' && argument.max !== undefined))) implied.push('EINVAL');
  const all = new Set([...implied, ...(spec.errors ?? [])]);
  return (Object.keys(HYPERCALL_ERRORS) as HypercallError[]).filter((name) => all.has(name));
};
