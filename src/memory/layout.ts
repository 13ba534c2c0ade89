/**
 * Where things are in a VM's one WebAssembly.Memory. Generated code reaches nothing outside it.
 *
 *   00001000  CPU state (x86/cpuState), and behind it cells of the engine (ir/engineCells)
 *   00002000  how far access windows reach (memory/accessWindows)
 *   00003000  the record where generated code goes on at a fault
 *   00004000  what the page walk depends on, and what it found (memory/pagingCells)
 *   00008000  what latched ports give when they are read, and what was written to them (vmm/portLatches): 4 KiB each
 *   0000a000  immediates in code that are stored to as they stand (engine/patches): 4 KiB
 *   00010000  VMM page: the hypervisor's own GDT, IDT and TSS, guest-linear FFC00000 under deprivileging techniques
 *   00020000  jump cache: EIP → record, for computed jumps and those that leave their page (engine/jumpCache) (256 KiB)
 *   00060000  pages that have an entry in the software TLB: global ones, and from 00070000 on the others (64 KiB each)
 *   00100000  software TLB: one word a page of the 4-GiB linear space (4 MiB)
 *   00500000  decoded records of the interpreter
 *   02500000  shadow page tables of deprivileging techniques (2 MiB)
 *   02700000  state of each page of RAM and of video memory: a byte, what answers there and who watches it (1 MiB)
 *   02800000  code maps: which one each page of RAM has, and 512 bytes each (memory/codeMaps) (1 MiB)
 *   RAM       guest-physical memory, behind it the system's ROM and the video memory
 */
/** Ceiling of a VM's memory in WebAssembly's pages, part of every module's type: 4 GiB. */
export const MAXIMUM_PAGES = 65536;
export const PAGE = 4096;
export const WINDOWS = 0x2000;
export const FAULT_RECORD = 0x3000;
export const PAGING_CELLS = 0x4000;
/** A word for each of the first ports of the I/O space, where a PC's fixed devices are: a generation in the upper 24 bits, a byte. */
export const PORT_READS = 0x8000;
export const PORT_WRITES = 0x9000;
export const LATCHED_PORTS = 0x400;
/** Entries of 16 bytes, at these offsets: physical address and size of an immediate, where its record has it, and that record. `SIZE` 0: none. */
export const PATCHES = 0xa000;
export const PATCH_ENTRIES = 256;
export const PATCH_STRIDE = 16;
export const PATCH_FOLD = 8;
export const PATCH = { PHYSICAL: 0, SIZE: 4, FIELD: 8, RECORD: 12 } as const;
export const VMM_PAGES = 0x10000;
export const VMM_PAGE_COUNT = 16;
export const JUMP_CACHE = 0x20000;
/** Entries of 16 bytes, at these offsets. Functions are aligned, so that pages must be told apart by their low bits. */
export const JUMP_CACHE_ENTRIES = 16384;
export const JUMP_CACHE_STRIDE = 16;
export const JUMP_CACHE_FOLD = 12;
/** `MODE`: number of the mode, and the epoch (PAGING.JUMP_EPOCH); all ones when empty. `PLACE`: that of a TLB entry of the page it leads to. */
export const JUMP = { EIP: 0, MODE: 4, RECORD: 8, PLACE: 12 } as const;
/** In place of PLACE, and beside it: the TLB had none; the code ends in the next page, which lies behind the first in the VM's memory too. */
export const NO_PLACE = 1;
export const TWO_PAGES = 2;
export const FILLED_GLOBAL = 0x60000;
export const FILLED_LOCAL = 0x70000;
/** Entries of each list. */
export const FILLED_CAPACITY = 16384;
export const TLB = 0x100000;
export const RECORDS = 0x500000;
/** 32 bytes an instruction: Debian's kernel has 484,000 of them translated by its first prompt. */
export const RECORD_BYTES = 0x2000000;
export const SHADOW = RECORDS + RECORD_BYTES;
export const SHADOW_BYTES = 0x200000;
export const PAGE_STATES = SHADOW + SHADOW_BYTES;
export const PAGE_STATES_BYTES = 0x100000;
/** A 16-bit number for each page of a gigabyte, which is as much RAM as there is; map 0 says that all is code. */
export const CODE_MAPS = PAGE_STATES + PAGE_STATES_BYTES;
export const CODE_MAPS_BYTES = 0x80000;
export const CODE_MAP_BITS = CODE_MAPS + CODE_MAPS_BYTES;
export const CODE_MAP_COUNT = 1024;
/** Bytes of one: a bit for each byte of a page. */
export const CODE_MAP_BYTES = PAGE / 8;
export const RAM = CODE_MAP_BITS + CODE_MAP_COUNT * CODE_MAP_BYTES;
/** The largest ROM. */
export const ROM_BYTES = 0x40000;

/** Deny bits in the low byte of a TLB entry; the rest is host page minus linear page. An access tests one of them. */
export const DENY_SUPERVISOR_READ = 0x02;
export const DENY_SUPERVISOR_WRITE = 0x04;
export const DENY_USER_READ = 0x08;
export const DENY_USER_WRITE = 0x10;
export const DENY_ALL = 0x1e;
/** Not tested by accesses: the page is global, a new CR3 leaves it. */
export const GLOBAL_PAGE = 0x20;
/** Not tested by accesses: stores are denied only because the page is marked, and somebody has to see them. */
export const NOTED_SUPERVISOR = 0x40;
export const NOTED_USER = 0x80;
/** Of an entry as a whole, which is nothing but a place and these. */
export const ENTRY_FLAGS = 0xff;
/** Set by the inline check when an access crosses its page. */
export const CROSSES_PAGE = 0x01;
