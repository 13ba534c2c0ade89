/** Blocks and regions as whoever looks at the code cache sees them. */
import { printStatements } from '../ir/printer';
import type { Statement } from '../ir/microOp';
import type { Block } from '../engine/block';
import type { BlockInstruction } from '../engine/blockInstructions';
import type { Interpreter } from '../engine/interpreter';
import { BlockLowering } from '../engine/region/lowerBlock';
import { regionText } from '../engine/region/regionText';
import type { Region } from '../engine/region/region';
import type { BlockDetail, BlockInstructionDetail, BlockRow, RegionDetail } from '../protocol/requests';
import { formatInstruction } from '../x86/formatter';
import { hex } from '../base/bits';

export function blockRow(engine: Interpreter, block: Block): BlockRow {
  const { id, cs, hardwareCs, length, instructions, endReason } = block.code;
  const last = instructions.at(-1);
  return {
    id,
    cs,
    ...(hardwareCs === cs ? {} : { hardwareCs }),
    eip: block.eip,
    linear: block.linear,
    length,
    instructions: instructions.length,
    terminator: last ? formatInstruction(last.instruction, last.eip, block.codeSize) : '',
    endReason,
    hits: engine.hits(block),
    state: block.valid ? 'cached' : 'invalidated',
    ...(block.invalidatedBy ? { invalidatedBy: block.invalidatedBy } : {}),
    codeSize: block.codeSize === 4 ? 32 : 16,
    tier: block.regions.size > 0 ? 1 : 0,
    links: engine.chaining.linksOf(block).map(({ code }) => code.id),
  };
}

export function blockDetail(engine: Interpreter, block: Block): BlockDetail {
  const lowering = new BlockLowering(engine.cpu, engine.translator.forms);
  const own = block.region ? [block.region] : [];
  const others = [...block.regions].filter((region) => region !== block.region);
  return {
    block: blockRow(engine, block),
    instructions: block.code.instructions.list().map((one) => instructionDetail(block, one, { microOps: lowering.microOps(one), bytes: bytesOf(engine, block, one) })),
    regions: [...own, ...others].map(regionDetail),
  };
}

/** As they are in memory, which is what was translated for as long as the block is valid. */
const bytesOf = ({ linear }: Interpreter, block: Block, { eip, instruction }: BlockInstruction): Uint8Array => {
  if (!block.valid) return new Uint8Array(0);
  const offset = eip - block.eip;
  const first = 0x1000 - (block.physical & 0xfff);
  const inFirst = Math.max(0, Math.min(instruction.length, first - offset));
  const rest = instruction.length - inFirst;
  const bytes = [...linear.physical.readBytes(block.physical + offset, inFirst)];
  return Uint8Array.from(rest > 0 && block.code.secondPage >= 0 ? [...bytes, ...linear.physical.readBytes(block.code.secondPage, rest)] : bytes);
};

const instructionDetail = (
  block: Block,
  { eip, instruction }: BlockInstruction,
  { microOps, bytes }: { readonly microOps: readonly Statement[]; readonly bytes: Uint8Array },
): BlockInstructionDetail => ({
  eip,
  linear: (block.linear - block.eip + eip) >>> 0,
  bytes: [...bytes].map((byte) => hex(byte, 2)).join(' '),
  text: formatInstruction(instruction, eip, block.codeSize),
  microOps: printStatements(microOps),
});

function regionDetail(region: Region): RegionDetail {
  const { lines, origins } = regionText(region);
  return {
    id: region.id,
    root: region.root.code.id,
    blocks: region.blocks.map(({ code }) => code.id),
    instructions: region.length,
    bytes: region.body.length,
    microseconds: Math.round(region.microseconds),
    webAssembly: lines,
    origins: origins.map((eip) => eip ?? -1),
  };
}
