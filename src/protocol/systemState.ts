/** The system state of a guest, taken apart: registers bit by bit, descriptor tables, the task, interrupt controllers and timers. */

/** Bits `low` and up of a register, by the manual's name. */
export interface RegisterField {
  readonly name: string;
  readonly meaning: string;
  readonly low: number;
  /** Bits wide. */
  readonly width: number;
  readonly value: number;
}

export interface SystemRegister {
  /** As expressions name it. */
  readonly name: string;
  readonly title: string;
  readonly value: number;
  /** What the silicon holds, where the guest believes something else. */
  readonly hardware?: number;
  /** Why, in words. */
  readonly hardwareMeaning?: string;
  readonly fields: readonly RegisterField[];
}

export interface SegmentState {
  readonly name: string;
  readonly selector: number;
  readonly base: number;
  readonly limit: number;
  /** What the descriptor cache says, in words. */
  readonly text: string;
  /** The selector that the silicon holds, where the guest believes in another, and why. */
  readonly hardware?: number;
  readonly hardwareMeaning?: string;
}

export interface TableEntryState {
  readonly name: string;
  readonly text: string;
  /** Guest-linear address. */
  readonly linear: number;
}

export interface DescriptorTableState {
  readonly name: 'GDT' | 'IDT' | 'LDT';
  readonly base: number;
  readonly limit: number;
  /** The table that the silicon uses, where that is another, and what it is. */
  readonly hardware?: { readonly base: number; readonly limit: number; readonly meaning: string };
  /** Entries that the limit allows; those that are there to see. */
  readonly total: number;
  readonly entries: readonly TableEntryState[];
}

/** Name, value as text, and what it means. */
export interface StateRow {
  readonly name: string;
  readonly value: string;
  readonly meaning?: string;
}

export interface TaskState {
  readonly selector: number;
  readonly base: number;
  readonly limit: number;
  readonly bits: 16 | 32;
  readonly fields: readonly StateRow[];
}

export interface DeviceRows {
  readonly name: string;
  readonly title: string;
  readonly rows: readonly StateRow[];
}

export interface SystemResponse {
  /** `protected, ring 0, paging` */
  readonly mode: string;
  readonly registers: readonly SystemRegister[];
  readonly segments: readonly SegmentState[];
  readonly tables: readonly DescriptorTableState[];
  /** When TR holds a task. */
  readonly task?: TaskState;
  readonly devices: readonly DeviceRows[];
}
