/** A row of a tree view as plain data: what the models make and the trees show. */
import type { SourceLocation } from '../protocol/requests';

export interface ViewRow {
  /** Stable between refreshes, so that selection and expansion survive a step. */
  readonly id: string;
  readonly label: string;
  readonly description?: string;
  /** Markdown. */
  readonly tooltip?: string;
  /** Product icon and, where it says something, its colour. */
  readonly icon?: string;
  readonly color?: string;
  readonly source?: SourceLocation;
  /** Number of the block that it is. */
  readonly block?: number;
  readonly children?: readonly ViewRow[];
}

/** What a view shows: rows, and a remark beside its title. */
export interface ViewContent {
  readonly rows: readonly ViewRow[];
  readonly remark?: string;
}
