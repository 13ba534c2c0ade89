/**
 * One guest of a session: a VM under the debugger, which the client sees as a thread. It runs, stops and ends by itself;
 * what it prints and how it stopped goes out through the session.
 */
import { UserError } from '../base/userError';
import { EventReport } from '../debug/eventReport';
import type { DebugTarget, TargetStop } from '../debug/target';
import type { Configuration } from '../machine/configuration';
import type { SessionContext } from './sessionContext';
import { Streams } from './streams';
import { exceptionInfoBody, standingBody, stoppedBody } from './stops';

/** What a guest may ask of its session. */
export interface GuestHost extends Pick<SessionContext, 'send' | 'output'> {
  /** Run without debugging: nobody will look at a stop. */
  readonly unattended: boolean;
  /** Several guests: text needs the name of the one that wrote it. */
  readonly several: boolean;
  /** It stopped: what the user looks at is this one now. */
  attend(guest: Guest): void;
  /** It is over; `code` when it said one. */
  guestEnded(guest: Guest, code?: number): void;
}

export class Guest {
  readonly report: EventReport;
  readonly streams: Streams;
  #host: GuestHost;
  #text = '';
  #begun = false;
  #over = false;

  constructor(
    host: GuestHost,
    readonly threadId: number,
    readonly name: string,
    readonly config: Configuration,
    readonly target: DebugTarget,
    before?: Guest,
  ) {
    this.#host = host;
    this.streams = new Streams(target, threadId, (event, body) => this.host.send(event, body), before?.streams);
    const report = new EventReport(target.vm, !host.unattended);
    this.report = report;
    const decoder = new TextDecoder();
    target.machine.serial.on((bytes) => (this.#text += decoder.decode(bytes, { stream: true })));
    target.logged.on(({ text, linear }) => this.#say(`${text}\n`, 'console', linear));
    target.sliced.on(() => {
      this.#flush(false);
      this.#noteShutdowns();
      for (const line of report.take()) this.#say(`${line.text}\n`, line.category, line.linear);
    });
    target.stopped.on((stop) => this.#stopped(stop));
  }

  #shutdowns = 0;

  /** A triple fault that reset the machine: the user has to hear why. */
  #noteShutdowns(): void {
    const { eventCounts, lastShutdown } = this.target.vm;
    if (!lastShutdown || eventCounts.tripleFault === this.#shutdowns) return;
    this.#shutdowns = eventCounts.tripleFault;
    this.#say(`The processor shut down; the machine was reset.\n${lastShutdown.join('\n')}\n`, 'stderr');
  }

  /** Ended: its thread is gone. */
  get over(): boolean {
    return this.#over;
  }

  get host(): GuestHost {
    return this.#host;
  }

  /** Another one hears of it from now on. What the one before asked for, breakpoints and streams, is gone with it. */
  moveTo(host: GuestHost): void {
    this.target.breakpoints.clear();
    this.streams.subscribe({ screen: false, serial: false });
    this.#host = host;
  }

  /** Start; or, if it has been, say where it stands. */
  begin(): void {
    if (this.#begun) return this.#show();
    this.#begun = true;
    if (this.config.stopOnEntry && !this.host.unattended) this.target.stopOnEntry();
    else this.target.resume();
  }

  #show(): void {
    const { target } = this;
    if (target.running) return;
    this.host.attend(this);
    this.host.send('stopped', { threadId: this.threadId, allThreadsStopped: !this.host.several, ...standingBody(target.lastStop) });
  }

  /** Nobody looks at it any more: it runs on, or stands. */
  async leave(suspend: boolean): Promise<void> {
    if (this.target.ended) return this.end();
    if (suspend) return this.target.halt();
    this.#begun = true;
    this.target.resume();
  }

  /** Last words; then the machine is gone. */
  end(code?: number): void {
    if (this.#over) return;
    this.#over = true;
    this.#flush(true);
    this.streams.flush(true);
    this.#say(`${this.report.summary()}\n`, 'console');
    this.dispose();
    this.host.guestEnded(this, code);
  }

  /** The guest's disks may refuse to be written: the user has to hear of it. */
  dispose(): void {
    this.#over = true;
    try {
      this.target.dispose();
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      this.#say(`${error.message}\n`, 'important');
    }
  }

  #stopped(stop: TargetStop): void {
    if (this.#over) return;
    const { unattended } = this.host;
    if (stop.kind === 'exited') return this.end(stop.code);
    if (stop.kind === 'halted' && (unattended || this.config.onHalt === 'exit')) {
      if (stop.firmware) this.#say(`${stop.firmware}\n`, 'stderr');
      return this.end(0);
    }
    if (stop.kind === 'failed') this.#say(`${stop.error instanceof Error ? stop.error.stack : stop.error}\n`, 'stderr');
    const nobodyAsked = stop.kind === 'tripleFault' && stop.hit.length === 0;
    const exception = exceptionInfoBody(stop);
    if (exception && (nobodyAsked || unattended)) {
      this.#say(`${exception.exceptionId}. ${exception.description}\n`, 'stderr');
      return this.end(1);
    }
    this.#flush(true);
    this.streams.flush(true);
    this.host.attend(this);
    this.host.send('stopped', { threadId: this.threadId, allThreadsStopped: !this.host.several, ...stoppedBody(stop) });
  }

  #say(text: string, category: 'console' | 'stdout' | 'stderr' | 'important', linear?: number): void {
    const named = this.host.several ? text.replace(/^(?=.)/gm, `[${this.name}] `) : text;
    this.host.output(named, category, linear === undefined ? undefined : this.target.sourceMap.location(linear));
  }

  /** Of several guests whole lines only, until one stops: their text would mix. */
  #flush(all: boolean): void {
    const end = all || !this.host.several ? this.#text.length : this.#text.lastIndexOf('\n') + 1;
    const text = this.#text.slice(0, end);
    this.#text = this.#text.slice(end);
    if (text) this.#say(text, 'stdout');
  }
}
