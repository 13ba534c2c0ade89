/** What the page of the Guest Screen and its host in the extension say to one another. */
import type { ScreenResponse } from './screen';

export type ToScreenPage = { readonly screen: ScreenResponse } | { readonly save: true } | { readonly ended: true };

export type FromScreenPage =
  /** It can draw; `since`: the frame it has, 0 for none. */
  | { readonly ready: true }
  /** A frame was over another than the one shown: the whole picture, please. */
  | { readonly lost: true }
  | { readonly keys: string }
  | { readonly key: { readonly code: string; readonly down: boolean } }
  | { readonly mouse: { readonly dx: number; readonly dy: number; readonly wheel: number; readonly buttons: number } }
  /** The picture as a PNG file, base64; nothing when there is none. */
  | { readonly png: string | undefined };
