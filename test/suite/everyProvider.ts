/**
 * Every language provider called once on an example, in whatever extension host and bundle this runs; and a VM that is left
 * behind and attached to. Knows no test runner and nothing of Node's: the desktop's suite and the browser's both go through it.
 */
import * as vscode from 'vscode';

export interface Check {
  readonly name: string;
  readonly run: () => Promise<void>;
}

function ok(condition: unknown, what: string): asserts condition {
  if (!condition) throw new Error(what);
}

async function until<T>(what: string, probe: () => T | undefined | Promise<T | undefined>): Promise<T> {
  for (const end = Date.now() + 100_000; Date.now() < end; ) {
    const found = await probe();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
  throw new Error(`${what} does not come`);
}

const exampleUri = (): vscode.Uri => vscode.Uri.joinPath(vscode.workspace.workspaceFolders![0].uri, 'trap.asm');
const open = () => vscode.workspace.openTextDocument(exampleUri());
const ask = <T>(command: string, ...args: unknown[]) => vscode.commands.executeCommand<T>(`vscode.${command}`, ...args);

/** The place of `text` on the first line that matches. */
function find(document: vscode.TextDocument, pattern: RegExp, text: string): vscode.Position {
  const line = document
    .getText()
    .split(/\r?\n/)
    .findIndex((each) => pattern.test(each));
  ok(line >= 0, `no line like ${pattern}`);
  return new vscode.Position(line, document.lineAt(line).text.indexOf(text));
}

/** `expected` is asked of what the provider of `document` answers at `print` in a call. */
const atCall = (name: string, command: string, expected: (found: never, document: vscode.TextDocument) => boolean, ...args: unknown[]): Check => ({
  name,
  async run() {
    const document = await open();
    const found = await ask<never>(command, document.uri, find(document, /call print/, 'print'), ...args);
    ok(expected(found, document), `${name}: ${JSON.stringify(found)}`);
  },
});

const ofDocument = (name: string, command: string, expected: (found: never, document: vscode.TextDocument) => boolean): Check => ({
  name,
  async run() {
    const document = await open();
    await until(name, async () => {
      const found = await ask<never>(command, document.uri);
      return (found !== undefined && found !== null && expected(found, document)) || undefined;
    });
  },
});

const text = (hovers: readonly vscode.Hover[]): string => hovers.flatMap(({ contents }) => contents.map((c) => (typeof c === 'string' ? c : c.value))).join('\n');

const WRITING: readonly Check[] = [
  atCall('hover of a name', 'executeHoverProvider', (hovers: vscode.Hover[]) => text(hovers).includes('print:')),
  {
    name: 'hover of an instruction that is not executed here',
    async run() {
      const document = await vscode.workspace.openTextDocument({ language: 'ringside-asm', content: '    vmlaunch\n' });
      const hovers = await ask<vscode.Hover[]>('executeHoverProvider', document.uri, new vscode.Position(0, 6));
      ok(/VMLAUNCH.*privileged/.test(text(hovers)), text(hovers));
    },
  },
  atCall('definition', 'executeDefinitionProvider', ([location]: vscode.Location[], document) => location?.range.start.line === find(document, /^print:/, 'print').line),
  atCall('references', 'executeReferenceProvider', (locations: vscode.Location[]) => locations.length === 2),
  atCall('highlights', 'executeDocumentHighlights', (places: vscode.DocumentHighlight[]) => places.length === 2),
  atCall('what a rename is of', 'prepareRename', ({ placeholder }: { placeholder: string }) => placeholder === 'print'),
  atCall('rename', 'executeDocumentRenameProvider', (edit: vscode.WorkspaceEdit, document) => edit.get(document.uri).length === 2, 'say'),
  atCall('completion', 'executeCompletionItemProvider', ({ items }: vscode.CompletionList) => items.some(({ label }) => label === 'print')),
  {
    name: 'signature',
    async run() {
      const document = await open();
      const help = await ask<vscode.SignatureHelp>('executeSignatureHelpProvider', document.uri, find(document, /mov ds, ax/, 'ds'));
      ok(
        help.signatures.some(({ label }) => label === 'mov sreg, r/m16'),
        JSON.stringify(help),
      );
    },
  },
  ofDocument('outline', 'executeDocumentSymbolProvider', (symbols: vscode.DocumentSymbol[]) => symbols.some(({ name, children }) => name === 'print' && children.length > 0)),
  ofDocument('folding', 'executeFoldingRangeProvider', (ranges: vscode.FoldingRange[], document) =>
    ranges.some(({ start, end }) => start === find(document, /^print:/, 'print').line && end > start),
  ),
  ofDocument('semantic tokens', 'provideDocumentSemanticTokens', ({ data }: vscode.SemanticTokens) => data.length > 50),
  ofDocument('code lens', 'executeCodeLensProvider', (lenses: vscode.CodeLens[]) => lenses.some(({ command }) => /^7C00h/.test(command?.title ?? ''))),
  {
    name: 'links to included files',
    async run() {
      const document = await vscode.workspace.openTextDocument(vscode.Uri.joinPath(exampleUri(), '..', 'labs', '5-hypercalls.asm'));
      const links = await ask<vscode.DocumentLink[]>('executeLinkProvider', document.uri);
      ok(
        links.some(({ target }) => target?.path.endsWith('hypercalls.inc')),
        JSON.stringify(links),
      );
    },
  },
  {
    name: 'diagnostics, as one types',
    async run() {
      const document = await vscode.workspace.openTextDocument({ language: 'ringside-asm', content: 'start:\n    mov ax, nowhere\n' });
      const [problem] = await until('a problem', () => {
        const found = vscode.languages.getDiagnostics(document.uri);
        return found.length > 0 ? found : undefined;
      });
      ok(problem.range.start.line === 1 && problem.message.includes('nowhere'), JSON.stringify(problem));
    },
  },
];

const stopped = () => until('a stop', () => (vscode.debug.activeStackItem instanceof vscode.DebugStackFrame ? vscode.debug.activeStackItem : undefined));

/** EIP and what it is called, as whoever debugs sees it. */
async function place(): Promise<string> {
  const { session, threadId } = await stopped();
  const { stackFrames } = await session.customRequest('stackTrace', { threadId });
  return `${stackFrames[0].instructionPointerReference} ${stackFrames[0].name}`;
}

const RUNNING: readonly Check[] = [
  {
    name: 'a run to a breakpoint',
    async run() {
      const document = await open();
      vscode.debug.addBreakpoints([new vscode.SourceBreakpoint(new vscode.Location(document.uri, find(document, /^\s*smsw\b/, 'smsw')))]);
      const program = document.uri.scheme === 'file' ? document.uri.fsPath : document.uri.toString();
      const started = await vscode.debug.startDebugging(vscode.workspace.workspaceFolders?.[0], {
        type: 'ringside',
        request: 'launch',
        name: 'providers',
        program,
        technique: 'trap',
        stopOnEntry: false,
      });
      ok(started, 'the session did not start');
      await stopped();
    },
  },
  {
    name: 'inlay hints: how often each line trapped',
    async run() {
      const document = await open();
      const whole = new vscode.Range(0, 0, document.lineCount, 0);
      const cli = find(document, /^\s*cli\b/, 'cli').line;
      await until('the count beside CLI', async () => {
        const hints = await ask<vscode.InlayHint[]>('executeInlayHintProvider', document.uri, whole);
        return hints?.some(({ position, label }) => position.line === cli && /1 trap/.test(String(label))) || undefined;
      });
    },
  },
  {
    name: 'inline values: the registers of the stopped line',
    async run() {
      const document = await open();
      const at = find(document, /^\s*smsw\b/, 'ax');
      const line = new vscode.Range(at, at);
      const values = await ask<vscode.InlineValueEvaluatableExpression[]>('executeInlineValueProvider', document.uri, line, { frameId: 1, stoppedLocation: line });
      ok(values.length === 1 && values[0].expression === 'ax' && values[0].range.start.isEqual(at), JSON.stringify(values));
    },
  },
  {
    name: 'the VM is left behind, and attached to where it stood',
    async run() {
      const before = await place();
      await vscode.commands.executeCommand('workbench.action.debug.disconnectAndSuspend');
      await until('the end of the session', () => !vscode.debug.activeDebugSession || undefined);
      ok(await vscode.debug.startDebugging(undefined, { type: 'ringside', request: 'attach', name: 'attached' }), 'nothing to attach to');
      ok((await place()) === before, `${await place()} instead of ${before}`);
      ok(vscode.debug.activeDebugSession?.configuration.technique === 'trap', 'under the technique that it ran under');
      await vscode.debug.activeDebugSession.customRequest('disconnect', { terminateDebuggee: true });
      await until('the end of the session', () => !vscode.debug.activeDebugSession || undefined);
      vscode.debug.removeBreakpoints(vscode.debug.breakpoints);
    },
  },
];

export const CHECKS: readonly Check[] = [...WRITING, ...RUNNING];
