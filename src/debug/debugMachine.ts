/** What the debugger needs of a machine: the VM, what was assembled into it, and the wires a user holds. */
import type { Assembly } from '../asm/assembly';
import type { Emitter } from '../base/events';
import type { GuestSymbol } from '../machine/loader/guest';
import type { Configuration } from '../machine/configuration';
import type { ScreenText } from '../protocol/screen';
import type { DebuggableVm } from '../vmm/debuggable';

export interface DebugMachine {
  readonly vm: DebuggableVm;
  /** Present when the guest was assembled from source here. */
  readonly assembly?: Assembly;
  /** Guest-linear address of byte 0 of the assembly: what maps its lines to addresses. */
  readonly loadAddress?: number;
  /** Symbols of a program that came with some (ELF). Those of an assembly need not be repeated. */
  readonly symbols: readonly GuestSymbol[];
  /** What the user should know about how it was loaded, as sentences. */
  readonly notes?: readonly string[];
  /** Bytes the guest writes to serial port 1 and to port E9h. */
  readonly serial: Emitter<Uint8Array>;
  screen(): ScreenText;
  typeKeys(text: string): void;
  serialInput(bytes: Uint8Array): void;
  /** Write what the guest changed on its disks into their files, if it is to be kept. Throws UserError. */
  persist?(): void;
  /** Throws UserError when the disks cannot be written. */
  dispose?(): void;
}

/** Build the machine that a configuration describes. Throws UserError; an error with `diagnostics` is shown item by item. */
export type MachineFactory = (config: Configuration) => DebugMachine | Promise<DebugMachine>;
