/** All rows, numbered. Decoder, assembler, formatter, lifts, grammar, hovers, breakpoints and tests read this one table. */
import type { InstructionSpec } from './instructionSpec';
import { CONTROL } from './table/control';
import { FPU } from './table/fpu';
import { INTEGER } from './table/integer';
import { MMX } from './table/mmx';
import { SSE } from './table/sse';
import { SSE2 } from './table/sse2';
import { STRING } from './table/string';
import { SYSTEM } from './table/system';

export const INSTRUCTIONS: readonly InstructionSpec[] = [...INTEGER, ...CONTROL, ...STRING, ...SYSTEM, ...FPU, ...MMX, ...SSE, ...SSE2].map((spec, id) => ({ ...spec, id }));

/** Every mnemonic of the table, both operand sizes, sorted. */
export const MNEMONICS: readonly string[] = [
  ...new Set(INSTRUCTIONS.filter((s) => s.lift !== 'unimplemented' && s.mnemonic !== 'firmware').flatMap((s) => [s.mnemonic, s.mnemonic32])),
].sort();
