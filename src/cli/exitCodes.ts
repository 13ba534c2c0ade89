/** Exit codes of the command line. A guest that powers off through port F4h chooses its own (0 to 255); ours start at 100 to stay clear of small ones. */
export const EXIT_CODES = [
  { code: 0, name: 'ok', meaning: 'the guest halted for good, or powered off with 0; every technique ended in the same state' },
  { code: 101, name: 'tripleFault', meaning: 'the guest shut down: triple fault' },
  { code: 102, name: 'budget', meaning: '--max-instructions was spent' },
  { code: 103, name: 'unimplemented', meaning: 'the guest needs something Ringside does not implement' },
  { code: 104, name: 'badInput', meaning: 'a wrong option, file or source line' },
  { code: 105, name: 'diverged', meaning: 'compare: a technique did not end in the state that bare metal ends in' },
  { code: 106, name: 'internal', meaning: 'a defect in Ringside itself: please report it' },
  { code: 107, name: 'unmet', meaning: 'run: what --expect waits for did not come: its time was up, or the guest ended before' },
  { code: 108, name: 'entryFailure', meaning: 'VM entry failed: the VMCS is inconsistent' },
  { code: 130, name: 'interrupted', meaning: 'stopped by Ctrl+C' },
] as const;

export type ExitName = (typeof EXIT_CODES)[number]['name'];

export const exitCode = (name: ExitName): number => EXIT_CODES.find((row) => row.name === name)!.code;
