/**
 * Classic trap-and-emulate: the guest kernel runs in user mode, privileged instructions fault and are emulated, and the
 * sensitive ones that are not privileged execute with user-mode meaning: silently wrong, exactly as the silicon does.
 */
import type { TechniqueId } from '../../protocol/techniques';
import type { Instruction } from '../../x86/decoder';
import { EAX } from '../../x86/registers';
import type { SensitivityName } from '../../x86/sensitivity';
import { type Outcome, differences, observe, rehearse } from '../twin';
import { EVENT_CELLS } from '../../ir/eventCells';
import { DeprivilegedTechnique, FAULTS_IN_V86 } from './deprivilegedTechnique';
import { CONTINUE, type TechniqueExit, exitReason, isContinuation } from './technique';

/** Same meaning in virtual-8086 mode as in real mode: a real-mode kernel cannot tell. */
const SAFE_IN_V86: readonly SensitivityName[] = ['pushSegment', 'popSegment', 'movFromSegment', 'movToSegment', 'farCall', 'farJump', 'farReturn'];

/** CPUID leaves that tell of a hypervisor: the features, and 4xxxxxxxh. */
const FEATURE_LEAF = 1;
const HYPERVISOR_LEAVES = 4;
const OFFERED =
  'the result shows the paravirtual interface, which the machine offers under every technique (attribute hypervisor): bare metal has none, and silicon whose CPUID does not trap could not show one';

export class TrapAndEmulate extends DeprivilegedTechnique {
  readonly id: TechniqueId = 'trap';
  readonly slice = 200_000;

  protected interceptsInKernel({ spec }: Instruction): boolean {
    if (spec.sensitive?.kind !== 'sensitive') return false;
    const name = spec.sensitivity as SensitivityName;
    return !(this.realMode && (SAFE_IN_V86.includes(name) || FAULTS_IN_V86.includes(name)));
  }

  /** CPUID about to show the hypervisor's feature bit or leaves, which are part of the machine where it has them. */
  #offersHypervisor({ spec }: Instruction): boolean {
    const { cpu } = this.host.engine;
    const leaf = cpu.reg(EAX) >>> 0;
    return spec.lift === 'cpuid' && this.world.context.model.hypervisorLeaves !== undefined && (leaf === FEATURE_LEAF || leaf >>> 28 === HYPERVISOR_LEAVES);
  }

  /** A sensitive, unprivileged instruction: let the silicon have it, and compare with bare metal. */
  protected intercept(instruction: Instruction): TechniqueExit {
    const { engine } = this.host;
    const { cpu } = engine;
    const before = cpu.saveRegisters();
    const play = (body: () => ReturnType<typeof this.onVirtualCpu>): Outcome => {
      this.world.rehearsing = true;
      try {
        const run = rehearse(engine, body);
        return { ...run, registers: observe(cpu) };
      } finally {
        cpu.restoreRegisters(before);
        this.world.rehearsing = false;
      }
    };
    const silicon = play(() => this.onSilicon());
    if (silicon.exit.kind === 'fault') return this.faulted(silicon.exit.vector, silicon.exit.errorCode);
    const wrong = differences(
      silicon,
      play(() => this.onVirtualCpu()),
    );
    const name = instruction.spec.mnemonic.toUpperCase();
    const draft = wrong.length
      ? {
          kind: 'silent' as const,
          instruction,
          reason: exitReason(instruction) ?? 'no trap',
          details: { differences: wrong },
          sentence:
            `Afterwards ${wrong.map(({ what, is, bare }) => `${what} is ${is}, on bare metal ${bare}`).join('; ')}. ${name} does not trap. ${instruction.spec.sensitive?.trap ?? ''}`.trim(),
        }
      : {
          kind: 'sensitive' as const,
          instruction,
          reason: exitReason(instruction) ?? 'no trap',
          sentence: `${name} executed in user mode without a trap; ${this.#offersHypervisor(instruction) ? OFFERED : 'here the result is what bare metal would have given'}.`,
        };
    const drafts = [draft, ...this.host.sideEvents(instruction)];
    for (const d of drafts) if (this.host.stopsAt(d)) return { kind: 'stopped' };
    const exit = this.onSilicon();
    if (exit.kind === 'fault') return this.faulted(exit.vector, exit.errorCode);
    if (draft.kind === 'sensitive') cpu.set(EVENT_CELLS.sensitive, cpu.get(EVENT_CELLS.sensitive) + 1);
    for (const d of drafts) this.host.report(d);
    return isContinuation(exit) ? CONTINUE : exit;
  }
}
