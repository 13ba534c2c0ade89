/** A wire of the guest as a terminal: what it prints is shown, what is typed goes to it. */
import * as vscode from 'vscode';
import { SERIAL_PORTS, type SerialEvent, type SerialPort } from '../protocol/serial';
import { COMMANDS } from './identifiers';
import type { SessionTracker } from './sessionTracker';

/** Characters of each wire kept for a terminal that is opened late. */
const KEPT = 1 << 16;

const DESCRIPTIONS: Readonly<Record<SerialPort, string>> = {
  COM1: 'serial port 1',
  COM2: 'serial port 2',
  E9h: 'debug console, output only',
  hvc0: 'virtio console',
  hypercall: 'console of Ringside’s hypercalls',
};

const fromBytes = (text: string, decoder: TextDecoder): string =>
  decoder.decode(
    Uint8Array.from(text, (c) => c.charCodeAt(0)),
    { stream: true },
  );
const toBytes = (text: string): string => String.fromCharCode(...new TextEncoder().encode(text));

class SerialTerminal implements vscode.Pseudoterminal {
  readonly #written = new vscode.EventEmitter<string>();
  readonly #closed = new vscode.EventEmitter<void>();
  readonly #decoder = new TextDecoder();
  #opened = false;
  #ended = false;
  #waiting = '';
  #last = '';
  readonly onDidWrite = this.#written.event;
  readonly onDidClose = this.#closed.event;

  constructor(
    private readonly typed: (bytes: string) => void,
    private readonly left: () => void,
  ) {}

  open(): void {
    this.#opened = true;
    const text = this.#waiting;
    this.#waiting = '';
    this.print(text);
  }

  close(): void {
    this.left();
  }

  /** A line feed alone starts a line, as the guest that prints to a log means it. */
  print(bytes: string): void {
    if (!this.#opened) {
      this.#waiting += bytes;
      return;
    }
    const text = fromBytes(bytes, this.#decoder);
    this.#written.fire(text.replace(/\n/g, (_, at: number) => ((at > 0 ? text[at - 1] : this.#last) === '\r' ? '\n' : '\r\n')));
    this.#last = text.at(-1) ?? this.#last;
  }

  /** The session is over: the next key closes the terminal. */
  end(): void {
    this.#ended = true;
    this.#written.fire('\r\n\x1b[2m[the guest is gone; press a key to close]\x1b[0m\r\n');
  }

  handleInput(text: string): void {
    if (this.#ended) this.#closed.fire();
    else this.typed(toBytes(text));
  }
}

interface Line {
  text: string;
  readonly terminals: Set<SerialTerminal>;
}

class SerialLines implements vscode.Disposable {
  readonly #disposables: vscode.Disposable[];
  /** By session and port. */
  readonly #lines = new Map<string, Map<SerialPort, Line>>();

  constructor(private readonly tracker: SessionTracker) {
    this.#disposables = [
      tracker.onDidSend(({ session, event, body }) => event === 'ringside/serial' && this.#print(session.id, body as SerialEvent)),
      tracker.onDidEnd((session) => this.#end(session.id)),
    ];
  }

  #line(session: string, port: SerialPort): Line {
    const lines = this.#lines.get(session) ?? new Map<SerialPort, Line>();
    this.#lines.set(session, lines);
    const line = lines.get(port) ?? { text: '', terminals: new Set() };
    lines.set(port, line);
    return line;
  }

  #print(session: string, { port, text }: SerialEvent): void {
    const line = this.#line(session, port);
    line.text = (line.text + text).slice(-KEPT);
    for (const terminal of line.terminals) terminal.print(text);
  }

  #end(session: string): void {
    for (const { terminals } of this.#lines.get(session)?.values() ?? []) for (const terminal of terminals) terminal.end();
    this.#lines.delete(session);
  }

  async open(): Promise<void> {
    const session = this.tracker.current;
    if (!session) {
      void vscode.window.showInformationMessage(vscode.l10n.t('No guest is running: its serial ports are there once it is.'));
      return;
    }
    const items = SERIAL_PORTS.map((port) => ({ label: port, description: DESCRIPTIONS[port], port }));
    const chosen = await vscode.window.showQuickPick(items, { title: vscode.l10n.t('Open Serial Terminal') });
    if (!chosen) return;
    const { port } = chosen;
    const line = this.#line(session.id, port);
    const terminal = new SerialTerminal(
      (serial) => void session.customRequest('ringside/input', { serial, port }),
      () => line.terminals.delete(terminal),
    );
    terminal.print(line.text);
    line.terminals.add(terminal);
    vscode.window.createTerminal({ name: `${port}: ${session.name}`, pty: terminal, iconPath: new vscode.ThemeIcon('plug') }).show();
    await session.customRequest('ringside/subscribe', { serial: true });
  }

  dispose(): void {
    for (const disposable of this.#disposables) disposable.dispose();
  }
}

export function registerSerial(context: vscode.ExtensionContext, tracker: SessionTracker): void {
  const lines = new SerialLines(tracker);
  context.subscriptions.push(
    lines,
    vscode.commands.registerCommand(COMMANDS.openSerial, () => lines.open()),
  );
}
