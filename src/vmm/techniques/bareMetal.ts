/** Bare metal: the CPU runs the guest itself. The reference for all other techniques. */
import type { FaultDelivery } from '../../engine/interpreter';
import type { TranslationPolicy } from '../../engine/policy';
import type { Instruction } from '../../x86/decoder';
import { CONTINUE, type Technique, type TechniqueExit, type TechniqueHost, isContinuation } from './technique';

export class BareMetal implements Technique {
  readonly id = 'bare';
  readonly slice = 1_000_000;
  readonly policy: TranslationPolicy;
  readonly #delivery: FaultDelivery;

  constructor(readonly host: TechniqueHost) {
    this.#delivery = {
      get unwatched() {
        return !host.tellsOfFaults;
      },
      deliver: (vector, errorCode) => host.deliverAtOnce(vector, errorCode),
    };
    this.policy = {
      goesOn: true,
      rewrites: true,
      key: () => host.watchVersion,
      treat: (instruction) => (instruction.spec.lift === 'firmware' ? 'exit' : 'execute'),
      watches: (instruction) => host.interested(instruction),
    };
  }

  run(budget: number, single: boolean): TechniqueExit {
    const { engine } = this.host;
    const exit = single ? engine.step() : engine.run(budget, this.#delivery);
    this.host.takeFaultCounts();
    return isContinuation(exit) ? CONTINUE : exit;
  }

  showBlock(): void {
    this.host.engine.showBlock();
  }

  take(_instruction: Instruction): TechniqueExit {
    return CONTINUE;
  }

  hardwareState(): Int32Array {
    return this.host.engine.cpu.saveRegisters();
  }
}
