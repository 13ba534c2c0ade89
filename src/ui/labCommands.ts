/** Opens a lab: the guest on the left with its stops set, the text on the right, and what to start it with above the guest. */
import * as vscode from 'vscode';
import { TECHNIQUES, type TechniqueId } from '../protocol/techniques';
import { COMMANDS, DEBUG_TYPE, LAB_CONTEXT, NASM_LANGUAGES } from './identifiers';
import { techniqueText } from './techniqueChoice';
import { LAB_FILES, LABS, type Lab, type LabSource, type LabVariant, labConfiguration, labGuest, labLanguage, labText, readLab } from './labs';

const TITLES: Readonly<Record<string, () => string>> = {
  sensitive: () => vscode.l10n.t('What is sensitive'),
  trapAndEmulate: () => vscode.l10n.t('Trap and emulate'),
  silentPopf: () => vscode.l10n.t('The silent POPF'),
  blocks: () => vscode.l10n.t('Blocks and the cache'),
  hypercalls: () => vscode.l10n.t('Hypercalls'),
  isolation: () => vscode.l10n.t('Isolation'),
};

/** How long to wait for the text beside the guest: the first one of a busy machine takes its time. */
const PREVIEW_MILLISECONDS = 30_000;

const programOf = (uri: vscode.Uri): string => (uri.scheme === 'file' ? uri.fsPath : uri.toString());

async function exists(uri: vscode.Uri): Promise<boolean> {
  try {
    await vscode.workspace.fs.stat(uri);
    return true;
  } catch {
    return false;
  }
}

/** From one file system to another, either of which may know no more than to read and write. */
const copyFile = async (from: vscode.Uri, to: vscode.Uri): Promise<void> => vscode.workspace.fs.writeFile(to, await vscode.workspace.fs.readFile(from));

async function askLab(): Promise<Lab | undefined> {
  const items = LABS.map((lab, n) => ({ label: `${n + 1}. ${TITLES[lab.id]()}`, lab }));
  return (await vscode.window.showQuickPick(items, { title: vscode.l10n.t('Ringside: Open a Lab') }))?.lab;
}

const sourceOf = async (uri: vscode.Uri): Promise<LabSource | undefined> => readLab((await vscode.workspace.openTextDocument(uri)).getText());

/** Breakpoints of earlier visits go, whichever lab they were of; those of the lab come. */
async function setStops(folder: vscode.Uri, guest: vscode.Uri): Promise<void> {
  const labs = LABS.map((lab) => vscode.Uri.joinPath(folder, labGuest(lab)));
  const events = new Set((await Promise.all(labs.map(sourceOf))).flatMap((source) => source?.events ?? []));
  const files = new Set(labs.map(String));
  const isLabs = (b: vscode.Breakpoint): boolean =>
    (b instanceof vscode.SourceBreakpoint && files.has(b.location.uri.toString())) || (b instanceof vscode.FunctionBreakpoint && events.has(b.functionName));
  vscode.debug.removeBreakpoints(vscode.debug.breakpoints.filter(isLabs));
  const source = await sourceOf(guest);
  vscode.debug.addBreakpoints([
    ...(source?.stops ?? []).map((line) => new vscode.SourceBreakpoint(new vscode.Location(guest, new vscode.Position(line, 0)))),
    ...(source?.events ?? []).map((event) => new vscode.FunctionBreakpoint(event)),
  ]);
}

/** Its tab may come after the command has ended, and takes the keyboard then. */
async function openBeside(text: vscode.Uri): Promise<void> {
  const shown = (): boolean =>
    vscode.window.tabGroups.all.some(({ viewColumn, activeTab }) => viewColumn !== vscode.ViewColumn.One && activeTab?.input instanceof vscode.TabInputWebview);
  await vscode.commands.executeCommand('markdown.showPreviewToSide', text);
  if (shown()) return;
  await new Promise<void>((resolve) => {
    const change = vscode.window.tabGroups.onDidChangeTabs(() => shown() && done());
    const patience = setTimeout(() => done(), PREVIEW_MILLISECONDS);
    const done = (): void => {
      change.dispose();
      clearTimeout(patience);
      resolve();
    };
  });
}

class Labs implements vscode.CodeLensProvider, vscode.Disposable {
  readonly #opened = new vscode.EventEmitter<void>();
  readonly onDidChangeCodeLenses = this.#opened.event;
  /** An editor that loses the keyboard drops what it has asked for, and asks again only when it is told to: the text beside takes it now and then. */
  readonly #moved = vscode.window.onDidChangeActiveTextEditor((editor) => editor ?? this.#opened.fire());

  constructor(private readonly context: vscode.ExtensionContext) {}

  dispose(): void {
    this.#moved.dispose();
    this.#opened.dispose();
  }

  /** The user's own copy, so that it can be changed; kept from one visit to the next. */
  async #copy(): Promise<vscode.Uri> {
    const target = vscode.Uri.joinPath(this.context.globalStorageUri, 'labs', String(this.context.extension.packageJSON.version));
    for (const [folder, names] of Object.entries(LAB_FILES))
      for (const name of names) {
        const to = vscode.Uri.joinPath(target, folder, name);
        if (!(await exists(to))) await copyFile(vscode.Uri.joinPath(this.context.extensionUri, 'examples', folder, name), to);
      }
    return vscode.Uri.joinPath(target, 'labs');
  }

  async open(id: unknown): Promise<vscode.Uri | undefined> {
    const lab = LABS.find((l) => l.id === id) ?? (await askLab());
    if (!lab) return undefined;
    const folder = await this.#copy();
    const guest = vscode.Uri.joinPath(folder, labGuest(lab));
    const document = await vscode.workspace.openTextDocument(guest);
    await setStops(folder, guest);
    await vscode.commands.executeCommand('setContext', LAB_CONTEXT, true);
    await vscode.window.showTextDocument(document, { viewColumn: vscode.ViewColumn.One, preview: false });
    await openBeside(vscode.Uri.joinPath(folder, labText(lab, labLanguage(vscode.env.language))));
    // Back to the guest: F5 is for what has the keyboard.
    await vscode.window.showTextDocument(document, { viewColumn: vscode.ViewColumn.One, preview: false });
    this.#opened.fire(); // what its editor had asked for when the text opened beside is gone
    return guest;
  }

  async start(id: string, uri: vscode.Uri, technique: TechniqueId, variant?: LabVariant): Promise<boolean> {
    const document = await vscode.workspace.openTextDocument(uri);
    if (document.isDirty && !(await document.save())) return false;
    const title = TITLES[id]?.() ?? id;
    return vscode.debug.startDebugging(undefined, { type: DEBUG_TYPE, request: 'launch', name: title, ...labConfiguration(id, programOf(uri), technique, variant) });
  }

  /** The technique that the text begins with first, then the others. */
  provideCodeLenses(document: vscode.TextDocument): vscode.CodeLens[] {
    const source = readLab(document.getText());
    if (!source) return [];
    const range = new vscode.Range(source.line, 0, source.line, 0);
    const techniques = [...TECHNIQUES].sort((a, b) => Number(b.id === source.technique) - Number(a.id === source.technique));
    const lens = (title: string, ...how: [TechniqueId, LabVariant?]) =>
      new vscode.CodeLens(range, { title, command: COMMANDS.startLab, arguments: [source.id, document.uri, ...how] });
    const [first, ...others] = techniques.map((technique) => lens(techniqueText(technique).name, technique.id));
    first.command!.title = `$(debug-start) ${vscode.l10n.t('Start: {0}', first.command!.title)}`;
    // As launch.json writes it, beside the technique that it varies.
    return [first, ...(source.variant ? [lens(source.variant.join(': '), source.technique, source.variant)] : []), ...others];
  }
}

export function registerLabs(context: vscode.ExtensionContext): void {
  const labs = new Labs(context);
  context.subscriptions.push(
    labs,
    vscode.commands.registerCommand(COMMANDS.openLab, (id?: unknown) => labs.open(id)),
    vscode.commands.registerCommand(COMMANDS.startLab, (id: string, uri: vscode.Uri, technique: TechniqueId, variant?: LabVariant) => labs.start(id, uri, technique, variant)),
    vscode.languages.registerCodeLensProvider([...NASM_LANGUAGES], labs),
  );
}
