/** A debug session: a table from command to handler, one guest, and the events that tell the client about it. */
import { DebugSession, Event, Response } from '@vscode/debugadapter';
import type { DebugProtocol } from '@vscode/debugprotocol';
import type { MachineFactory } from '../debug/debugMachine';
import { EventReport } from '../debug/eventReport';
import { DebugTarget, type TargetStop } from '../debug/target';
import type { Configuration } from '../machine/configuration';
import type { SourceLocation } from '../protocol/requests';
import { breakpointBody } from './breakpointBody';
import { alreadyLaunched, badFrame, ERROR_CODES, guestRunning, notLaunched, type RequestError, toRequestError, unknownRequest } from './errors';
import { HANDLERS } from './handlers';
import { buildMachine, checkAttributes } from './launching';
import { UserError } from '../base/userError';
import { clientLine, type Client, type SessionContext, sourceOf } from './sessionContext';
import { exceptionInfoBody, stoppedBody } from './stops';
import { VariableHandles } from './variableHandles';

const COMMANDS = new Map(HANDLERS.map((h) => [h.command, h]));

export class RingsideSession extends DebugSession implements SessionContext {
  client: Client = { lineBase: 1, columnBase: 1, memoryEvents: false, invalidatedEvents: false };
  readonly handles = new VariableHandles();
  report: EventReport | undefined;
  readonly #createMachine: MachineFactory;
  #target: DebugTarget | undefined;
  #attributes: Readonly<Record<string, unknown>> = {};
  #config: Configuration | undefined;
  #command = '';
  #afterResponse: (() => void)[] = [];
  #queue: Promise<void> = Promise.resolve();
  #guestText = '';
  #ended = false;

  constructor(createMachine: MachineFactory) {
    super();
    this.#createMachine = createMachine;
  }

  get target(): DebugTarget {
    if (!this.#target) throw notLaunched(this.#command);
    return this.#target;
  }

  get stoppedTarget(): DebugTarget {
    if (this.target.running) throw guestRunning(this.#command);
    return this.target;
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

  /** One request at a time, in the order they came. */
  protected override dispatchRequest(request: DebugProtocol.Request): void {
    this.#queue = this.#queue.then(() => this.#answer(request));
  }

  /** The client is gone. */
  override shutdown(): void {
    this.#dispose();
  }

  /** The guest's disks may refuse to be written: the user has to hear of it. */
  #dispose(): void {
    try {
      this.#target?.dispose();
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      this.output(`${error.message}\n`, 'important');
    }
  }

  async #answer(request: DebugProtocol.Request): Promise<void> {
    const response: DebugProtocol.Response = new Response(request);
    this.#command = request.command;
    this.#afterResponse = [];
    try {
      const handler = COMMANDS.get(request.command);
      if (!handler) throw unknownRequest(request.command);
      const body = await handler.answer(this, request.arguments);
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
    if (this.#target) throw alreadyLaunched();
    this.#attributes = attributes;
    this.#attach(await this.#newTarget());
  }

  async restart(attributes: Readonly<Record<string, unknown>> | undefined): Promise<void> {
    this.#attributes = attributes ?? this.#attributes;
    const before = this.target;
    before.machine.persist?.(); // the new machine reads the same files
    const target = await this.#newTarget();
    before.dispose();
    const moved = target.breakpoints.adopt(before.breakpoints);
    this.#attach(target);
    for (const breakpoint of moved) this.send('breakpoint', { reason: 'changed', breakpoint: breakpointBody(this, breakpoint) });
  }

  async #newTarget(): Promise<DebugTarget> {
    const config = checkAttributes(this.#attributes);
    const target = new DebugTarget(await buildMachine(this, this.#createMachine, config), config.maxInstructions);
    this.#config = config;
    return target;
  }

  #attach(target: DebugTarget): void {
    this.#target = target;
    this.#guestText = '';
    const report = new EventReport(target.vm, this.#attributes.noDebug !== true);
    this.report = report;
    const decoder = new TextDecoder();
    target.machine.serial.on((bytes) => (this.#guestText += decoder.decode(bytes, { stream: true })));
    target.logged.on(({ text, linear }) => this.output(`${text}\n`, 'console', target.sourceMap.location(linear)));
    target.sliced.on(() => {
      this.#flush();
      for (const line of report.take()) this.output(`${line.text}\n`, line.category, line.linear === undefined ? undefined : target.sourceMap.location(line.linear));
    });
    target.stopped.on((stop) => this.#stopped(target, stop));
  }

  #flush(): void {
    const text = this.#guestText;
    this.#guestText = '';
    if (text) this.output(text, 'stdout');
  }

  #stopped(target: DebugTarget, stop: TargetStop): void {
    if (target !== this.#target) return;
    const unattended = this.#attributes.noDebug === true;
    if (stop.kind === 'exited') return this.end(stop.code);
    if (stop.kind === 'halted' && (unattended || this.#config?.onHalt === 'exit')) return this.end(0);
    if (stop.kind === 'failed') this.output(`${stop.error instanceof Error ? stop.error.stack : stop.error}\n`, 'stderr');
    const nobodyAsked = stop.kind === 'tripleFault' && stop.hit.length === 0;
    if (nobodyAsked || (unattended && exceptionInfoBody(stop))) {
      this.output(`${exceptionInfoBody(stop)?.description}\n`, 'stderr');
      return this.end(1);
    }
    this.send('stopped', stoppedBody(stop));
  }

  begin(): void {
    const { target } = this;
    if (this.#config?.stopOnEntry && this.#attributes.noDebug !== true) target.stopOnEntry();
    else target.resume();
  }

  end(exitCode?: number): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#flush();
    if (this.report) this.output(`${this.report.summary()}\n`, 'console');
    this.#dispose();
    if (exitCode !== undefined) this.send('exited', { exitCode });
    this.send('terminated');
  }

  send(event: string, body?: object): void {
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
