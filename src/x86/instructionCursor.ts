/**
 * The bytes of one instruction and the fields read from them so far: prefixes, ModRM and SIB, displacement,
 * immediates, in the order of SDM Vol. 2, figure 2-1.
 */
import type { Instruction } from './decoder';
import type { InstructionSpec, Operand } from './instructionSpec';
import { INSTRUCTIONS } from './instructionTable';
import { DS, EBP, EBX, EDI, ESI, ESP, SS } from './registers';

export const MAX_INSTRUCTION_LENGTH = 15;

/** 16-bit addressing: base and index by ModRM.rm (SDM Vol. 2, table 2-1). */
const BASE_16 = [EBX, EBX, EBP, EBP, ESI, EDI, EBP, EBX];
const INDEX_16 = [ESI, EDI, ESI, EDI, -1, -1, -1, -1];

/** Bytes of an I operand; 0 for any other. */
export const immediateLength = (operand: Operand, operandSize: 2 | 4): number => {
  if (operand === 'Ib' || operand === 'Ibs') return 1;
  return operand === 'Iw' ? 2 : operand === 'Iz' ? operandSize : 0;
};

/** Reads bytes and collects the fields of one instruction, which it then is until the next one: decoding allocates nothing. */
export class InstructionCursor implements Instruction {
  #bytes: Uint8Array = new Uint8Array(0);
  #start = 0;
  #end = 0;
  #at = 0;
  #codeSize: 2 | 4 = 2;
  spec: InstructionSpec = INSTRUCTIONS[0];
  operandSize: 2 | 4 = 2;
  addressSize: 2 | 4 = 2;
  repeat: 0 | 0xf2 | 0xf3 = 0;
  lock = false;
  reg = 0;
  rm = -1;
  segment = DS;
  segmentOverride = -1;
  base = -1;
  index = -1;
  scale = 0;
  displacement = 0;
  immediate = 0;
  immediate2 = 0;

  reset(bytes: Uint8Array, start: number, end: number, codeSize: 2 | 4): void {
    this.#bytes = bytes;
    this.#start = this.#at = start;
    this.#end = end;
    this.#codeSize = this.operandSize = this.addressSize = codeSize;
    this.repeat = 0;
    this.segment = DS;
    this.segmentOverride = this.base = this.index = this.rm = -1;
    this.reg = this.scale = this.displacement = this.immediate = this.immediate2 = 0;
    this.lock = false;
  }

  get length(): number {
    return this.#at - this.#start;
  }

  /** Has it read past the end, or more than fits in an instruction? */
  isShort(): boolean {
    return this.#at > this.#end || this.length > MAX_INSTRUCTION_LENGTH;
  }

  shortage(): 'tooLong' | 'truncated' {
    return this.length > MAX_INSTRUCTION_LENGTH ? 'tooLong' : 'truncated';
  }

  u8(): number {
    const at = this.#at++;
    return at < this.#end ? this.#bytes[at] : 0;
  }

  s8(): number {
    return (this.u8() << 24) >> 24;
  }

  u16(): number {
    return this.u8() | (this.u8() << 8);
  }

  s16(): number {
    return (this.u16() << 16) >> 16;
  }

  i32(): number {
    return this.u16() | (this.u16() << 16);
  }

  /** Collects prefixes, the last of each group winning, and returns the opcode byte. */
  prefixes(): number {
    for (;;) {
      const byte = this.u8();
      switch (byte) {
        case 0x26:
        case 0x2e:
        case 0x36:
        case 0x3e:
          this.segmentOverride = (byte >> 3) & 3;
          break;
        case 0x64:
        case 0x65:
          this.segmentOverride = byte & 7;
          break;
        case 0x66:
          this.operandSize = this.#codeSize === 2 ? 4 : 2;
          break;
        case 0x67:
          this.addressSize = this.#codeSize === 2 ? 4 : 2;
          break;
        case 0xf0:
          this.lock = true;
          break;
        case 0xf2:
        case 0xf3:
          this.repeat = byte;
          break;
        default:
          return byte;
      }
      if (this.isShort()) return byte;
    }
  }

  /** Index in MANDATORY_PREFIXES. F2 and F3 go before 66 (SDM Vol. 2, 2.1.2). */
  mandatoryPrefix(): 0 | 1 | 2 | 3 {
    if (this.repeat) return this.repeat === 0xf3 ? 2 : 3;
    return this.operandSize === this.#codeSize ? 0 : 1;
  }

  modRm(modRm: number): void {
    const mod = modRm >> 6;
    if (mod === 3) this.rm = modRm & 7;
    else if (this.addressSize === 2) this.#memory16(mod, modRm & 7);
    else this.#memory32(mod, modRm & 7);
  }

  #memory16(mod: number, rm: number): void {
    if (mod === 0 && rm === 6) {
      this.displacement = this.u16();
      return;
    }
    this.base = BASE_16[rm];
    this.index = INDEX_16[rm];
    if (this.base === EBP) this.segment = SS;
    if (mod === 1) this.displacement = this.s8();
    else if (mod === 2) this.displacement = this.s16();
  }

  #memory32(mod: number, rm: number): void {
    let base = rm;
    if (rm === ESP) {
      const sib = this.u8();
      const index = (sib >> 3) & 7;
      base = sib & 7;
      if (index !== ESP) {
        this.index = index;
        this.scale = sib >> 6;
      }
    }
    const noBase = base === EBP && mod === 0;
    if (!noBase) {
      this.base = base;
      if (base === ESP || base === EBP) this.segment = SS;
    }
    if (mod === 1) this.displacement = this.s8();
    else if (mod === 2 || noBase) this.displacement = this.i32();
  }

  /** The value of an operand behind ModRM; the offset of an O operand and the selector of an A operand go to the displacement. */
  operand(operand: Operand): number {
    const isWord = this.operandSize === 2;
    switch (operand) {
      case 'Ib':
        return this.u8();
      case 'Ibs':
      case 'Jb':
        return this.s8();
      case 'Iw':
        return this.u16();
      case 'Iz':
        return isWord ? this.u16() : this.i32();
      case 'Jz':
        return isWord ? this.s16() : this.i32();
      case 'Ap': {
        const offset = isWord ? this.u16() : this.i32();
        this.displacement = this.u16();
        return offset;
      }
      default: // Ob, Ov
        this.displacement = this.addressSize === 2 ? this.u16() : this.i32();
        return 0;
    }
  }

  /** The immediate in the last bytes of an instruction. */
  immediateBefore(bytes: Uint8Array, end: number, operand: Operand, operandSize: 2 | 4): number {
    this.reset(bytes, end - immediateLength(operand, operandSize), end, operandSize);
    return this.operand(operand);
  }

  /** All is read: what the row makes of the prefixes. */
  settle(spec: InstructionSpec, reg: number): void {
    this.spec = spec;
    this.reg = reg;
    if (spec.size32) this.operandSize = 4;
    else if (spec.prefix) this.operandSize = this.#codeSize;
    if (spec.prefix) this.repeat = 0;
    if (this.segmentOverride >= 0) this.segment = this.segmentOverride;
  }

  /** The instruction as it is now, to be kept. */
  copy(): Instruction {
    return {
      spec: this.spec,
      length: this.length,
      operandSize: this.operandSize,
      addressSize: this.addressSize,
      repeat: this.repeat,
      lock: this.lock,
      reg: this.reg,
      rm: this.rm,
      segment: this.segment,
      segmentOverride: this.segmentOverride,
      base: this.base,
      index: this.index,
      scale: this.scale,
      displacement: this.displacement,
      immediate: this.immediate,
      immediate2: this.immediate2,
    };
  }
}
