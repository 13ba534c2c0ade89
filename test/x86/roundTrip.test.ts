/** Every row of the table through our own formatter and assembler: bytes, text, bytes that mean the same. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { LATEST_GENERATION, type InstructionSpec } from '../../src/x86/instructionSpec';
import { INSTRUCTIONS } from '../../src/x86/instructionTable';
import { decode, type Instruction, OpcodeMap } from '../../src/x86/decoder';
import { formatInstruction } from '../../src/x86/formatter';
import { errorsOf, ours } from '../asm/nasm';
import { meaning, UNWRITABLE } from './meaning';
import { generator, SLOT } from './randomInstructions';

const TRIES = 64;
const EACH = 3;
/** The latest first: what it lacks, the test registers, the 80486 has. */
const MAPS = [new OpcodeMap(LATEST_GENERATION), new OpcodeMap('486')];

function decodeOne(bytes: Uint8Array, start: number, codeSize: 2 | 4): Instruction | undefined {
  for (const map of MAPS) {
    const decoded = decode(map, bytes, start, Math.min(start + SLOT, bytes.length), codeSize);
    if (decoded.kind === 'instruction') return decoded.instruction;
  }
  return undefined;
}

/** The row's own bytes, anything behind them. */
function bytesOf({ prefix, map: opcodeMap, opcode, extension, hasModRm, mod, modRm, operands }: InstructionSpec, random: (below: number) => number): Uint8Array {
  const bytes = Array.from({ length: SLOT }, () => random(256));
  const fixed = prefix === undefined || prefix === 'NP' ? [] : [Number(`0x${prefix}`)];
  if (opcodeMap) fixed.push(0x0f);
  fixed.push(operands.some((operand) => operand.startsWith('Z')) ? opcode + random(8) : opcode);
  if (modRm !== undefined) fixed.push(modRm);
  else if (hasModRm) fixed.push(((mod === 'register' ? 3 : mod === 'memory' ? random(3) : random(4)) << 6) | ((extension ?? random(8)) << 3) | random(8));
  return Uint8Array.from([...fixed, ...bytes].slice(0, SLOT));
}

/** Some occurrences of the row. */
function occurrences(spec: InstructionSpec, codeSize: 2 | 4, random: (below: number) => number): Instruction[] {
  const found: Instruction[] = [];
  for (let n = 0; n < TRIES && found.length < EACH; n++) {
    const instruction = decodeOne(bytesOf(spec, random), 0, codeSize);
    if (instruction?.spec === spec) found.push(instruction);
  }
  return found;
}

for (const codeSize of [2, 4] as const)
  test(`every row comes back from our assembler, ${codeSize * 8}-bit code`, (t) => {
    const random = generator(0x51de + codeSize);
    const unreached: string[] = [];
    const all = INSTRUCTIONS.flatMap((spec) => {
      const found = occurrences(spec, codeSize, random);
      if (found.length === 0) unreached.push(`${spec.encoding} ${spec.mnemonic}`);
      return found.filter((instruction) => !UNWRITABLE.some(([, applies]) => applies(instruction)));
    });
    const written = all.map((instruction, n) => ({ instruction, text: formatInstruction(instruction, n * SLOT, codeSize) }));
    const assembly = ours([`bits ${codeSize * 8}`, 'org 0', ...written.map(({ text }) => `${text}\nalign ${SLOT}`)].join('\n'));
    assert.deepEqual(
      errorsOf(assembly).map(({ line, message }) => `${written[(line - 3) >> 1]?.text}: ${message}`),
      [],
    );
    const different = written.flatMap(({ instruction, text }, n) => {
      const again = decodeOne(assembly.bytes, n * SLOT, codeSize);
      const [before, after] = [meaning(instruction, n * SLOT), again ? meaning(again, n * SLOT) : 'nothing'];
      return before === after ? [] : [`${text}: ${before}; but ${after}`];
    });
    assert.deepEqual(different, []);
    assert.deepEqual(unreached, []);
    t.diagnostic(`${written.length} instructions of ${INSTRUCTIONS.length} rows`);
  });
