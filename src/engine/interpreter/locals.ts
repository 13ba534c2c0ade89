/** Locals of the generated interpreter function. */
export const LOCAL = {
  /** Parameter: pointer to the current record. */
  RECORD: 0,
  /** Parameter: instructions that may still retire. */
  BUDGET: 1,
  /** Lazy flags (x86/cpuState). */
  RESULT: 2,
  AUX: 3,
  ADDRESS: 4,
  ENTRY: 5,
  SCRATCH: 6,
  /** Of the block that has just ended: the record that counts, and how often. */
  LAST: 7,
  HITS: 8,
  /** i64. */
  WIDE: 9,
  TEMPS: 10,
} as const;
