/** A region: blocks of one page and mode, entered at one of them, compiled into one WebAssembly function. */
import type { LateLocals } from './lateLocals';
import type { Statement } from '../../ir/microOp';
import type { AccessWindow } from '../../memory/accessWindows';
import type { Block } from '../block';

/** Where a block goes. */
export type Edge =
  /** `slot`: address of the pointer in the branching record, which tier 0 follows when the target is not in the region. */
  { readonly eip: number; readonly slot: number };

export interface RegionInstruction {
  readonly record: number;
  readonly statements: readonly Statement[];
  /** It stores to marked pages time and again. */
  readonly noted: boolean;
}

export type RegionTerminal =
  | { readonly k: 'jump'; readonly to: Edge }
  | { readonly k: 'branch'; readonly taken: Edge; readonly next: Edge }
  /** A return, or a jump or call to a computed EIP. */
  | { readonly k: 'indirect'; readonly isReturn: boolean }
  /** The instruction at this record is tier 0's. */
  | { readonly k: 'leave'; readonly record: number };

/** What becomes of a block in translated code. */
export interface RegionBlock {
  readonly block: Block;
  /** Instructions that translated code executes, terminal statements included. */
  readonly instructions: readonly RegionInstruction[];
  readonly terminal: RegionTerminal;
  /** Instructions that have retired at the end of the block. */
  readonly count: number;
  /** EIP behind a call: where the matching return goes. */
  readonly returnEip: number | undefined;
}

export interface RegionPlan {
  readonly root: RegionBlock;
  /** By EIP; the root is one of them. Copies of blocks (unroll) have names above all EIPs. */
  readonly blocks: ReadonlyMap<number, RegionBlock>;
  /** EIPs that computed jumps of the region may go to without leaving it. */
  readonly targets: readonly number[];
  /** Those of them that stand behind calls. */
  readonly returns: readonly number[];
  /** Guest instructions. */
  readonly length: number;
  /** Instructions of all blocks and copies together: no way through the region retires more between two looks at the budget. */
  readonly longest: number;
}

/** A region in the function table. */
export interface Region {
  readonly id: number;
  readonly root: Block;
  readonly blocks: readonly Block[];
  /** Guest instructions. */
  readonly length: number;
  /** Its function's body, and of which instruction its parts are. */
  readonly body: Uint8Array;
  readonly origins: readonly { readonly at: number; readonly eip: number | undefined }[];
  readonly late: LateLocals;
  /** Place in the function table. */
  readonly slot: number;
  /** Share of it in the compilation of its module, microseconds of host time: for display only. */
  readonly microseconds: number;
  /** Windows that its accesses ask, by kind of access. */
  readonly windows: readonly (AccessWindow | undefined)[];
  valid: boolean;
}
