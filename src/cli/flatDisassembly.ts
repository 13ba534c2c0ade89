/** Instructions of a flat binary, one after the other. What does not decode is shown as the bytes it is. */
import { hex } from '../base/bits';
import { OpcodeMap } from '../x86/decoder';
import { LATEST_GENERATION } from '../x86/instructionSpec';
import { formatInstruction } from '../x86/formatter';

export interface FlatInstruction {
  readonly address: number;
  readonly bytes: Uint8Array;
  readonly text: string;
}

export function* disassembleFlat(bytes: Uint8Array, origin: number, bits: 16 | 32): Generator<FlatInstruction> {
  const map = new OpcodeMap(LATEST_GENERATION);
  const codeSize = bits === 16 ? 2 : 4;
  for (let at = 0; at < bytes.length; ) {
    const address = (origin + at) >>> 0;
    const decoded = map.decode(bytes, at, bytes.length, codeSize);
    const length = decoded.kind === 'instruction' ? decoded.instruction.length : decoded.kind === 'unimplemented' ? decoded.length : 1;
    const own = bytes.subarray(at, at + length);
    const literal = `db ${[...own].map((byte) => `0x${hex(byte, 2).toLowerCase()}`).join(',')}`;
    const text =
      decoded.kind === 'instruction' ? formatInstruction(decoded.instruction, address, codeSize) : decoded.kind === 'unimplemented' ? `${literal}  ; ${decoded.name}` : literal;
    yield { address, bytes: own, text };
    at += length;
  }
}
