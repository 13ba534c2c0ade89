/** A translation block: guest code decoded into records, and how it is linked to others. */
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

/** Instructions that a block may have in the place of one that was another block: code of ever changing shape needs no new records. */
export const ROOMY = 40;

export interface Link {
  /** Address of the pointer in the branching record. */
  readonly slot: number;
  /** What the pointer goes back to when the target disappears. */
  readonly stub: number;
}

export interface Block {
  readonly id: number;
  readonly mode: number;
  /** CS as the guest has it. */
  readonly cs: number;
  /** CS of the CPU that runs it. */
  readonly hardwareCs: number;
  readonly eip: number;
  readonly linear: number;
  readonly physical: number;
  /** Physical address of the second page when the block crosses one, or -1. */
  readonly secondPage: number;
  /** Guest bytes. */
  readonly length: number;
  readonly codeSize: 2 | 4;
  /** Pointer to the first record. */
  readonly entry: number;
  /** Records, stubs included. */
  readonly records: number;
  /** Pointer to the record whose HITS count executions. */
  readonly last: number;
  /** Some are replaced when the guest rewrites them. */
  readonly instructions: BlockInstructions;
  readonly endReason: EndReason;
  readonly attention: Attention | undefined;
  readonly single: boolean;
  readonly incoming: Link[];
  /** Times it ran with its last instruction left to the VMM; of one that is not valid, all times. */
  attended: number;
  valid: boolean;
  invalidatedBy: string | undefined;
  /** Where whoever comes to this block goes on: its first record, or the one that runs its region. */
  start: number;
  /** Record that runs the region this block heads, once it has had one; of a block that has checked itself, its CHECK record. */
  trampoline: number;
  /** It compares its bytes whenever it is entered (selfChecks). */
  checks: boolean;
  /** There is room for ROOMY instructions at its place. */
  readonly roomy: boolean;
  /** The region that is entered here. */
  region: Region | undefined;
  /** Regions with this block in them. */
  regions: ReadonlySet<Region>;
  /** Of instructions that have been rewritten: what translated code reads from their records (LOADED, by index). */
  loaded: Map<number, number> | undefined;
  /** Stores since it was last seen to have run, and what it had run by then. */
  idleStores: number;
  ranBefore: number;
  /** A computed jump has led here. */
  computed: boolean;
  /** Times it has been found hot while a region held it already. */
  passedOver: number;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** `block`, which checks itself, is what `made` is from now on, in the same records; and `made` what it was, which ran `hits` times. */
export function exchange(block: Mutable<Block>, made: Mutable<Block>, hits: number): void {
  [block.id, made.id] = [made.id, block.id];
  [block.cs, made.cs] = [made.cs, block.cs];
  [block.hardwareCs, made.hardwareCs] = [made.hardwareCs, block.hardwareCs];
  [block.secondPage, made.secondPage] = [made.secondPage, block.secondPage];
  [block.length, made.length] = [made.length, block.length];
  [block.records, made.records] = [made.records, block.records];
  [block.last, made.last] = [made.last, block.last];
  [block.instructions, made.instructions] = [made.instructions, block.instructions];
  [block.endReason, made.endReason] = [made.endReason, block.endReason];
  [block.attention, made.attention] = [made.attention, block.attention];
  block.loaded = undefined;
  block.attended = block.idleStores = block.ranBefore = block.passedOver = 0;
  made.attended = hits;
  made.valid = false;
  made.invalidatedBy = 'code written';
}
