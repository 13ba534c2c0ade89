/** A translation block: a place where guest code begins, the records that run it and how they are linked to others; and the code that was translated there. */
import type { Instruction } from '../x86/decoder';
import type { BlockInstructions } from './blockInstructions';
import type { Region } from './region/region';

/** Why the run loop must look before an instruction executes. */
export type Attention =
  | { readonly kind: 'breakpoint' }
  /** The technique handles this instruction. */
  | { readonly kind: 'policy'; readonly instruction: Instruction }
  /** Somebody watches this instruction. */
  | { readonly kind: 'watch'; readonly instruction: Instruction }
  | { readonly kind: 'fault'; readonly vector: number; readonly errorCode: number }
  | { readonly kind: 'unimplemented'; readonly what: string };

export type EndReason =
  | 'branch'
  | 'call'
  | 'return'
  | 'far transfer'
  | 'interrupt'
  | 'sensitive instruction'
  | 'system instruction'
  | 'page boundary'
  | 'breakpoint'
  | 'length'
  | 'fault'
  | 'single step';

/** Of blocks that are in none, as most are. */
export const NO_REGIONS: ReadonlySet<Region> = new Set();

/** Of blocks that nobody goes straight to. */
export const NO_LINKS: readonly Link[] = [];

/** Instructions that a block may have in the place of one that was another block: code of ever changing shape needs no new records. */
export const ROOMY = 40;

export interface Link {
  /** Address of the pointer in the branching record. */
  readonly slot: number;
  /** What the pointer goes back to when the target disappears. */
  readonly stub: number;
}

/** What a block is: guest code at a time, as it was translated. */
export interface BlockCode {
  readonly id: number;
  /** CS as the guest has it. */
  readonly cs: number;
  /** CS of the CPU that runs it. */
  readonly hardwareCs: number;
  /** Guest bytes. */
  readonly length: number;
  /** Physical address of the second page when the code crosses one, or -1. */
  readonly secondPage: number;
  /** Some are replaced when the guest rewrites them. */
  readonly instructions: BlockInstructions;
  /** Records, stubs included. */
  readonly records: number;
  /** Pointer to the record whose HITS count executions. */
  readonly last: number;
  readonly endReason: EndReason;
  readonly attention: Attention | undefined;
  /** Times it ran with its last instruction left to the VMM; of code that runs no more, all times. */
  attended: number;
  /** Of instructions that have been rewritten: what translated code reads from their records (LOADED, by index). */
  loaded: Map<number, number> | undefined;
  /** Stores since it was last seen to have run, and what it had run by then. */
  idleStores: number;
  ranBefore: number;
  /** Times it has been found hot while a region held it already. */
  passedOver: number;
}

/** Where code stands, and how others get there. */
export interface Block {
  readonly mode: number;
  readonly eip: number;
  readonly linear: number;
  readonly physical: number;
  readonly codeSize: 2 | 4;
  readonly single: boolean;
  /** There is room for ROOMY instructions at its place. */
  readonly roomy: boolean;
  /** A roomy block that checks itself has another one when its bytes have changed. */
  code: BlockCode;
  /** Pointer to the first record. */
  readonly entry: number;
  /** Where whoever comes to this block goes on: its first record, or the one that runs its region. */
  start: number;
  /** Record that runs the region this block heads, once it has had one; of a block that has checked itself, its CHECK record. */
  trampoline: number;
  incoming: readonly Link[];
  /** A computed jump has led here. */
  computed: boolean;
  /** It compares its bytes whenever it is entered (selfChecks). */
  checks: boolean;
  /** The region that is entered here. */
  region: Region | undefined;
  /** Regions with this block in them. */
  regions: ReadonlySet<Region>;
  valid: boolean;
  invalidatedBy: string | undefined;
}
