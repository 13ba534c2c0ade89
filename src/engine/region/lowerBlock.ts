/** A block's instructions as specialized micro-ops, up to the first that is left to tier 0. */
import { Inexpressible, type Occurrence, specialize } from '../../ir/specialize';
import { type Statement, listsIn } from '../../ir/microOp';
import { CPU, FLAT_STACK, type CpuState, SEGMENT, SEGMENT_STRIDE } from '../../x86/cpuState';
import { CS } from '../../x86/registers';
import type { Block } from '../block';
import type { BlockInstruction } from '../blockInstructions';
import { type FormTable, formOf } from '../forms';
import { RECORD, RECORD_SIZE } from '../record';
import { branchTarget, registerField, targetFaults } from '../recordWriter';
import { LOADED, NOTED } from '../rewriting';
import type { RegionBlock, RegionInstruction, RegionTerminal } from './region';

/** Register number for a micro-op of `size` bytes, of an operand at `offset` in the register file. */
const numberAt = (offset: number, size: number): number | undefined => {
  if (size > 1) return offset & 3 ? undefined : offset >> 2;
  if (offset & 1) return (offset >> 2) + 4;
  return offset < 16 ? offset >> 2 : undefined;
};

/** Cells that hold still while the region's assumptions do: CS is part of the mode. */
export function constantCells(cpu: CpuState): Map<number, number> {
  const cs = CPU.SEGMENTS + CS * SEGMENT_STRIDE;
  const cells = new Map([SEGMENT.BASE, SEGMENT.LIMIT].map((field) => [cs + field, cpu.get(cs + field)]));
  if (cpu.get(CPU.FLAT) & FLAT_STACK) cells.set(CPU.STACK_MASK, 0xffffffff);
  return cells;
}

/** `loaded`: what is read from the record, as far as it has been rewritten. */
function occurrenceOf({ eip, instruction: i }: BlockInstruction, cells: ReadonlyMap<number, number>, loaded: Occurrence['loaded']): Occurrence {
  const reg = registerField(i, 'reg');
  const rm = registerField(i, 'rm');
  return {
    fields: {
      displacement: i.spec.lift === 'enter' ? i.immediate2 : i.displacement,
      immediate: i.immediate,
      eip,
      nextEip: (eip + i.length) | 0,
      segment: i.segment,
      registerNumber: reg,
      rmNumber: rm,
    },
    registerNumber: (which, size) => numberAt(which === 'reg' ? reg : rm, size),
    base: i.base,
    index: i.index,
    scale: i.scale,
    ...(loaded ? { loaded } : {}),
    cells,
  };
}

/** LOADED fields as cells. */
const loadedFrom = (record: number, fields: number | undefined): Occurrence['loaded'] =>
  fields === undefined
    ? undefined
    : {
        ...(fields & LOADED.IMMEDIATE ? { immediate: record + RECORD.IMMEDIATE } : {}),
        ...(fields & LOADED.DISPLACEMENT ? { displacement: record + RECORD.DISPLACEMENT } : {}),
      };

/** Can translated code execute this? Otherwise the instruction is tier 0's. */
const isTranslatable = (s: Statement): boolean => {
  if (s.k === 'helper' || s.k === 'again' || s.k === 'dispatch') return false;
  if (s.k === 'rarely') return true;
  return s.k === 'attempt' ? s.ordinary.every(isTranslatable) : listsIn(s).every((list) => list.every(isTranslatable));
};

export class BlockLowering {
  readonly #cells: ReadonlyMap<number, number>;

  constructor(
    readonly cpu: CpuState,
    readonly forms: FormTable,
  ) {
    this.#cells = constantCells(cpu);
  }

  lower(block: Block): RegionBlock {
    const instructions: RegionInstruction[] = [];
    let record = block.entry;
    const count = (): number => instructions.length;
    for (const occurrence of this.#direct(block)) {
      const loaded = block.code.loaded?.get(count());
      const statements = this.#statements(occurrence, loadedFrom(record, loaded));
      if (!statements) return { block, instructions, terminal: { k: 'leave', record }, count: count(), returnEip: undefined };
      instructions.push({ record, statements, noted: loaded !== undefined && (loaded & NOTED) !== 0 });
      record += RECORD_SIZE;
    }
    const terminal = this.#terminal(block, instructions.at(-1), record);
    const last = block.code.instructions.at(-1);
    const returnEip = last?.instruction.spec.flow === 'call' ? (last.eip + last.instruction.length) >>> 0 : undefined;
    return { block, instructions, terminal, count: count(), returnEip };
  }

  /** Instructions that have records of their own. */
  #direct({ code: { attention, instructions } }: Block): readonly BlockInstruction[] {
    return attention?.kind === 'policy' || attention?.kind === 'watch' ? instructions.list().slice(0, -1) : instructions.list();
  }

  #statements(occurrence: BlockInstruction, loaded: Occurrence['loaded']): readonly Statement[] | undefined {
    const statements = this.#specialized(occurrence, loaded);
    return statements?.every(isTranslatable) ? statements : undefined;
  }

  #lifted({ eip, instruction: i }: BlockInstruction): readonly Statement[] {
    const faults = i.spec.operands[0]?.[0] === 'J' && targetFaults(this.cpu, i, (eip + i.length) >>> 0);
    return this.forms.lifted(formOf(i, faults)).statements;
  }

  #specialized(occurrence: BlockInstruction, loaded?: Occurrence['loaded']): Statement[] | undefined {
    try {
      return specialize(this.#lifted(occurrence), occurrenceOf(occurrence, this.#cells, loaded));
    } catch (problem) {
      if (problem instanceof Inexpressible) return undefined;
      throw problem;
    }
  }

  /** What an instruction means here, for whoever wants to read it. */
  microOps(occurrence: BlockInstruction): readonly Statement[] {
    return this.#specialized(occurrence) ?? this.#lifted(occurrence);
  }

  /** `record`: the one behind the last instruction. */
  #terminal(block: Block, last: RegionInstruction | undefined, record: number): RegionTerminal {
    const occurrence = block.code.instructions.at(-1);
    const ending = last?.statements.at(-1)?.k;
    const branching = record - RECORD_SIZE;
    if (block.code.attention || !occurrence) return { k: 'leave', record };
    const next = (occurrence.eip + occurrence.instruction.length) >>> 0;
    if (ending === 'jump' && occurrence.instruction.spec.flow === 'system') return { k: 'jump', to: { eip: next, slot: branching + RECORD.DISPLACEMENT } };
    const taken = { eip: branchTarget(occurrence.instruction, next), slot: branching + RECORD.DISPLACEMENT };
    if (ending === 'jump') return { k: 'jump', to: taken };
    if (ending === 'branch') return { k: 'branch', taken, next: { eip: next, slot: branching + RECORD.IMMEDIATE } };
    if (ending === 'indirect') return { k: 'indirect', isReturn: occurrence.instruction.spec.flow === 'return' };
    if (ending === 'fault') return { k: 'leave', record: branching };
    return { k: 'jump', to: { eip: next, slot: record + RECORD.DISPLACEMENT } };
  }
}
