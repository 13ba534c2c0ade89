/** The byte that each page of RAM and of video memory has: what answers there, and in the upper half who wants to see stores. 0 is plain RAM. */

export const KIND_BITS = 0x0f;
export const KIND_RAM = 0;
export const KIND_ROM = 1;
export const KIND_DEVICE = 2;
/** Loads come from the system's ROM, or from a device; stores go to the RAM behind it. */
export const KIND_FLASH = 3;
export const KIND_FLASH_OVER_RAM = 4;
export const KIND_DEVICE_OVER_RAM = 5;
/** The frame buffer: memory of a device, behind the ROM in the VM's memory. */
export const KIND_VIDEO = 6;
/** The VGA's window at A0000h, while nothing lies between the CPU and video memory. */
export const KIND_WINDOW = 7;

export const MARK_CODE = 0x10;
export const MARK_TRACED = 0x20;
export const MARK_TABLE = 0x40;
export const MARK_BITS = 0xf0;
