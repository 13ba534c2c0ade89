/** What a BIOS service may touch: the guest's registers, flags in the interrupt frame, and memory. The built-in BIOS is a paravirtual interface one can watch. */
import type { PhysicalMemory } from '../devices/contract';

export interface FirmwareContext {
  /** By name: eax..edi, ax.., al..bh, es, ds, ss, cs. Real mode (or virtual-8086): selectors are paragraph numbers. */
  read(register: string): number;
  write(register: string, value: number): void;
  /** Change a flag in the FLAGS word that the stub's IRET will pop: CF, ZF or IF. */
  setReturnFlag(flag: 'CF' | 'ZF' | 'IF', on: boolean): void;
  readonly memory: PhysicalMemory;
  /** Physical address of real-mode selector:offset (A20 applied by the memory). */
  physical(selector: number, offset: number): number;
  /** The service cannot finish yet (e.g. INT 16h AH=0 waits for a key): the guest re-executes the firmware call after an interrupt. */
  retryAfterInterrupt(): void;
  /** A20 gate. */
  setA20(enabled: boolean): void;
  readonly a20: boolean;
  /** Continue at this real-mode address instead of returning (INT 19h boots). */
  jump(selector: number, offset: number): void;
  /** Guest time, nanoseconds. */
  now(): number;
}

/** What a service did, for the event log; put together when somebody reads it, right behind the call. */
export type Sentence = string | (() => string);

/** Services by the number in the ROM's firmware call. */
export interface Firmware {
  /** ROM image, placed so that it ends at 0FFFFFh. */
  readonly rom: Uint8Array;
  /** Prepare low memory (IVT, BIOS data area) at power-on. */
  powerOn(memory: PhysicalMemory): void;
  /** Serve the call; returns a sentence on what it did, e.g. `INT 13h AH=02h: read 1 sector from C/H/S 0/0/2 to 0000:8000`. */
  call(service: number, context: FirmwareContext): Sentence;
}
