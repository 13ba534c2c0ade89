/** What becomes of an instruction in a place, under a technique; as short text. */
import type { VmmEvent } from '../../src/protocol/vmmEvent';
import { CPU } from '../../src/x86/cpuState';
import { PF } from '../../src/x86/exceptions';
import { EXIT_REASONS } from '../../src/x86/sensitivity';
import type { Options } from '../harness/testCpu';
import { TestCpu } from '../harness/testCpu';
import { type Place, type Row, TRACKED, enter, linesOf } from '../semantics/sensitiveRows';

/** `GP20a` for #GP(20Ah), as in sensitiveRows.ts. */
const faultName = (reason: string): string =>
  reason
    .slice(1)
    .replace('(', '')
    .replace(')', '')
    .replace(/^([A-Z]+)0?([0-9A-F]*)h?$/, (_, name: string, code: string) => name + code.toLowerCase());

export interface Cell {
  /** As on bare metal: `ok`, what changed, the ring it went to, or the fault. */
  readonly outcome: string;
  /** `trap`, `callout`, `inline`, `hypercall`, `direct`; `silent` with what is wrong. */
  readonly how: string;
  /** Basic reasons of the VM exits, but for those that fill page tables of the VMM; whether the guest got a fault. */
  readonly exits: readonly number[];
  readonly faulted: boolean;
}

export class CellBench {
  readonly #bench: TestCpu;

  constructor(options: Options) {
    this.#bench = new TestCpu(options);
    this.#bench.vm.desk.recording = true;
  }

  cell(where: Place, code: string, options: NonNullable<Row[3]>): Cell {
    const bench = this.#bench;
    const { cpu, vm } = bench;
    enter(bench, where, options);
    const lines = linesOf(code, where);
    const last = lines.pop() as string;
    for (const line of lines) {
      bench.play(line);
      cpu.set(CPU.INHIBIT, 0);
    }
    const before = { eflags: cpu.eflags, cpl: cpu.cpl };
    const from = vm.desk.ring.nextSequence;
    const stop = bench.play(last);
    const events = vm.desk.ring.read(from).map(({ entry }) => entry);
    if (stop.kind === 'unimplemented') return { outcome: 'unimplemented', how: '', exits: [], faulted: false };
    const fault = events.find(({ kind }) => kind === 'guestFault');
    const changed = TRACKED.filter(([, mask]) => (cpu.eflags ^ before.eflags) & mask).map(([name]) => name);
    const outcome = fault ? faultName(fault.reason) : cpu.cpl !== before.cpl ? `ring${cpu.cpl}` : changed.join('+') || 'ok';
    return { outcome, how: how(events), exits: exits(events), faulted: fault !== undefined };
  }
}

/** Nor for what comes of a fault that has no handler here. */
const exits = (events: readonly VmmEvent[]): number[] =>
  events.flatMap((e) => (e.kind === 'vmExit' && e.number !== EXIT_REASONS.EPT_VIOLATION && e.number !== EXIT_REASONS.TRIPLE_FAULT && e.vector !== PF ? [e.number] : []));

function how(events: readonly VmmEvent[]): string {
  const silent = events.find((e) => e.kind === 'silent');
  if (silent?.kind === 'silent') return `silent ${silent.differences.map(({ what }) => what.replace(/^\[.*\]$/, 'memory').replace('the outcome', 'outcome')).join('+')}`;
  return events.find(({ kind }) => kind === 'trap' || kind === 'callout' || kind === 'inline' || kind === 'hypercall' || kind === 'guestFault')?.kind ?? 'direct';
}
