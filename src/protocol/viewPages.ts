/** What the page of a view and its host in the extension say to one another. A page asks the session through its host, by DAP requests only. */
import type { CustomRequests, OfVm, SourceLocation } from './requests';

export type PageName = 'block' | 'exits' | 'system' | 'memory';

/** The requests of each page; its host lets no others through. */
export const PAGE_REQUESTS: Readonly<Record<PageName, readonly (keyof PageRequests)[]>> = {
  block: ['ringside/blocks', 'ringside/block'],
  exits: ['ringside/exitSummary', 'ringside/exits'],
  system: ['ringside/system', 'ringside/pageWalk', 'ringside/vmcs', 'evaluate', 'setExpression'],
  memory: ['readMemory', 'writeMemory', 'evaluate', 'ringside/pageWalk'],
};

/** What of the DAP's own requests pages use. `threadId`: of which VM. */
interface StandardRequests {
  readMemory: { args: OfVm & { memoryReference: string; offset?: number; count: number }; body: { address: string; data?: string; unreadableBytes?: number } };
  writeMemory: { args: OfVm & { memoryReference: string; offset?: number; data: string }; body: { bytesWritten?: number } };
  evaluate: { args: OfVm & { expression: string; context?: string }; body: { result: string; memoryReference?: string } };
  setExpression: { args: OfVm & { expression: string; value: string }; body: { value: string } };
}

/** Request name → arguments and response body. */
export type PageRequests = CustomRequests & StandardRequests;

export interface SessionNews {
  readonly state: 'none' | 'running' | 'stopped' | 'ended';
  readonly name?: string;
  /** Another number whenever what the page shows may have changed. */
  readonly change: number;
  /** Another number whenever the guest has run in between. */
  readonly stop: number;
}

/** What a page is opened for. */
export interface PageArguments {
  /** Number of a block. */
  readonly block?: number;
  /** An expression: an address of memory, or of a page walk. */
  readonly address?: string;
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
