/**
 * What programs ask in a loop, answered by the ROM without a call of the VMM: INT 1Ah AH=00h, and INT 16h AH=01h and
 * AH=11h while no key waits. Everything else of these vectors is a firmware call. The code stands where it is put, for
 * its jumps are relative; it begins in the interrupt frame, and `call` is what it ends with when it has no answer.
 */
import { BDA } from './dataArea';

const SEGMENT = BDA.start >> 4;
/** A word of the data area, as an instruction addresses it with DS = 40h. */
const cell = (address: number): number[] => [(address - BDA.start) & 0xff, (address - BDA.start) >> 8];
const PUSH_DATA_SEGMENT = [0x1e, 0x6a, SEGMENT, 0x1f]; // push ds; push 40h; pop ds
const IRET = 0xcf;
/** Offset of FLAGS from BP, behind PUSH BP. */
const FLAGS = 6;
const ZF = 0x40;

/** CX:DX = ticks since midnight, AL = whether midnight has passed since somebody asked. */
const clock = (call: readonly number[]): number[] => {
  const answer = [
    ...PUSH_DATA_SEGMENT,
    ...[0x8b, 0x0e, ...cell(BDA.ticks + 2)], // mov cx, [6Eh]
    ...[0x8b, 0x16, ...cell(BDA.ticks)], // mov dx, [6Ch]
    ...[0x30, 0xc0], // xor al, al
    ...[0x86, 0x06, ...cell(BDA.midnight)], // xchg al, [70h]
    ...[0x1f, IRET], // pop ds
  ];
  return [0x84, 0xe4, 0x75, answer.length, ...answer, ...call]; // test ah, ah; jnz call
};

/** ZF = 1 in the caller's flags. */
const keys = (call: readonly number[]): number[] => {
  const none = [
    ...[0x55, 0x89, 0xe5], // push bp; mov bp, sp
    ...[0x80, 0x4e, FLAGS, ZF], // or byte [bp + 6], 40h
    ...[0x5d, IRET], // pop bp
  ];
  const look = [
    ...[...PUSH_DATA_SEGMENT, 0x53], // push bx
    ...[0x8b, 0x1e, ...cell(BDA.keyboardHead)], // mov bx, [1Ah]
    ...[0x3b, 0x1e, ...cell(BDA.keyboardTail)], // cmp bx, [1Ch]
    ...[0x5b, 0x1f, 0x75, none.length], // pop bx; pop ds; jne call
    ...none,
  ];
  return [
    ...[0x80, 0xfc, 0x01, 0x74, 5], // cmp ah, 1; je look
    ...[0x80, 0xfc, 0x11, 0x75, look.length], // cmp ah, 11h; jne call
    ...look,
    ...call,
  ];
};

/** By vector. */
export const POLLS: Readonly<Record<number, (call: readonly number[]) => number[]>> = { 0x16: keys, 0x1a: clock };
