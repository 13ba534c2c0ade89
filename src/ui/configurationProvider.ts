/** Launch configurations: F5 on an assembly file without a launch.json, one entry per technique in the Run menu, and defaults. */
import * as vscode from 'vscode';
import { TECHNIQUES } from '../protocol/techniques';
import { baseName } from '../base/address';
import { UserError } from '../base/userError';
import type { VmWorkers } from '../protocol/keptVms';
import { COMMANDS, DEBUG_TYPE, isAssembly } from './identifiers';
import { attachConfiguration, chooseVm } from './keptVms';
import { labConfiguration, type LabSource, readLab } from './labs';
import type { TechniqueChoice } from './techniqueChoice';

/** The assembly file in front of the user: in the editor that has the keyboard, or, when a lab's text or a view has it, the only one to be seen. */
const activeProgram = (): vscode.TextDocument | undefined => {
  const { activeTextEditor, visibleTextEditors } = vscode.window;
  if (activeTextEditor && isAssembly(activeTextEditor.document.languageId)) return activeTextEditor.document;
  const found = new Set(visibleTextEditors.map(({ document }) => document).filter(({ languageId }) => isAssembly(languageId)));
  return found.size === 1 ? [...found][0] : undefined;
};

/** A path where there are files, a URI elsewhere (a browser's file system). */
const programOf = (document: vscode.TextDocument): string => (document.uri.scheme === 'file' ? document.uri.fsPath : document.uri.toString());

const configure = (program: string, technique: (typeof TECHNIQUES)[number]): vscode.DebugConfiguration => ({
  type: DEBUG_TYPE,
  request: 'launch',
  name: `${technique.name}: ${baseName(program)}`,
  program,
  technique: technique.id,
});

/** What configurations depend on. */
export interface ConfigurationSources {
  readonly choice: TechniqueChoice;
  readonly vms: VmWorkers;
}

class LaunchConfigurations implements vscode.DebugConfigurationProvider {
  constructor(
    private readonly choice: TechniqueChoice,
    private readonly vms: VmWorkers,
  ) {}

  /** Null opens launch.json, undefined gives up silently. */
  async resolveDebugConfiguration(_folder: vscode.WorkspaceFolder | undefined, given: vscode.DebugConfiguration): Promise<vscode.DebugConfiguration | null | undefined> {
    const configuration = { ...given };
    if (configuration.request === 'attach') return this.#attach(configuration);
    if (!configuration.type && !configuration.request && !configuration.name) {
      const document = activeProgram();
      if (!document) return null;
      const lab = readLab(document.getText());
      if (lab) return this.ofLab(lab, document);
      Object.assign(configuration, { type: DEBUG_TYPE, request: 'launch', name: baseName(document.fileName), program: programOf(document) });
    }
    const vms: readonly vscode.DebugConfiguration[] = Array.isArray(configuration.vms) ? configuration.vms : [];
    if (!configuration.program && !configuration.vms) {
      const document = activeProgram();
      if (!document) {
        void vscode.window.showErrorMessage(
          vscode.l10n.t('Ringside: "program" is missing from the launch configuration. Name the guest to run: an assembly source or a boot image.'),
        );
        return undefined;
      }
      configuration.program = programOf(document);
    }
    if (configuration.technique === undefined && (vms.length === 0 || vms.some((vm) => vm?.technique === undefined))) {
      configuration.technique = await this.choice.ask(vscode.l10n.t('Debug {0}', baseName(String(configuration.program ?? configuration.name))));
      if (configuration.technique === undefined) return undefined;
    }
    // The views come forward when the session starts; the console stays one click away.
    configuration.internalConsoleOptions ??= 'neverOpen';
    return configuration;
  }

  /** Which VM, if that is open. */
  async #attach(configuration: vscode.DebugConfiguration): Promise<vscode.DebugConfiguration | undefined> {
    try {
      const open = configuration.vm === undefined && this.vms.kept.length > 1;
      const worker = open ? await chooseVm(this.vms) : this.vms.choose(configuration.vm);
      return worker && { ...configuration, ...attachConfiguration(worker), name: configuration.name };
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      void vscode.window.showErrorMessage(vscode.l10n.t('Ringside: {0}', error.message));
      return undefined;
    }
  }

  /** A lab runs to its stops, however it is started; the technique that its text begins with is offered first. */
  async ofLab({ id, technique }: LabSource, document: vscode.TextDocument): Promise<vscode.DebugConfiguration | undefined> {
    const title = vscode.l10n.t('Debug {0}', baseName(document.fileName));
    const chosen = await this.choice.ask(title, technique, vscode.l10n.t('this lab begins with it'));
    if (!chosen) return undefined;
    const common = { type: DEBUG_TYPE, request: 'launch', name: baseName(document.fileName), internalConsoleOptions: 'neverOpen' } as const;
    return { ...common, ...labConfiguration(id, programOf(document), chosen) };
  }
}

/** For a new launch.json: the file in front, as VS Code writes it. */
// biome-ignore lint/suspicious/noTemplateCurlyInString: VS Code's variable
const FILE = '${file}';

const initial: vscode.DebugConfigurationProvider = {
  provideDebugConfigurations: () => TECHNIQUES.map((technique) => ({ ...configure(FILE, technique), name: technique.name })),
};

/** For the Run and Debug menu: this file under each technique, and what there is to attach to. */
const dynamic = (vms: VmWorkers): vscode.DebugConfigurationProvider => ({
  provideDebugConfigurations: () => {
    const document = activeProgram();
    return [...(document ? TECHNIQUES.map((technique) => configure(programOf(document), technique)) : []), ...vms.kept.map(attachConfiguration)];
  },
});

export function registerConfigurations(context: vscode.ExtensionContext, { choice, vms }: ConfigurationSources): void {
  const { Initial, Dynamic } = vscode.DebugConfigurationProviderTriggerKind;
  const launches = new LaunchConfigurations(choice, vms);
  context.subscriptions.push(
    vscode.debug.registerDebugConfigurationProvider(DEBUG_TYPE, launches),
    vscode.debug.registerDebugConfigurationProvider(DEBUG_TYPE, initial, Initial),
    vscode.debug.registerDebugConfigurationProvider(DEBUG_TYPE, dynamic(vms), Dynamic),
    // F5 beside a lab's text: VS Code itself would ask for a debugger, since no editor says which.
    vscode.commands.registerCommand(COMMANDS.debugLab, async () => {
      const document = activeProgram();
      const lab = document && readLab(document.getText());
      if (!lab) return vscode.commands.executeCommand('workbench.action.debug.start');
      const configuration = await launches.ofLab(lab, document);
      return configuration && vscode.debug.startDebugging(undefined, configuration);
    }),
    vscode.commands.registerCommand(COMMANDS.debugFile, async (uri?: vscode.Uri) => {
      const document = uri ? await vscode.workspace.openTextDocument(uri) : activeProgram();
      if (!document) return;
      const folder = vscode.workspace.getWorkspaceFolder(document.uri);
      await vscode.debug.startDebugging(folder, { type: DEBUG_TYPE, request: 'launch', name: baseName(document.fileName), program: programOf(document) });
    }),
  );
}
