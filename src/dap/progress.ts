/** What goes on for a while: the client shows it, and may cancel it. */
import { eventLoopYield } from '../debug/yieldToEventLoop';
import { cancelled } from './errors';
import type { SessionContext } from './sessionContext';

/** One such piece of work, as it sees itself. */
export class Progress {
  #cancelled = false;
  #percentage = -1;
  readonly #yield = eventLoopYield();
  #cancel: (() => void) | undefined;

  constructor(private readonly report: (percentage: number) => void) {}

  get cancelled(): boolean {
    return this.#cancelled;
  }

  /** So many of so many done. */
  at(done: number, of: number): void {
    const percentage = Math.min(100, Math.floor((100 * done) / Math.max(1, of)));
    if (percentage === this.#percentage) return;
    this.#percentage = percentage;
    this.report(percentage);
  }

  /** Let messages in. Throws when one of them has cancelled this. */
  async checkpoint(): Promise<void> {
    await this.#yield();
    if (this.#cancelled) throw cancelled();
  }

  /** What `work` comes to, unless this is cancelled before: then nobody has it but `late`. */
  async unlessCancelled<T>(work: Promise<T>, late: (result: T) => void): Promise<T> {
    const over = new Promise<never>((_, reject) => (this.#cancel = () => reject(cancelled())));
    if (this.#cancelled) this.#cancel?.();
    try {
      return await Promise.race([work, over]);
    } catch (error) {
      if (this.#cancelled) work.then(late, () => {});
      throw error;
    } finally {
      this.#cancel = undefined;
    }
  }

  cancel(): void {
    this.#cancelled = true;
    this.#cancel?.();
  }
}

interface Open {
  readonly progress: Progress;
  readonly requestId: number | undefined;
}

/** All that goes on in a session. */
export class ProgressReports {
  readonly #open = new Map<string, Open>();
  #count = 0;

  constructor(private readonly session: Pick<SessionContext, 'client' | 'send'>) {}

  /** `requestId`: the request that waits for it. A client that shows no progress may still cancel that request. */
  async during<T>(title: string, work: (progress: Progress) => Promise<T>, requestId?: number): Promise<T> {
    const progressId = `progress ${++this.#count}`;
    const progress = new Progress((percentage) => this.#tell('progressUpdate', { progressId, percentage }));
    this.#open.set(progressId, { progress, requestId });
    this.#tell('progressStart', { progressId, title, cancellable: true, ...(requestId !== undefined && { requestId }) });
    try {
      await progress.checkpoint();
      return await work(progress);
    } finally {
      this.#open.delete(progressId);
      this.#tell('progressEnd', { progressId, ...(progress.cancelled && { message: 'Cancelled' }) });
    }
  }

  #tell(event: string, body: object): void {
    if (this.session.client.progress) this.session.send(event, body);
  }

  /** What of it goes on no more has ended by itself meanwhile. */
  cancel({ progressId, requestId }: { readonly progressId?: string | undefined; readonly requestId?: number | undefined }): void {
    for (const [id, open] of this.#open) if (id === progressId || (requestId !== undefined && open.requestId === requestId)) open.progress.cancel();
  }
}
