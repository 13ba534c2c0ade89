/** Exits that no instruction causes by itself: windows, the preemption timer, the monitor trap flag, a shutdown. SDM Vol. 3, 25.2, 25.5. */
import type { ExitFormat } from './family';

type TimingReason = 'INTERRUPT_WINDOW' | 'NMI_WINDOW' | 'PREEMPTION_TIMER' | 'MONITOR_TRAP_FLAG' | 'TRIPLE_FAULT';

export interface TimingExit {
  readonly reason: TimingReason;
}

// biome-ignore format: a table
const TIMING: Readonly<Record<TimingReason, readonly [why: string, handling: string]>> = {
  INTERRUPT_WINDOW:  ['The guest can take an interrupt now, and the VMM had asked to be told.', 'closed the window, to inject the interrupt that waits'],
  NMI_WINDOW:        ['The guest can take an NMI now, and the VMM had asked to be told.', 'closed the window, to inject the NMI that waits'],
  PREEMPTION_TIMER:  ['The VMX-preemption timer has counted down to zero.', 'loaded the timer again'],
  MONITOR_TRAP_FLAG: ['The monitor trap flag is set: one instruction, then an exit.', 'noted where the guest is'],
  TRIPLE_FAULT:      ['The guest faulted while delivering a double fault.', 'shut the virtual machine down'],
};

export const timingFormat: ExitFormat<TimingExit> = {
  qualification: () => 0,
  decode: () => [],
  sentence: ({ reason }) => TIMING[reason][0],
  handling: ({ reason }) => TIMING[reason][1],
};
