/** The command that runs a guest under several techniques and opens the comparison. */
import * as vscode from 'vscode';
import type { CompareRequest } from '../protocol/comparison';
import { isTechnique, TECHNIQUES, type TechniqueId } from '../protocol/techniques';
import { baseName } from '../base/address';
import type { Problems } from './assemblyProblems';
import { chooseGuest, guestFile, type LaunchAttributes } from './comparedGuest';
import { ComparisonDocuments } from './comparisonDocuments';
import { type CompareAnswer, type CompareProgress, compareInWorker } from './comparisonWorker';
import { COMMANDS, COMPARISON_SCHEME } from './identifiers';
import { techniqueOf, techniqueText } from './techniqueChoice';
import type { StartWorker } from './workers';

const KEY = 'ringside.comparedTechniques';

/** What another extension, a key binding or a test may give to the command, so that it does not ask. */
interface CompareArguments {
  readonly techniques?: readonly TechniqueId[];
}

/** The last choice, or all at first. Undefined when the user turns away. */
async function askTechniques(title: string, memory: vscode.Memento): Promise<TechniqueId[] | undefined> {
  const last = memory.get<readonly string[]>(KEY);
  const items = TECHNIQUES.map((technique) => {
    const { name, description } = techniqueText(technique);
    return { id: technique.id, label: name, detail: description, picked: last?.includes(technique.id) ?? true };
  });
  const chosen = await vscode.window.showQuickPick(items, {
    title,
    placeHolder: vscode.l10n.t('Which techniques? The first one chosen is the reference.'),
    canPickMany: true,
  });
  if (!chosen) return undefined;
  const ids = chosen.map(({ id }) => id);
  if (ids.length < 2) {
    void vscode.window.showInformationMessage(vscode.l10n.t('Ringside: choose at least two techniques to compare.'));
    return undefined;
  }
  await memory.update(KEY, ids);
  return ids;
}

const stepText = ({ technique, phase }: CompareProgress): string => {
  const { name } = techniqueText(techniqueOf(technique));
  return phase === 'run' ? name : vscode.l10n.t('finding where {0} first differs', name);
};

class Comparer {
  readonly documents = new ComparisonDocuments();

  constructor(
    context: vscode.ExtensionContext,
    private readonly problems: Problems,
    private readonly start: StartWorker,
  ) {
    context.subscriptions.push(this.documents, vscode.workspace.registerTextDocumentContentProvider(COMPARISON_SCHEME, this.documents));
  }

  /** Address of the document; undefined when it came to none, for which the user was told the reason. */
  async compare(attributes: LaunchAttributes, techniques: readonly TechniqueId[]): Promise<vscode.Uri | undefined> {
    const name = baseName(String(attributes.program));
    this.problems.clear();
    let answer: CompareAnswer | undefined;
    try {
      answer = await this.#run(name, { attributes, techniques });
    } catch (error) {
      void vscode.window.showErrorMessage(vscode.l10n.t('Ringside failed to compare techniques on {0}: {1}', name, error instanceof Error ? error.message : String(error)));
    }
    if (!answer) return undefined;
    for (const problem of answer.problems) await this.problems.add(problem);
    if (answer.kind === 'done') return this.documents.show(answer.report);
    void this.#refused(answer.message, answer.problems.length > 0);
    return undefined;
  }

  #run(name: string, request: CompareRequest): Thenable<CompareAnswer | undefined> {
    const increment = 100 / request.techniques.length;
    return vscode.window.withProgress(
      { location: vscode.ProgressLocation.Notification, title: vscode.l10n.t('Comparing techniques on {0}', name), cancellable: true },
      (progress, token) => {
        let begun = 0;
        return compareInWorker(this.start('compareWorker'), request, token, (step) =>
          progress.report({ message: stepText(step), ...(step.phase === 'run' && begun++ > 0 ? { increment } : {}) }),
        );
      },
    );
  }

  async #refused(message: string, inSource: boolean): Promise<void> {
    const show = inSource ? [vscode.l10n.t('Show Problems')] : [];
    if (await vscode.window.showErrorMessage(`Ringside: ${message}`, ...show)) await vscode.commands.executeCommand('workbench.actions.view.problems');
  }
}

export function registerComparison(context: vscode.ExtensionContext, problems: Problems, start: StartWorker): void {
  const comparer = new Comparer(context, problems, start);
  context.subscriptions.push(
    vscode.commands.registerCommand(COMMANDS.compare, async (uri?: vscode.Uri, given?: CompareArguments) => {
      const attributes = uri instanceof vscode.Uri ? await guestFile(uri) : await chooseGuest();
      if (!attributes) return undefined;
      const wanted = given?.techniques?.filter(isTechnique);
      const techniques = wanted?.length ? wanted : await askTechniques(vscode.l10n.t('Compare techniques on {0}', baseName(String(attributes.program))), context.workspaceState);
      return techniques && comparer.compare(attributes, techniques);
    }),
  );
}
