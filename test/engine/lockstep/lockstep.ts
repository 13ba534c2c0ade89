/** Two CPUs on the bench run the same program, one interpreted, one translated; they are compared wherever a slice ends. */
import { type Heat, heatOf } from '../../../src/engine/heat';
import type { EngineExit } from '../../../src/engine/interpreter';
import { CPU } from '../../../src/x86/cpuState';
import { OpcodeMap, decode } from '../../../src/x86/decoder';
import { ESP } from '../../../src/x86/registers';
import { TestCpu } from '../../harness/testCpu';
import { generator } from '../../x86/randomInstructions';
import { compareExits, compareState } from './compare';
import { MODES, type Mode, RAM, prepare } from './prepare';
import { CODE, CODE_END, type Program, STACK_TOP, randomProgram } from './randomProgram';

export const MODEL = 'p4';
const SLICES = [1, 3, 17, 64, 65, 100, 300, 700];
/** Instructions of a program that are run: some, and more for each block. */
const INSTRUCTIONS = 1000;
const INSTRUCTIONS_A_BLOCK = 60;
const FAULTS = 200;

/** When the other bench translates: at once, several regions together, sooner or later; cheap ones more often. */
const HEATS: readonly Heat[] = [heatOf('eager'), { threshold: 1, warm: 0, patience: 400 }, { threshold: 2, warm: 1, patience: 400 }, { threshold: 8, warm: 2, patience: 0 }];
const DRAWS = [0, 1, 2, 2, 2, 2, 3, 3];

export interface Outcome {
  /** Blocks of the program that ran, each counted once. */
  readonly blocks: number;
  readonly regions: number;
  /** What differs, and where. */
  readonly difference?: string;
}

/** What is run from a seed, and how. */
export interface Case {
  readonly seed: number;
  readonly mode: Mode;
  readonly program: Program;
  /** Index in `HEATS`. */
  readonly heat: number;
}

const createBench = (translation: Heat): TestCpu => new TestCpu({ ram: RAM, model: MODEL, translation });

/** Reused: machines are dear. */
export class Lockstep {
  readonly #interpreted = createBench(heatOf('off'));
  readonly #translated = HEATS.map(createBench);
  readonly #opcodes = new OpcodeMap(MODEL);
  /** Where the translated bench found blocks to begin in this program. */
  readonly #seen = new Set<number>();

  constructor() {
    for (const { vm } of this.#translated) vm.engine.translated.on(({ eip }) => this.#seen.add(eip));
  }

  caseOf(seed: number): Case {
    const random = generator(seed ^ 0x5eed);
    const mode = MODES[seed % MODES.length];
    return { seed, mode, program: randomProgram(seed, mode === 'real' ? 16 : 32, this.#opcodes), heat: DRAWS[random(DRAWS.length)] };
  }

  run(seed: number): Outcome {
    return this.play(this.caseOf(seed));
  }

  play({ seed, mode, program, heat }: Case): Outcome {
    const translated = this.#translated[heat];
    const { cache, regions } = translated.vm.engine;
    const before = regions.statistics.compiled;
    for (const bench of [this.#interpreted, translated]) prepare(bench, mode, program.code, seed);
    this.#seen.clear();
    const difference = this.#compare(translated, program, generator(seed ^ 0x51ce));
    cache.checkInvariants();
    regions.checkInvariants();
    translated.vm.linear.windows.checkInvariants();
    const blocks = program.blocks.filter((eip) => this.#seen.has(eip)).length;
    return { blocks, regions: regions.statistics.compiled - before, ...(difference ? { difference: `${difference} (seed ${seed}, ${mode})` } : {}) };
  }

  #compare(translated: TestCpu, { blocks }: Program, random: (below: number) => number): string | undefined {
    const interpreted = this.#interpreted;
    const enough = INSTRUCTIONS + INSTRUCTIONS_A_BLOCK * blocks.length;
    let entered = 0;
    for (let retired = 0, faults = 0; retired < enough && faults < FAULTS; ) {
      const slice = SLICES[random(SLICES.length)];
      const from = interpreted.vm.retired;
      const a = runSlice(interpreted, slice);
      const b = runSlice(translated, slice);
      if (a.kind === 'fuel') return undefined; // a repeated instruction with a large count, which either is somewhere in
      retired += interpreted.vm.retired - from;
      const difference =
        interpreted.vm.retired === translated.vm.retired
          ? (compareExits(a, b) ?? compareState(interpreted, translated))
          : `retired ${interpreted.vm.retired - from} and ${translated.vm.retired - from}`;
      if (difference) return `${difference}, after ${retired} instructions, at ${interpreted.eip.toString(16)} and ${translated.eip.toString(16)}`;
      if (a.kind !== 'budget') faults++;
      const elsewhere = random(2) ? blocks[entered++ % blocks.length] : undefined;
      for (const bench of [interpreted, translated]) this.#goOn(bench, a, elsewhere);
    }
    return undefined;
  }

  /** After a slice: `elsewhere`, behind an instruction that faulted, or at the start of the program if it is anywhere else. */
  #goOn(bench: TestCpu, { kind }: EngineExit, elsewhere: number | undefined): void {
    const { cpu } = bench;
    if (kind === 'fault') {
      cpu.eip = this.#behind(bench) ?? CODE;
      cpu.setReg(ESP, STACK_TOP - 64);
      cpu.set(CPU.FAULT, 0);
    }
    if (elsewhere !== undefined) cpu.eip = elsewhere;
  }

  #behind({ cpu, ram }: TestCpu): number | undefined {
    const { eip } = cpu;
    if (eip < CODE || eip >= CODE_END) return undefined;
    const decoded = decode(this.#opcodes, ram, eip, eip + 16, cpu.codeSize);
    return decoded.kind === 'instruction' ? eip + decoded.instruction.length : undefined;
  }
}

function runSlice(bench: TestCpu, budget: number): EngineExit {
  const { vm, cpu } = bench;
  const end = vm.retired + budget;
  for (let repeating = 0; repeating < 3; ) {
    const before = vm.retired;
    if (before >= end) return { kind: 'budget' };
    const exit = vm.engine.run(end - before);
    cpu.set(CPU.INHIBIT, 0);
    if (exit.kind === 'fault' || exit.kind === 'attend') return exit;
    repeating = vm.retired === before ? repeating + 1 : 0;
  }
  return { kind: 'fuel' };
}
