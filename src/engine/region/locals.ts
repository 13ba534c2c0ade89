/** Locals of a region's function. The parameter is the budget: instructions that may still retire. */
export const REGION_LOCAL = {
  BUDGET: 0,
  /** EAX..EDI. */
  GPR: 1,
  /** Status flags: what wrote them (wasm/flagFunctions), its operands, its sign-extended result. */
  KIND: 9,
  A: 10,
  B: 11,
  RESULT: 12,
  /** On the way out: the record tier 0 goes on with. */
  NEXT: 13,
  ADDRESS: 14,
  ENTRY: 15,
  /** EIP on its way through the dispatch node. */
  TARGET: 16,
  SCRATCH: 17,
  /** i64. */
  WIDE: 18,
  TEMPS: 19,
} as const;

/** How many i32 locals stand between the parameter and WIDE. */
export const REGION_WORDS = REGION_LOCAL.WIDE - REGION_LOCAL.GPR;
