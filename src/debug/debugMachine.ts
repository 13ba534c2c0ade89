/** What the debugger needs of a machine: the VM, what was assembled into it, and the wires a user holds. */
import type { Assembly } from '../asm/assembly';
import type { Emitter } from '../base/events';
import type { GuestSymbol } from '../machine/loader/guest';
import type { SymbolFile } from '../symbols/symbolFile';
import type { PostOffice } from '../vmm/hypercalls/mailbox';
import type { Configuration } from '../machine/configuration';
import type { MachineSurroundings } from '../machine/machine';
import type { Picture } from '../devices/vga/render';
import type { ScreenText } from '../protocol/screen';
import type { DeviceRows } from '../protocol/systemState';
import type { SerialPort } from '../protocol/serial';
import type { DebuggableVm } from '../vmm/debuggable';

export interface DebugMachine {
  readonly vm: DebuggableVm;
  /** Present when the guest was assembled from source here. */
  readonly assembly?: Assembly;
  /** Guest-linear address of byte 0 of the assembly: what maps its lines to addresses. */
  readonly loadAddress?: number;
  /** Symbols of a program that came with some (ELF). Those of an assembly need not be repeated. */
  readonly symbols: readonly GuestSymbol[];
  /** Files with symbols and debugging information of what runs. Throws UserError for a damaged one. */
  readonly symbolFiles?: readonly SymbolFile[];
  /** What the user should know about how it was loaded, as sentences. */
  readonly notes?: readonly string[];
  /** Bytes the guest writes to serial port 1 and to port E9h. */
  readonly serial: Emitter<Uint8Array>;
  /** The same by port, with serial port 2 and the virtio console. */
  readonly wires?: Readonly<Partial<Record<SerialPort, Emitter<Uint8Array>>>>;
  /** Interrupt controllers and timers, for views. */
  devices?(): readonly DeviceRows[];
  screen(): ScreenText;
  /** What the display shows; into an array of the right size, if there is one. */
  picture?(into?: Int32Array): Picture;
  typeKeys(text: string): void;
  /** A key, by its KeyboardEvent code, goes down or up; false when a PC keyboard has no such key. */
  pressKey?(code: string, down: boolean): boolean;
  /** Counts to the right and up, and the buttons held: 1 left, 2 right, 4 middle. */
  moveMouse?(motion: { dx?: number; dy?: number; wheel?: number; buttons?: number }): void;
  /** Without a port: to the virtio console once the guest listens there, else to serial port 1. */
  serialInput(bytes: Uint8Array, port?: SerialPort): void;
  /** Let its guest exchange messages with the others that join. */
  joinMessages?(office: PostOffice): void;
  /** Write what the guest changed on its disks into their files, if it is to be kept. Throws UserError. */
  persist?(): void;
  /** Throws UserError when the disks cannot be written. */
  dispose?(): void;
}

/** Build the machine that a configuration describes. Throws UserError; an error with `diagnostics` is shown item by item. */
export type MachineFactory = (config: Configuration, surroundings: MachineSurroundings) => DebugMachine | Promise<DebugMachine>;
