/** A wire of the guest as a terminal: what it prints is shown, what is typed goes to it. */
import * as vscode from 'vscode';
import { SERIAL_PORTS, type SerialEvent, type SerialPort } from '../protocol/serial';
import { COMMANDS } from './identifiers';
import type { SessionTracker } from './sessionTracker';

/** Characters of each wire kept for a terminal that is opened late. */
const KEPT = 1 << 16;

const describe: Readonly<Record<SerialPort, () => string>> = {
  COM1: () => vscode.l10n.t('serial port 1'),
  COM2: () => vscode.l10n.t('serial port 2'),
  E9h: () => vscode.l10n.t('debug console, output only'),
  hvc0: () => vscode.l10n.t('virtio console'),
  hypercall: () => vscode.l10n.t('console of Ringside’s hypercalls'),
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
    this.#show(text);
  }

  close(): void {
    this.left();
  }

  /** What came over the wire, UTF-8: a character a byte. */
  print(bytes: string): void {
    this.#show(fromBytes(bytes, this.#decoder));
  }

  /** A line feed alone starts a line, as the guest that prints to a log means it. */
  #show(text: string): void {
    if (!this.#opened) {
      this.#waiting += text;
      return;
    }
    this.#written.fire(text.replace(/\n/g, (_, at: number) => ((at > 0 ? text[at - 1] : this.#last) === '\r' ? '\n' : '\r\n')));
    this.#last = text.at(-1) ?? this.#last;
  }

  /** The guest is gone: the next key closes the terminal. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#show(`\r\n\x1b[2m[${vscode.l10n.t('the guest is gone; press a key to close')}]\x1b[0m\r\n`);
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

/** A VM of a session, as `threads` names it. */
interface Vm {
  readonly id: number;
  readonly name: string;
}

const vmsOf = async (session: vscode.DebugSession): Promise<Vm[]> => ((await session.customRequest('threads')) as { threads: Vm[] }).threads;

class SerialLines implements vscode.Disposable {
  readonly #disposables: vscode.Disposable[];
  /** By session, then by VM and port. */
  readonly #lines = new Map<string, Map<string, Line>>();

  constructor(private readonly tracker: SessionTracker) {
    this.#disposables = [
      tracker.onDidSend(({ session, event, body }) => event === 'ringside/serial' && this.#print(session.id, body as SerialEvent)),
      tracker.onDidEnd((session) => this.#end(session.id)),
    ];
  }

  #line(session: string, thread: number, port: SerialPort): Line {
    const lines = this.#lines.get(session) ?? new Map<string, Line>();
    this.#lines.set(session, lines);
    const key = `${thread} ${port}`;
    const line = lines.get(key) ?? { text: '', terminals: new Set() };
    lines.set(key, line);
    return line;
  }

  #print(session: string, { threadId, port, text }: SerialEvent): void {
    const line = this.#line(session, threadId, port);
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
    const vms = await vmsOf(session);
    const chosen = await this.#choose(vms);
    if (!chosen) return;
    const { vm, port } = chosen;
    const line = this.#line(session.id, vm.id, port);
    const terminal = new SerialTerminal(
      (serial) => {
        session.customRequest('ringside/input', { threadId: vm.id, serial, port }).then(undefined, () => terminal.end());
      },
      () => line.terminals.delete(terminal),
    );
    terminal.print(line.text);
    line.terminals.add(terminal);
    vscode.window.createTerminal({ name: `${port}: ${vms.length > 1 ? vm.name : session.name}`, pty: terminal, iconPath: new vscode.ThemeIcon('plug') }).show();
    await session.customRequest('ringside/subscribe', { threadId: vm.id, serial: true });
  }

  /** The ports of the VM that is looked at first. */
  async #choose(vms: readonly Vm[]): Promise<{ readonly vm: Vm; readonly port: SerialPort } | undefined> {
    const { threadId } = this.tracker;
    const ordered = [...vms].sort((a, b) => Number(b.id === threadId) - Number(a.id === threadId));
    const items = ordered.flatMap((vm) => SERIAL_PORTS.map((port) => ({ label: port, description: `${describe[port]()}${vms.length > 1 ? ` · ${vm.name}` : ''}`, vm, port })));
    return vscode.window.showQuickPick(items, { title: vscode.l10n.t('Open Serial Terminal'), matchOnDescription: true });
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
