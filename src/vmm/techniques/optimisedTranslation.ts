/**
 * Binary translation as products did it (Adams & Agesen 2006, section 3): blocks are chained, simple sensitive instructions are
 * emulated inside the translation cache on the virtual CPU's state, the others call out. Adaptive: an innocuous instruction
 * that keeps faulting (page tables, devices) is translated to a callout, and back when it behaves. Translated code has the
 * virtual CPU's state at hand, so that the guest's kernel runs without a world switch; guest user code runs directly.
 */
import { hexh } from '../../base/bits';
import type { EngineExit } from '../../engine/interpreter';
import { isControlTransfer } from '../../engine/translator';
import { ENGINE_CELLS } from '../../ir/engineCells';
import { CPU } from '../../x86/cpuState';
import type { Instruction } from '../../x86/decoder';
import { CS } from '../../x86/registers';
import type { SensitivityName } from '../../x86/sensitivity';
import { AdaptiveTranslation } from './adaptiveTranslation';
import { callout, isNearTransfer } from './binaryTranslation';
import { DeprivilegedTechnique } from './deprivilegedTechnique';
import { CONTINUE, type EventDraft, type TechniqueExit, effectOf, exitReason, isContinuation } from './technique';

/** A load or store of the virtual CPU's state, or a device model's function: no reason to leave the translation cache. */
const IN_LINE: readonly SensitivityName[] = [
  'cli',
  'sti',
  'pushf',
  'popf',
  'sgdt',
  'sidt',
  'sldt',
  'str',
  'smsw',
  'clts',
  'pushSegment',
  'movFromSegment',
  'movFromControl',
  'movFromDebug',
  'invd',
  'wbinvd',
  'rdtsc',
  'io',
];

const isInLine = ({ spec }: Instruction): boolean => spec.sensitivity !== undefined && IN_LINE.includes(spec.sensitivity as SensitivityName);

export class OptimisedTranslation extends DeprivilegedTechnique {
  readonly id = 'bt';
  readonly slice = 200_000;
  readonly adaptive = new AdaptiveTranslation();
  /** Traced pages and devices that the VMM met. */
  #touches = 0;

  override get translates(): boolean {
    return this.guestKernel;
  }

  protected interceptsInKernel(instruction: Instruction, linear: number): boolean {
    if (isNearTransfer(instruction)) return false;
    if (instruction.spec.sensitive) return !isInLine(instruction);
    return isControlTransfer(instruction) || this.adaptive.isTranslated(linear);
  }

  protected override runsDirectly(instruction: Instruction): boolean {
    return this.guestKernel ? isInLine(instruction) : super.runsDirectly(instruction);
  }

  override run(budget: number, single: boolean): TechniqueExit {
    const { cpu } = this.host.engine;
    if (cpu.cpl === 3) return super.run(budget, single);
    this.guestKernel = true;
    this.realMode = cpu.realSegments;
    this.ownsFlags = false;
    const exit = this.#inCache(() => (single ? this.host.engine.step() : this.host.engine.run(budget)));
    if (isContinuation(exit)) return CONTINUE;
    return exit.kind === 'fault' ? this.faulted(exit.vector, exit.errorCode) : exit;
  }

  /** Run translated code: what it emulates in line is counted apart, and CR2 is the guest's only when the fault is. */
  #inCache(body: () => EngineExit): EngineExit {
    const { cpu } = this.host.engine;
    const before = [ENGINE_CELLS.sensitive, ENGINE_CELLS.slowInLine].map((cell) => cpu.get(cell));
    const cr2 = cpu.get(CPU.CR2);
    this.world.enterCache();
    try {
      return body();
    } finally {
      this.world.leaveCache();
      cpu.set(CPU.CR2, cr2);
      const inline = (cpu.get(ENGINE_CELLS.sensitive) - before[0]) >>> 0;
      cpu.set(ENGINE_CELLS.sensitive, before[0]);
      if (inline > 0) this.host.countInline(inline, (cpu.get(ENGINE_CELLS.slowInLine) - before[1]) >>> 0);
    }
  }

  protected intercept(instruction: Instruction): TechniqueExit {
    const linear = this.#here();
    if (!this.adaptive.isTranslated(linear)) return this.emulate(instruction, callout(instruction));
    const before = this.#touches;
    const exit = this.emulate(instruction, adaptedAccess(instruction));
    if (exit.kind !== 'stopped' && this.adaptive.ran(linear, this.#touches !== before)) this.#retranslated(linear, false);
    return exit;
  }

  #here(): number {
    const { cpu, currentEip } = this.host.engine;
    return (cpu.segmentBase(CS) + currentEip) >>> 0;
  }

  /** An access met a traced page or a device, in translated code or in the VMM. */
  override touched(): void {
    this.#touches++;
    if (!this.world.inCache) return;
    const linear = this.#here();
    if (this.adaptive.faulted(linear)) this.#retranslated(linear, true);
  }

  #retranslated(linear: number, translated: boolean): void {
    const { engine } = this.host;
    const found = engine.linear.translate(linear, { write: false, user: false }, false);
    if (found.kind === 'page') engine.cache.invalidateAt(found.physical, translated ? 'faults often' : 'faults no more');
    this.host.reportHere('adapted', undefined, () => ({
      kind: 'adapted',
      reason: translated ? 'faults often' : 'faults no more',
      sentence: translated
        ? `The instruction at ${hexh(linear)} keeps faulting on traced pages or devices; from now on it is translated to a call to the VMM.`
        : `The instruction at ${hexh(linear)} has met no traced page and no device for a while; it is innocuous again.`,
      details: { translated },
    }));
  }

  override directEvents(instruction: Instruction): EventDraft[] | undefined {
    if (this.host.engine.cpu.cpl === 3 || !isInLine(instruction)) return undefined;
    const sentence = `Emulated in the translation cache, without a call to the VMM: ${effectOf(instruction)}`;
    return [{ kind: 'inline', instruction, reason: exitReason(instruction) ?? 'in line', sentence, cost: 'inlineState' }, ...this.host.sideEvents(instruction)];
  }

  override showBlock(): void {
    if (this.host.engine.cpu.cpl === 3) return super.showBlock();
    this.#inCache(() => {
      this.host.engine.showBlock();
      return { kind: 'budget' };
    });
  }
}

const adaptedAccess = (instruction: Instruction): EventDraft => ({
  kind: 'callout',
  instruction,
  reason: 'adapted',
  sentence: `${instruction.spec.mnemonic.toUpperCase()} has often met a traced page or a device, so its translation calls the VMM instead of faulting.`,
  cost: 'adaptedAccess',
});
