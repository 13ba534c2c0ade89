/** The guest's screen, as views and scripts see it. */

/** The text screen as characters: code page 437 as Unicode, row-major. No rows in a graphics mode. */
export interface ScreenText {
  readonly columns: number;
  readonly rows: number;
  readonly lines: readonly string[];
  readonly cursor: { readonly column: number; readonly row: number; readonly visible: boolean };
}

/** Part of the picture. */
export interface ScreenRectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** Colours as 0xRRGGBB, when there are at most 256 of them. */
  readonly palette?: readonly number[];
  /**
   * Base64, row-major: runs of bytes (base/runs) that are indices into the palette; without one, red, green and blue of
   * each pixel.
   */
  readonly pixels: string;
}

/** What has changed of the picture since another frame. */
export interface ScreenFrame {
  /** Grows with every change; of a restarted guest too. */
  readonly sequence: number;
  /** The frame that the rectangles are to be drawn over; 0: over nothing, they are the whole picture. */
  readonly since: number;
  readonly kind: 'text' | 'graphics';
  readonly width: number;
  readonly height: number;
  /** To be shown 4:3, whatever its pixels' shape: the VGA's own modes. */
  readonly fourByThree: boolean;
  readonly rectangles: readonly ScreenRectangle[];
}

export interface ScreenResponse extends ScreenText {
  /** When it was asked for by `since`. */
  readonly frame?: ScreenFrame;
}

/** Body of the event `ringside/screen`: it goes to those who subscribed, some times a second at most, when something changed. */
export interface ScreenEvent extends ScreenResponse {
  readonly threadId: number;
  readonly frame: ScreenFrame;
}
