/** The assembler's complaints as problems: under the source text, until the next session starts. */
import * as vscode from 'vscode';
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

export function registerProblems(context: vscode.ExtensionContext, tracker: SessionTracker): void {
  const problems = vscode.languages.createDiagnosticCollection('ringside');
  const add = async ({ output = '', source }: Output) => {
    const match = COMPLAINT.exec(output.trimEnd());
    if (!match || !source?.path) return;
    const [, line, column, severity, message] = match;
    const uri = toUri(source.path);
    const range = await rangeOf(uri, Math.max(0, Number(line) - 1), Math.max(0, Number(column) - 1));
    const problem = new vscode.Diagnostic(range, message, severity === 'error' ? vscode.DiagnosticSeverity.Error : vscode.DiagnosticSeverity.Warning);
    problem.source = 'Ringside';
    problems.set(uri, [...(problems.get(uri) ?? []), problem]);
  };
  context.subscriptions.push(
    problems,
    tracker.onDidOutput(add),
    tracker.onDidCreate(() => problems.clear()),
  );
}
