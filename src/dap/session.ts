/** A debug session: a table from command to handler, the guests that were launched, and the events that tell the client about them. */
import { DebugSession, Event, Response } from '@vscode/debugadapter';
import type { DebugProtocol } from '@vscode/debugprotocol';
import type { MachineFactory } from '../debug/debugMachine';
import type { DebugTarget } from '../debug/target';
import type { VmNotice } from '../protocol/keptVms';
import { FINAL_EVENT, FINAL_REQUESTS, type SourceLocation } from '../protocol/requests';
import { breakpointBody } from './breakpointBody';
import { alreadyLaunched, badFrame, cancelled, ERROR_CODES, nothingToAttachTo, notLaunched, type RequestError, toRequestError, unknownRequest } from './errors';
import { Guest, type GuestHost } from './guest';
import { HANDLERS } from './handlers';
import { KeptGuests } from './keptGuests';
import { launchGuests } from './launching';
import { LoadedNews } from './loadedNews';
import { ProgressReports } from './progress';
import { clientLine, type Client, FRAMES_PER_THREAD, type SessionContext, sourceOf, standing } from './sessionContext';
import { LocationReferences } from './locationReferences';
import { VariableHandles } from './variableHandles';

/** Where the session is: what was left behind there, and whether it may leave something itself. */
export interface SessionPlace {
  readonly keeps: () => boolean;
  readonly kept?: KeptGuests;
  /** What became of the guests. */
  readonly tell: (state: VmNotice['state'], guests: readonly Guest[]) => void;
}

const ALONE: SessionPlace = { keeps: () => false, tell: () => {} };

const COMMANDS = new Map(HANDLERS.map((h) => [h.command, h]));

export class RingsideSession extends DebugSession implements SessionContext, GuestHost {
  client: Client = { lineBase: 1, columnBase: 1, memoryEvents: false, invalidatedEvents: false, progress: false };
  readonly handles = new VariableHandles();
  readonly locations = new LocationReferences();
  readonly progress = new ProgressReports(this);
  readonly #news = new LoadedNews(this);
  readonly #createMachine: MachineFactory;
  #guests: readonly Guest[] = [];
  #focus: Guest | undefined;
  #attributes: Readonly<Record<string, unknown>> = {};
  #command = '';
  #requestId = 0;
  #afterResponse: (() => void)[] = [];
  #queue: Promise<void> = Promise.resolve();
  #exitCode: number | undefined;
  /** Sequence numbers of requests that are not to be begun any more. */
  readonly #cancelled = new Set<unknown>();
  /** Arguments of the last of each of these requests. */
  readonly #asked = new Map<string, object>();
  #ended = false;
  #attached = false;
  #left: KeptGuests | undefined;

  constructor(
    createMachine: MachineFactory,
    private readonly place: SessionPlace = ALONE,
  ) {
    super();
    this.#createMachine = createMachine;
  }

  get requestId(): number {
    return this.#requestId;
  }

  get keeps(): boolean {
    return this.place.keeps();
  }

  get attached(): boolean {
    return this.#attached;
  }

  /** What it has left behind: then it is over. */
  get left(): KeptGuests | undefined {
    return this.#left;
  }

  get guests(): readonly Guest[] {
    if (this.#guests.length === 0) throw notLaunched(this.#command);
    return this.#guests.filter((guest) => !guest.over);
  }

  get focus(): Guest {
    if (!this.#focus) throw notLaunched(this.#command);
    return this.#focus;
  }

  get target(): DebugTarget {
    return this.focus.target;
  }

  get stoppedTarget(): DebugTarget {
    return standing(this.focus, this.#command);
  }

  get unattended(): boolean {
    return this.#attributes.noDebug === true;
  }

  get several(): boolean {
    return this.#guests.length > 1;
  }

  guestOf(threadId: number | undefined): Guest {
    if (threadId === undefined) return this.focus;
    const guest = this.guests.find((g) => g.threadId === threadId) ?? (this.focus.threadId === threadId ? this.focus : undefined);
    if (!guest) throw badFrame(`threadId ${threadId} is no thread of this session: expected one of ${this.guests.map((g) => g.threadId).join(', ')}.`);
    return guest;
  }

  frameOf(frameId: number): { guest: Guest; index: number } {
    const place = frameId - 1;
    return { guest: this.guestOf(Math.floor(place / FRAMES_PER_THREAD) + 1), index: place % FRAMES_PER_THREAD };
  }

  attend(guest: Guest): void {
    this.#focus = guest;
  }

  /** Takes any JSON value: what is no request is answered, not trusted. */
  override handleMessage(message: DebugProtocol.ProtocolMessage): void {
    const { type, seq, command } = (message ?? {}) as Partial<DebugProtocol.Request>;
    if (type === 'response' || (type as string) === 'event') return;
    if (type === 'request' && typeof command === 'string' && Number.isSafeInteger(seq)) {
      this.dispatchRequest(message as DebugProtocol.Request);
      return;
    }
    const request = { seq: Number.isSafeInteger(seq) ? (seq as number) : 0, type: 'request', command: typeof command === 'string' ? command : '' };
    this.#refuse(new Response(request), badFrame('A message must be an object with type "request", an integer seq and a command.'));
  }

  /** One request at a time, in the order they came; `cancel` overtakes those that wait. */
  protected override dispatchRequest(request: DebugProtocol.Request): void {
    if (request.command === 'cancel') this.#cancel((request.arguments ?? {}) as DebugProtocol.CancelArguments);
    this.#queue = this.#queue.then(() => this.#answer(request));
  }

  /** What is going on notices by itself; what waits will not be begun. Wrong arguments are complained of in their turn. */
  #cancel({ progressId, requestId }: DebugProtocol.CancelArguments): void {
    this.progress.cancel({ progressId, requestId });
    if (requestId !== this.#requestId) this.#cancelled.add(requestId);
  }

  /** The client is gone. */
  override shutdown(): void {
    for (const guest of this.#guests) guest.dispose();
  }

  async #answer(request: DebugProtocol.Request): Promise<void> {
    const response: DebugProtocol.Response = new Response(request);
    this.#command = request.command;
    this.#requestId = request.seq;
    this.#afterResponse = [];
    try {
      if (this.#cancelled.delete(request.seq)) throw cancelled();
      const handler = COMMANDS.get(request.command);
      if (!handler) throw unknownRequest(request.command);
      const body = await handler.answer(this, request.arguments);
      if (FINAL_REQUESTS.some((name) => name === request.command)) this.#asked.set(request.command, request.arguments ?? {});
      if (body !== undefined) response.body = body;
      this.sendResponse(response);
    } catch (error) {
      this.#refuse(response, toRequestError(error, request.command));
    }
    for (const action of this.#afterResponse) action();
  }

  #refuse(response: DebugProtocol.Response, error: RequestError): void {
    // Braces would be taken for the format's variables.
    const message = { id: ERROR_CODES[error.code], format: '{_message}', variables: { _message: error.message }, showUser: error.showUser };
    response.success = false;
    response.message = error.message;
    response.body = { error: message };
    this.sendResponse(response);
  }

  async launch(attributes: Readonly<Record<string, unknown>>): Promise<void> {
    if (this.#guests.length > 0) throw alreadyLaunched();
    this.#attributes = attributes;
    await this.#newGuests();
    this.#introduce('launch');
    this.place.tell('debugged', this.#guests);
  }

  /** Each VM is a process to the client: one inside this adapter, without a number of the operating system's. */
  #introduce(startMethod: 'launch' | 'attach'): void {
    this.afterResponse(() => {
      for (const { config } of this.#guests) this.send('process', { name: config.program, isLocalProcess: true, startMethod, pointerSize: 32 });
    });
  }

  attach(): void {
    if (this.#guests.length > 0) throw alreadyLaunched();
    const { kept } = this.place;
    if (!kept || kept.alive.length === 0) throw nothingToAttachTo(this.keeps);
    this.#attached = true;
    this.#attributes = kept.attributes;
    this.#guests = kept.guests;
    kept.handTo(this);
    this.#focus = this.guests[0];
    this.#introduce('attach');
    this.place.tell('debugged', this.#guests);
  }

  async leave(suspend: boolean): Promise<void> {
    const alive = this.#guests.filter((guest) => !guest.over);
    if (alive.length === 0) return this.end();
    let settled = false;
    const tell = () => settled && this.place.tell(kept.alive.length > 0 ? 'kept' : 'over', alive);
    const kept = new KeptGuests(alive, this.#attributes, this.unattended, tell);
    await Promise.all(alive.map((guest) => guest.leave(suspend)));
    settled = true;
    tell();
    this.afterResponse(() => (this.#left = kept));
  }

  async restart(attributes: Readonly<Record<string, unknown>> | undefined): Promise<void> {
    if (attributes && attributes.request !== 'attach') this.#attributes = attributes;
    const before = this.#guests;
    if (before.length === 0) throw notLaunched(this.#command);
    for (const guest of before) if (!guest.over) guest.target.machine.persist?.(); // the new machines read the same files
    const stood = before.filter((guest) => !guest.over && !guest.target.running).map(({ threadId }) => threadId);
    await this.#newGuests();
    this.#introduce('launch');
    this.#exchange(before, stood);
    for (const guest of before) guest.dispose();
    this.#guests.forEach((guest, i) => {
      const moved = guest.target.breakpoints.adopt((before[i] ?? before[0]).target.breakpoints);
      if (i === 0) for (const breakpoint of moved) this.send('breakpoint', { reason: 'changed', breakpoint: breakpointBody(this, breakpoint) });
    });
    this.place.tell('debugged', this.#guests);
  }

  /** Nobody asked that what stood go on: the client has to hear of it, and of threads that are gone or new. */
  #exchange(before: readonly Guest[], stood: readonly number[]): void {
    const old = before.filter((guest) => !guest.over).map(({ threadId }) => threadId);
    this.afterResponse(() => {
      const now = this.#guests.map(({ threadId }) => threadId);
      for (const threadId of old) if (!now.includes(threadId)) this.send('thread', { reason: 'exited', threadId });
      for (const threadId of now) if (!old.includes(threadId)) this.send('thread', { reason: 'started', threadId });
      for (const threadId of stood) if (now.includes(threadId)) this.send('continued', { threadId, allThreadsContinued: now.length === 1 });
    });
  }

  async #newGuests(): Promise<void> {
    const before = this.#guests;
    const launched = await launchGuests(this, this.#createMachine, this.#attributes);
    this.#guests = launched.map(({ name, config, target }, i) => new Guest(this, i + 1, name, config, target, before[i]));
    this.#focus = this.#guests[0];
  }

  begin(): void {
    for (const guest of this.guests) guest.begin();
    this.#news.tell(this.guests);
  }

  end(): void {
    if (this.#ended) return;
    for (const guest of this.#guests) guest.end();
    this.#terminate();
  }

  guestEnded(guest: Guest, code?: number): void {
    if (code !== undefined) this.#exitCode = this.#exitCode || code;
    const [next] = this.guests;
    if (!next) return this.#terminate();
    this.send('thread', { reason: 'exited', threadId: guest.threadId });
    this.#news.tell(this.guests);
    if (this.#focus === guest) this.#focus = next;
  }

  #terminate(): void {
    if (this.#ended) return;
    this.#ended = true;
    for (const [request, args] of this.#asked) this.#sendLast(request, args);
    this.place.tell('over', []);
    if (this.#exitCode !== undefined) this.send('exited', { exitCode: this.#exitCode });
    this.send('terminated');
  }

  /** A VM that failed may have nothing more to say. */
  #sendLast(request: string, args: object): void {
    try {
      this.send(FINAL_EVENT, { request, body: COMMANDS.get(request)?.answer(this, { ...args, threadId: this.#focus?.threadId }) });
    } catch {
      // the client keeps what it has
    }
  }

  send(event: string, body?: object): void {
    if (this.#left) return;
    this.sendEvent(new Event(event, body));
  }

  output(text: string, category: 'console' | 'stdout' | 'stderr' | 'important', at?: SourceLocation & { readonly column?: number }): void {
    const place = at && { source: sourceOf(at.path), line: clientLine(this, at.line), column: (at.column ?? 1) - 1 + this.client.columnBase };
    this.send('output', { category, output: text, ...place });
  }

  afterResponse(action: () => void): void {
    this.#afterResponse.push(action);
  }
}
