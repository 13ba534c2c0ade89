/** The least of a program that still differs: instructions are replaced by NOPs as long as it does, on machines of their own. */
import { OpcodeMap, decode } from '../../../src/x86/decoder';
import { formatInstruction } from '../../../src/x86/formatter';
import { type Case, Lockstep, MODEL } from './lockstep';
import { CODE } from './randomProgram';

const NOP = 0x90;

/** Lines to print; undefined when new machines show no difference: it takes what ran before. */
export function reproduction(found: Case): string[] | undefined {
  let lockstep = new Lockstep();
  const differs = (code: Uint8Array): string | undefined => {
    try {
      const { difference } = lockstep.play({ ...found, program: { ...found.program, code } });
      return difference;
    } catch (error) {
      lockstep = new Lockstep();
      return String(error);
    }
  };
  let difference = differs(found.program.code);
  if (!difference) return undefined;
  let { code } = found.program;
  const { instructions } = found.program;
  // Halves, quarters, … down to single instructions.
  for (let size = instructions.length; size >= 1; size = Math.floor(size / 2)) {
    for (let n = 0; n < instructions.length; n += size) {
      const shorter = code.slice();
      shorter.fill(NOP, instructions[n] - CODE, (instructions[n + size] ?? CODE + code.length) - CODE);
      const still = differs(shorter);
      if (still) [code, difference] = [shorter, still];
    }
  }
  return [difference, ...listing(code, found)];
}

function listing(code: Uint8Array, { program }: Case): string[] {
  const opcodes = new OpcodeMap(MODEL);
  const bytes = Uint8Array.from([...code, ...new Array(16).fill(NOP)]);
  const codeSize = program.bits === 32 ? 4 : 2;
  return program.instructions.flatMap((eip, n) => {
    const at = eip - CODE;
    const end = (program.instructions[n + 1] ?? CODE + code.length) - CODE;
    if (code.subarray(at, end).every((byte) => byte === NOP)) return [];
    const text: string[] = [];
    for (let from = at; from < end; ) {
      const decoded = decode(opcodes, bytes, from, bytes.length, codeSize);
      if (decoded.kind !== 'instruction') break;
      text.push(formatInstruction(decoded.instruction, CODE + from, codeSize));
      from += decoded.instruction.length;
    }
    const bytesOf = Buffer.from(code.subarray(at, Math.min(end, at + 15))).toString('hex');
    return [`  ${eip.toString(16)}  ${bytesOf.padEnd(30)}  ${text.join('; ')}`];
  });
}
