/** The assembler's complaints as problems: under the source text, until the next session or comparison starts. */
import * as vscode from 'vscode';
import type { SourceProblem } from '../protocol/comparison';
import type { SessionTracker } from './sessionTracker';
import { toUri } from './uri';

/** As the debug adapter prints a diagnostic: `file:line:column: severity: message`. */
const COMPLAINT = /:(\d+):(\d+): (error|warning): (.*)$/s;

interface Output {
  readonly output?: string;
  readonly source?: { readonly path?: string };
}

/** The word that begins at the column, or the rest of the line. */
async function rangeOf(uri: vscode.Uri, line: number, column: number): Promise<vscode.Range> {
  const at = new vscode.Position(line, column);
  try {
    const document = await vscode.workspace.openTextDocument(uri);
    return document.getWordRangeAtPosition(at) ?? new vscode.Range(at, document.lineAt(line).range.end);
  } catch {
    return new vscode.Range(at, at.translate(0, 1)); // the file is gone or shorter than it was
  }
}

/** Everything that is wrong with sources now. */
export class Problems implements vscode.Disposable {
  readonly #collection = vscode.languages.createDiagnosticCollection('ringside');

  async add({ path, line, column, severity, message }: SourceProblem): Promise<void> {
    const uri = toUri(path);
    const range = await rangeOf(uri, Math.max(0, line - 1), Math.max(0, column - 1));
    const problem = new vscode.Diagnostic(range, message, severity === 'error' ? vscode.DiagnosticSeverity.Error : vscode.DiagnosticSeverity.Warning);
    problem.source = 'Ringside';
    this.#collection.set(uri, [...(this.#collection.get(uri) ?? []), problem]);
  }

  clear(): void {
    this.#collection.clear();
  }

  dispose(): void {
    this.#collection.dispose();
  }
}

export function registerProblems(context: vscode.ExtensionContext, tracker: SessionTracker): Problems {
  const problems = new Problems();
  const add = async ({ output = '', source }: Output) => {
    const match = COMPLAINT.exec(output.trimEnd());
    if (!match || !source?.path) return;
    const [, line, column, severity, message] = match;
    await problems.add({ path: source.path, line: Number(line), column: Number(column), severity: severity as SourceProblem['severity'], message });
  };
  context.subscriptions.push(
    problems,
    tracker.onDidOutput(add),
    tracker.onDidCreate(() => problems.clear()),
  );
  return problems;
}
