/** VM entries that fail while loading guest state, reasons 33 and 34; bit 31 of the exit-reason field is set too. SDM Vol. 3, 26.7. */
import type { ExitFormat } from './family';

export interface EntryFailureExit {
  readonly reason: 'ENTRY_FAILURE_GUEST_STATE' | 'ENTRY_FAILURE_MSR_LOADING';
  /** For guest state 0, 2 (PDPTEs) or 4 (link pointer); for MSR loading the entry's number, from 1. */
  readonly code: number;
  readonly causes: readonly string[];
}

export const entryFailureFormat: ExitFormat<EntryFailureExit> = {
  qualification: ({ code }) => code,
  decode: ({ causes }) => causes.map((cause, n) => [`Check ${n + 1}`, cause] as const),
  sentence: ({ reason, causes }) => `VM entry failed ${reason === 'ENTRY_FAILURE_GUEST_STATE' ? 'checking guest state' : 'loading MSRs'}: ${causes.join(' ')}`,
  handling: () => 'did not run the guest',
};
