/**
 * A decoded instruction as the interpreter reads it: 32 bytes in the VM's memory. Records of a block follow one another;
 * a direct branch holds pointers to the records it continues at.
 */
export const RECORD_SIZE = 32;

export const RECORD = {
  /** u16: which handler. */
  HANDLER: 0,
  /** u8: place in the block, from 1; what has retired when this instruction is done. */
  COUNT: 2,
  /** u8: bytes. */
  LENGTH: 3,
  /** u8: register operand: byte offset in the register file, or its number for special registers. */
  REG: 4,
  /** u8: r/m register, byte offset in the register file. */
  RM: 5,
  /** u8: base and index, byte offsets in the register file; 32 is the zero cell. */
  BASE: 6,
  INDEX: 7,
  /** u8: log2 of the scale. */
  SCALE: 8,
  /** u8: segment number of the memory operand. */
  SEGMENT: 9,
  /** u8: stores of the instruction to marked pages, modulo 256. */
  NOTED: 10,
  /** u8, in blocks that check themselves: bytes at its end that are nothing but its immediate, with SIGN_EXTENDED. */
  IMMEDIATE_KIND: 11,
  /** i32: displacement; a branch's taken target (record pointer); second immediate; far selector. */
  DISPLACEMENT: 12,
  /** i32: immediate; a branch's fall-through target (record pointer). */
  IMMEDIATE: 16,
  /** i32: EIP of the instruction. */
  EIP: 20,
  /** i32: times the block ended here. */
  HITS: 24,
  /** i32: block number. */
  BLOCK: 28,
} as const;

/** Handlers that are no instruction. */
export const PSEUDO = {
  /** The block was thrown away under the running code. */
  INVALIDATED: 0,
  /** An unresolved branch target: EIP is where it leads; IMMEDIATE is the address of the pointer to patch. */
  LINK: 1,
  /** End of a block that nothing ended: continue at DISPLACEMENT. */
  FALL_THROUGH: 2,
  /** End of a single-instruction block. */
  STOP: 3,
  /** Something the run loop must look at before this instruction: breakpoint, technique, decoding problem. */
  ATTEND: 4,
  /** The entry of a block that heads a region: IMMEDIATE is the region's number in the function table. */
  TRANSLATED: 5,
  /** Go on at DISPLACEMENT: what was TRANSLATED before its region was thrown away. */
  FORWARD: 6,
  /** Go on wherever EIP of this record says, by the jump cache. */
  COMPUTED: 7,
  /** The instruction whose record DISPLACEMENT is has faulted. */
  FAULT: 8,
  /** The entry of a block that checks itself (selfChecks): to DISPLACEMENT if the bytes at IMMEDIATE in the VM's memory, HITS of them in LENGTH instructions, are those behind this record. */
  CHECK: 9,
} as const;
export const FIRST_FORM = 10;

/** Why generated code returned. */
export const EXIT = {
  INVALIDATED: 0,
  LINK: 1,
  INDIRECT: 2,
  BUDGET: 3,
  STOP: 4,
  ATTEND: 5,
  DISPATCH: 6,
  FAULT: 7,
  FUEL: 8,
  /** Between generated functions: the next handler is not in this one. */
  ELSEWHERE: 9,
  /** The block of LAST_RECORD has run often. */
  HOT: 10,
} as const;
