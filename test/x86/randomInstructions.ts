/** Random instruction bytes, and operands in a form that does not depend on how they were encoded or written. */
import type { Instruction } from '../../src/x86/decoder';
import type { Operand } from '../../src/x86/instructionSpec';

/** Bytes from one case to the next: more than the longest instruction. */
export const SLOT = 16;

/** Mulberry32: reproducible from a printed seed. */
export function generator(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

const PREFIXES = [0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0x66, 0x67, 0x67, 0xf0, 0xf2, 0xf3];

/** `count` slots: some prefixes (now and then too many), an opcode of either map, anything after that. */
export function randomInstructions(count: number, seed: number): Uint8Array {
  const random = generator(seed);
  const bytes = new Uint8Array(count * SLOT);
  for (let start = 0; start < bytes.length; start += SLOT) {
    let at = start;
    const prefixes = random(50) === 0 ? random(16) : Math.max(0, random(6) - 2);
    for (let n = 0; n < prefixes; n++) bytes[at++] = PREFIXES[random(PREFIXES.length)];
    if (random(3) === 0 && at < start + SLOT) bytes[at++] = 0x0f;
    while (at < start + SLOT) bytes[at++] = random(16) === 0 ? [0, 0x7f, 0x80, 0xff][random(4)] : random(256);
  }
  return bytes;
}

const hex = (value: number): string => (value >>> 0).toString(16);

export const registerOperand = (kind: string, number: number): string => `${kind} ${number}`;
export const immediateOperand = (value: number): string => `i ${hex(value)}`;
export const branchOperand = (target: number): string => `j ${hex(target)}`;
export const farOperand = (selector: number, offset: number): string => `f ${hex(selector)}:${hex(offset)}`;
export const stringOperand = (segment: number, register: 'si' | 'di', addressSize: number): string => `s ${segment}:${register} ${addressSize}`;

/** A base and an unscaled index may be exchanged; the address size counts only through them and the mask. */
export function memoryOperand(segment: number, base: number, index: number, scale: number, displacement: number, addressSize: number): string {
  const terms = [base < 0 ? '' : `${base}*1`, index < 0 ? '' : `${index}*${1 << scale}`].filter(Boolean).sort();
  return `m ${segment}:${[...terms, hex(displacement & (addressSize === 2 ? 0xffff : 0xffffffff))].join('+')} ${addressSize}`;
}

/** Letters whose register is a word whatever the operand size says; others give it another name. */
export const isWordOperand = (operand: Operand): boolean => operand === 'Ew' || operand === 'Gw' || operand === 'RvMw';

const mask = (operandSize: 2 | 4): number => (operandSize === 2 ? 0xffff : 0xffffffff);
const GENERAL: Readonly<Record<number, string>> = { 1: 'r8', 2: 'r16', 4: 'r32' };
const SEGMENTS = ['ES', 'CS', 'SS', 'DS', 'FS', 'GS'];

function operandValue(operand: Operand, i: Instruction, position: number, eip: number): string {
  const size = operand.endsWith('b') ? 1 : operand.endsWith('v') ? i.operandSize : 4;
  const general = (number: number): string => registerOperand(isWordOperand(operand) ? 'word' : GENERAL[size], number);
  const memory = (): string => memoryOperand(i.segment, i.base, i.index, i.scale, i.displacement, i.addressSize);
  if (operand === 'RdMw') return i.rm < 0 ? memory() : general(i.rm);
  if (operand === 'RvMw') return i.rm < 0 ? memory() : general(i.rm);
  if (SEGMENTS.includes(operand)) return registerOperand('segment', SEGMENTS.indexOf(operand));
  switch (operand[0]) {
    case 'E':
    case 'M':
      return i.rm < 0 ? memory() : general(i.rm);
    case 'R':
      return general(i.rm);
    case 'P':
      return registerOperand('mm', i.reg);
    case 'Q':
    case 'N':
      return i.rm < 0 ? memory() : registerOperand('mm', i.rm);
    case 'V':
      return registerOperand('xmm', i.reg);
    case 'W':
    case 'U':
      return i.rm < 0 ? memory() : registerOperand('xmm', i.rm);
    case 'O':
      return memory();
    case 'I': {
      const value = position > 0 && i.spec.operands[0][0] === 'I' ? i.immediate2 : i.immediate;
      return immediateOperand(operand === 'Ib' ? value & 0xff : operand === 'Iw' ? value & 0xffff : value & mask(i.operandSize));
    }
    case 'J':
      return branchOperand((eip + i.length + i.immediate) & mask(i.operandSize));
    case 'X':
      return stringOperand(i.segment, 'si', i.addressSize);
    case 'Y':
      return stringOperand(0, 'di', i.addressSize);
    case '1':
      return immediateOperand(1);
  }
  if (operand === 'Ap') return farOperand(i.displacement, i.immediate & mask(i.operandSize));
  if (operand === 'Sw') return registerOperand('segment', i.reg);
  if (operand === 'Cd') return registerOperand('control', i.reg);
  if (operand === 'Dd') return registerOperand('debug', i.reg);
  if (operand === 'Pq') return registerOperand('mm', i.reg);
  if (operand === 'Qq' || operand === 'Qd' || operand === 'Nq') return i.rm < 0 ? memory() : registerOperand('mm', i.rm);
  if (operand === 'ST') return registerOperand('st', 0);
  if (operand === 'STi') return registerOperand('st', i.rm);
  if (operand === 'AX') return registerOperand('r16', 0);
  if (operand === 'AL') return registerOperand('r8', 0);
  if (operand === 'eAX') return registerOperand(GENERAL[i.operandSize], 0);
  if (operand === 'CL') return registerOperand('r8', 1);
  if (operand === 'DX') return registerOperand('r16', 2);
  return general(i.reg);
}

/** The operands of an instruction at `eip`, one string each. */
export const operandValues = (instruction: Instruction, eip: number): string[] => instruction.spec.operands.map((o, position) => operandValue(o, instruction, position, eip));
