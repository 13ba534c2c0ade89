/** The guest's screen, as views and scripts see it. */

/** The text screen as characters: code page 437 as Unicode, row-major. No rows in a graphics mode. */
export interface ScreenText {
  readonly columns: number;
  readonly rows: number;
  readonly lines: readonly string[];
  readonly cursor: { readonly column: number; readonly row: number; readonly visible: boolean };
}
