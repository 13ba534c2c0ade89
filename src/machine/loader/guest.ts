/** What loading gives: everything the machine needs to start this guest. */
import type { PhysicalMemory } from '../../devices/contract';
import type { MediumKind, Storage } from '../../devices/diskImage';

export const GUEST_KINDS = ['bootSector', 'flat', 'multiboot', 'disk', 'cdrom', 'linux'] as const;
export type GuestKind = (typeof GUEST_KINDS)[number];

/** Registers at the first instruction. */
export interface InitialState {
  /**
   * `real`: segment bases are selector × 16. `flat32`: protected mode without paging, CPL 0, every segment with base 0
   * and limit FFFFFFFFh, 32-bit code; CR0.PE set, interrupts disabled, descriptors as in the GDT that GDTR points to.
   */
  readonly mode: 'real' | 'flat32';
  /** By name: eax..edi, eip, eflags, cs, ds, es, ss, fs, gs, gdtr.base, gdtr.limit; those left out are 0. */
  readonly registers: Readonly<Record<string, number>>;
}

export interface MemoryWrite {
  readonly address: number;
  readonly bytes: Uint8Array;
}

export interface GuestSymbol {
  readonly name: string;
  /** Linear address. */
  readonly value: number;
  readonly kind: 'function' | 'object' | 'other';
}

export interface Medium {
  /** 00h = first floppy, 80h = first hard disk, E0h = first CD. */
  readonly drive: number;
  readonly kind: MediumKind;
  readonly storage: Storage;
}

export interface LoadedGuest {
  readonly kind: GuestKind;
  readonly writes: readonly MemoryWrite[];
  readonly initial: InitialState;
  readonly symbols: readonly GuestSymbol[];
  /** Guest-physical address of the program's first byte, for a program that is loaded as it stands. */
  readonly loadAddress?: number;
  /** The image as a disk, for INT 13h. */
  readonly medium?: Medium;
  /** What the user should know, as sentences. */
  readonly notes: readonly string[];
}

export interface NamedFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

export interface LoadOptions {
  /** Bytes of RAM. */
  readonly memory: number;
  /** What to call the program in messages. */
  readonly name?: string;
  /** Flat binary: where it goes and where it starts. */
  readonly loadAddress?: number;
  readonly entry?: number;
  /** Flat binary without loadAddress: the address its labels count from (ORG). */
  readonly origin?: number;
  /** Flat binary: 32 starts it in protected mode. */
  readonly bits?: 16 | 32;
  /** Multiboot and Linux: command line. */
  readonly append?: string;
  /** Linux: the initial RAM disk. */
  readonly initrd?: NamedFile;
  /** Multiboot: modules. */
  readonly modules?: readonly { readonly bytes: Uint8Array; readonly commandLine: string }[];
}

/** Put the guest into memory, after the firmware has powered on. */
export const applyWrites = (guest: LoadedGuest, memory: PhysicalMemory): void => {
  for (const { address, bytes } of guest.writes) memory.writeBytes(address, bytes);
};
