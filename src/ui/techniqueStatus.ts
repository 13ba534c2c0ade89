/** The status bar item that names the technique; a click changes it and offers to run the session again under it. */
import * as vscode from 'vscode';
import { isTechnique, type TechniqueId } from '../protocol/techniques';
import { COMMANDS, isAssembly } from './identifiers';
import type { SessionTracker } from './sessionTracker';
import { type TechniqueChoice, techniqueOf, techniqueText } from './techniqueChoice';

/** The technique a session runs under: its configuration's. */
const runningUnder = (session: vscode.DebugSession | undefined): TechniqueId | undefined => {
  const id = session?.configuration.technique;
  return isTechnique(id) ? id : undefined;
};

/** Launch attributes that say what to run; VS Code's own (`__sessionId` and the like) stay behind. */
const relaunchable = (configuration: vscode.DebugConfiguration, technique: TechniqueId): vscode.DebugConfiguration => ({
  ...(Object.fromEntries(Object.entries(configuration).filter(([name]) => !name.startsWith('__'))) as vscode.DebugConfiguration),
  technique,
});

/** The answer comes where the technique was just chosen: a notification would be somewhere else, and gone after a while. */
async function relaunch(session: vscode.DebugSession, technique: TechniqueId): Promise<void> {
  const { name } = techniqueText(techniqueOf(technique));
  const again = { label: `$(debug-restart) ${vscode.l10n.t('Run Again')}`, detail: vscode.l10n.t('Ends this session and starts the guest anew.') };
  const later = { label: vscode.l10n.t('Not Now'), detail: vscode.l10n.t('The next session runs under it.') };
  const answer = await vscode.window.showQuickPick([again, later], { title: vscode.l10n.t('Run {0} again under {1}?', session.name, name) });
  if (answer !== again) return;
  await vscode.debug.stopDebugging(session);
  await vscode.debug.startDebugging(session.workspaceFolder, relaunchable(session.configuration, technique));
}

export function registerTechniqueStatus(context: vscode.ExtensionContext, choice: TechniqueChoice, tracker: SessionTracker): void {
  const item = vscode.window.createStatusBarItem('ringside.technique', vscode.StatusBarAlignment.Left, 50);
  item.name = vscode.l10n.t('Ringside Technique');
  item.command = COMMANDS.selectTechnique;
  const show = () => {
    const id = runningUnder(tracker.current) ?? choice.last;
    const technique = id && techniqueText(techniqueOf(id));
    item.text = `$(vm) ${technique?.name ?? vscode.l10n.t('Choose Technique')}`;
    item.tooltip = new vscode.MarkdownString(
      technique
        ? `**${technique.name}**\n\n${technique.description}\n\n${vscode.l10n.t('Click to change how the guest is run.')}`
        : vscode.l10n.t('How Ringside runs the guest. Click to choose.'),
    );
    item.accessibilityInformation = { label: technique ? vscode.l10n.t('Ringside technique: {0}', technique.name) : vscode.l10n.t('Ringside technique: none chosen') };
    const languageId = vscode.window.activeTextEditor?.document.languageId;
    if (tracker.current || (languageId && isAssembly(languageId))) item.show();
    else item.hide();
  };
  show();
  context.subscriptions.push(
    item,
    choice.onDidChange(show),
    tracker.onDidChangeCurrent(show),
    vscode.window.onDidChangeActiveTextEditor(show),
    vscode.commands.registerCommand(COMMANDS.selectTechnique, async () => {
      const session = tracker.current;
      const before = runningUnder(session);
      const technique = await choice.ask(vscode.l10n.t('Ringside: Technique'), before ?? choice.last);
      if (technique && session?.configuration.request === 'launch' && technique !== before) await relaunch(session, technique);
      return technique;
    }),
  );
}
