/** A page's line to the session: questions through its host, and news of the session. */
import type { FromPage, PageArguments, PageRequests, SessionNews, ToPage } from '../protocol/viewPages';

interface Host {
  postMessage(message: FromPage): void;
  getState(): unknown;
  setState(state: unknown): void;
}

declare function acquireVsCodeApi(): Host;

interface Question {
  readonly resolve: (body: never) => void;
  readonly reject: (error: Error) => void;
}

/** `S`: what the page remembers while it cannot be seen. */
export class Connection<S extends object> {
  readonly #host = acquireVsCodeApi();
  readonly #questions = new Map<number, Question>();
  #asked = 0;
  #heard = false;
  session: SessionNews = { state: 'none', change: 0, stop: 0 };

  constructor(private readonly initial: S) {}

  /** Nobody is there who would answer. */
  get isOver(): boolean {
    return this.session.state === 'none' || this.session.state === 'ended';
  }

  /** What a page says that has nothing to show: nothing before it has heard of a session. */
  instead(texts: Readonly<Record<SessionNews['state'], string>>, problem = ''): string {
    if (!this.#heard) return '';
    return (!this.isOver && problem) || texts[this.session.state];
  }

  get state(): S {
    return { ...this.initial, ...(this.#host.getState() as Partial<S> | undefined) };
  }

  remember(change: Partial<S>): void {
    this.#host.setState({ ...this.state, ...change });
  }

  /** Listen, and say that the page is there. */
  open(onSession: () => void, onShow: (args: PageArguments) => void): void {
    window.addEventListener('message', ({ data }: MessageEvent<ToPage>) => {
      if ('session' in data) {
        this.session = data.session;
        this.#heard = true;
        onSession();
      } else if ('show' in data) onShow(data.show);
      else if ('answer' in data) this.#answered(data);
    });
    this.send({ ready: true });
  }

  /** Body of the response; what the session refuses is thrown. */
  ask<C extends keyof PageRequests>(command: C, args: PageRequests[C]['args']): Promise<PageRequests[C]['body']> {
    const number = ++this.#asked;
    return new Promise((resolve, reject) => {
      this.#questions.set(number, { resolve: resolve as (body: never) => void, reject });
      this.send({ ask: number, command, args });
    });
  }

  send(message: FromPage): void {
    this.#host.postMessage(message);
  }

  #answered({ answer, body, error }: Extract<ToPage, { answer: number }>): void {
    const question = this.#questions.get(answer);
    this.#questions.delete(answer);
    if (error === undefined) question?.resolve(body as never);
    else question?.reject(new Error(error));
  }
}

/** The latest of calls that overlap: one runs at a time, and once more when it was called meanwhile. */
export function latest(action: () => Promise<void>): () => void {
  let running = false;
  let again = false;
  return async () => {
    again = true;
    if (running) return;
    running = true;
    try {
      while (again) {
        again = false;
        await action();
      }
    } finally {
      running = false;
    }
  };
}
