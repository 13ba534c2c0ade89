/** Entry point in VS Code: construct, connect, nothing else. */
import * as vscode from 'vscode';
import { VmWorkers } from './protocol/keptVms';
import { registerProblems } from './ui/assemblyProblems';
import { registerComparison } from './ui/compareCommand';
import { registerConfigurations } from './ui/configurationProvider';
import { registerEventBreakpoints } from './ui/eventBreakpointPicker';
import { registerEditorProviders } from './ui/editor/editorProviders';
import { registerKeptVms } from './ui/keptVms';
import { registerLabs } from './ui/labCommands';
import { startWorkers } from './ui/nodeWorkers';
import { registerScreen } from './ui/screenView';
import { registerSerial } from './ui/serialTerminal';
import { SourceChecker } from './ui/sourceChecker';
import { useStrings } from './ui/text';
import { SessionTracker } from './ui/sessionTracker';
import { TechniqueChoice } from './ui/techniqueChoice';
import { registerTechniqueStatus } from './ui/techniqueStatus';
import { registerUnsourcedFrames } from './ui/unsourcedFrames';
import { registerViewPages } from './ui/viewPages';
import { registerViews } from './ui/views';
import { registerAdapter } from './ui/workerAdapter';

export function activate(context: vscode.ExtensionContext): void {
  useStrings(vscode.l10n.bundle);
  const tracker = new SessionTracker();
  const choice = new TechniqueChoice(context.workspaceState);
  const start = startWorkers(context);
  const checker = new SourceChecker(start);
  const vms = new VmWorkers(() => start('worker'));
  context.subscriptions.push(tracker, choice, checker);
  registerAdapter(context, vms);
  registerConfigurations(context, { choice, vms });
  registerKeptVms(context, vms);
  registerTechniqueStatus(context, choice, tracker);
  registerViews(context, tracker);
  registerUnsourcedFrames(context, tracker);
  registerViewPages(context, tracker);
  const problems = registerProblems(context, tracker, checker);
  registerComparison(context, problems, start);
  registerScreen(context, tracker);
  registerSerial(context, tracker);
  registerEditorProviders(context, { checker, tracker, choice });
  registerEventBreakpoints(context);
  registerLabs(context);
  // Behind what notes which VMs were left: they are disposed in this order.
  context.subscriptions.push({ dispose: () => vms.endAll() });
  void vscode.commands.executeCommand('setContext', 'ringside.active', true);
}

export function deactivate(): void {}
