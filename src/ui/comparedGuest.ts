/** Which guest to compare techniques on: the file in front, what a launch configuration runs, or a file. */
import os from 'node:os';
import * as vscode from 'vscode';
import { baseName } from '../base/address';
import { DEBUG_TYPE, isAssembly } from './identifiers';
import { fillVariables } from './launchVariables';

export type LaunchAttributes = Readonly<Record<string, unknown>>;

interface GuestItem extends vscode.QuickPickItem {
  readonly choose: () => Promise<LaunchAttributes | undefined>;
}

/** A file, as it is in its editor. Undefined, with a message, for one that is not saved anywhere. */
export async function guestFile(uri: vscode.Uri): Promise<LaunchAttributes | undefined> {
  if (uri.scheme === 'untitled') {
    void vscode.window.showErrorMessage(vscode.l10n.t('Ringside: save {0} in a file to compare techniques on it.', baseName(uri.path)));
    return undefined;
  }
  const document = vscode.workspace.textDocuments.find((d) => d.uri.toString() === uri.toString());
  if (document?.isDirty && !(await document.save())) return undefined;
  return { program: uri.scheme === 'file' ? uri.fsPath : uri.toString() };
}

async function openGuest(): Promise<LaunchAttributes | undefined> {
  const [uri] =
    (await vscode.window.showOpenDialog({ title: vscode.l10n.t('Guest to compare techniques on: a source, a boot image, a kernel'), openLabel: vscode.l10n.t('Compare') })) ?? [];
  return uri && guestFile(uri);
}

const isObject = (value: unknown): value is LaunchAttributes => typeof value === 'object' && value !== null && !Array.isArray(value);

/** A configuration of several VMs is one guest each. */
function guestsOf(configuration: LaunchAttributes): { name: string; attributes: LaunchAttributes }[] {
  const { name, vms, ...shared } = configuration;
  if (!Array.isArray(vms)) return [{ name: String(name), attributes: shared }];
  return vms
    .filter(isObject)
    .map(({ name: own, ...attributes }) => ({ name: `${name}: ${own ?? baseName(String(attributes.program ?? shared.program))}`, attributes: { ...shared, ...attributes } }));
}

function configurationItems(file: string | undefined): GuestItem[] {
  const folders: readonly (vscode.WorkspaceFolder | undefined)[] = vscode.workspace.workspaceFolders ?? [undefined];
  return folders.flatMap((folder) => {
    const configurations = vscode.workspace.getConfiguration('launch', folder).get<unknown[]>('configurations') ?? [];
    const place = { folder: folder?.uri.fsPath, file, home: os.homedir(), environment: process.env };
    return configurations
      .filter(isObject)
      .filter(({ type, request }) => type === DEBUG_TYPE && request === 'launch')
      .flatMap(guestsOf)
      .map(({ name, attributes }) => {
        const filled = fillVariables(file === undefined ? attributes : { program: file, ...attributes }, place) as LaunchAttributes;
        return { label: name, description: String(filled.program ?? ''), iconPath: new vscode.ThemeIcon('debug-alt'), choose: async () => filled };
      });
  });
}

/** Without a launch configuration the assembly file in front needs no question. */
export async function chooseGuest(): Promise<LaunchAttributes | undefined> {
  const document = vscode.window.activeTextEditor?.document;
  const front = document && isAssembly(document.languageId) ? document.uri : undefined;
  const configurations = configurationItems(front?.scheme === 'file' ? front.fsPath : undefined);
  if (configurations.length === 0) return front ? guestFile(front) : openGuest();
  const items: GuestItem[] = front
    ? [{ label: baseName(front.path), description: vscode.l10n.t('the file in front'), iconPath: new vscode.ThemeIcon('file-code'), choose: () => guestFile(front) }]
    : [];
  items.push(...configurations, { label: vscode.l10n.t('Choose a File…'), iconPath: new vscode.ThemeIcon('folder-opened'), choose: openGuest });
  const chosen = await vscode.window.showQuickPick(items, {
    title: vscode.l10n.t('Ringside: Compare Techniques'),
    placeHolder: vscode.l10n.t('Which guest?'),
    matchOnDescription: true,
  });
  return chosen?.choose();
}
