import { TYPED_LOCAL_COUNT } from '../interpreter/locals';

/** Locals of a region's function. The parameter is the budget: instructions that may still retire. */
/** Pages that a region remembers, at most. */
export const MAX_PAGES = 16;
/** Invariants that a region keeps, at most. */
export const MAX_INVARIANTS = 8;
/** Locals of the x87 (x87Stack). */
const X87_LOCALS = 9;
/** Above every linear address. */
export const NO_PAGE = 1n << 32n;

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
  /** How far the windows for loads and stores reach (memory/accessWindows). */
  READABLE: 18,
  WRITABLE: 19,
  /** Where in the VM's memory the operand is that an instruction stores to, when it is asked for before. */
  PLACE: 20,
  /** A value on its way to memory. */
  STORED: 21,
  /** AL, CL, DL, BL by themselves, and EAX, ECX, EDX, EBX without them (PartialRegisters). */
  LOW: 22,
  UPPER: 26,
  /** Pages met last: from linear to the VM's memory. */
  DELTAS: 30,
  /** From here on i64. */
  WIDE: 30 + MAX_PAGES,
  /** Linear addresses of the pages met last; `NO_PAGE` for none. */
  TAGS: 31 + MAX_PAGES,
  /** XMM0..XMM7: 128 bits. */
  XMM: 31 + 2 * MAX_PAGES,
  /** Temporaries of other types than i32 (interpreter/locals). */
  TYPED: 39 + 2 * MAX_PAGES,
  /** x87: i32. TOP at the last meeting of ways times 16, what it is above that times 16, status word, tags, pointers of the last instruction. */
  X87_BASE: 39 + 2 * MAX_PAGES + TYPED_LOCAL_COUNT,
  X87_ABOVE: 40 + 2 * MAX_PAGES + TYPED_LOCAL_COUNT,
  X87_STATUS: 41 + 2 * MAX_PAGES + TYPED_LOCAL_COUNT,
  X87_TAGS: 42 + 2 * MAX_PAGES + TYPED_LOCAL_COUNT,
  X87_POINTERS: 43 + 2 * MAX_PAGES + TYPED_LOCAL_COUNT,
  INVARIANTS: 39 + 2 * MAX_PAGES + TYPED_LOCAL_COUNT + X87_LOCALS,
  TEMPS: 39 + 2 * MAX_PAGES + TYPED_LOCAL_COUNT + X87_LOCALS + MAX_INVARIANTS,
} as const;

/** How many i32 locals stand between the parameter and WIDE. */
export const REGION_WORDS = REGION_LOCAL.WIDE - REGION_LOCAL.GPR;
export const REGION_WIDES = REGION_LOCAL.XMM - REGION_LOCAL.WIDE;
/** i32 locals between the typed ones and the temporaries. */
export const REGION_LATE_WORDS = REGION_LOCAL.TEMPS - REGION_LOCAL.X87_BASE;
