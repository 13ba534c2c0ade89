/** What the page of a view and its host in the extension say to one another. A page asks the session through its host, by DAP requests only. */
import type { CustomRequests, SourceLocation } from './requests';

export type PageName = 'block' | 'exits';

/** The requests of each page; its host lets no others through. */
export const PAGE_REQUESTS: Readonly<Record<PageName, readonly (keyof PageRequests)[]>> = {
  block: ['ringside/blocks', 'ringside/block'],
  exits: ['ringside/exitSummary', 'ringside/exits'],
};

/** Request name → arguments and response body. */
export type PageRequests = CustomRequests;

export interface SessionNews {
  readonly state: 'none' | 'running' | 'stopped' | 'ended';
  readonly name?: string;
  /** Another number whenever what the page shows may have changed. */
  readonly change: number;
}

/** What a page is opened for. */
export interface PageArguments {
  /** Number of a block. */
  readonly block?: number;
}

export type ToPage = { readonly session: SessionNews } | { readonly show: PageArguments } | { readonly answer: number; readonly body?: unknown; readonly error?: string };

export type FromPage =
  | { readonly ready: true }
  /** Number of the question, for its answer. */
  | { readonly ask: number; readonly command: string; readonly args: object }
  | { readonly reveal: SourceLocation }
  /** Add a breakpoint: a linear address, or an event breakpoint's name. */
  | { readonly breakpoint: string }
  | { readonly open: PageName; readonly with: PageArguments };
