/**
 * The assembler's complaints as problems under the source text. Those of a launch or comparison last until the next one;
 * a source that is checked while it is edited shows what that check found instead.
 */
import * as vscode from 'vscode';
import type { SourceProblem } from '../protocol/comparison';
import type { SessionTracker } from './sessionTracker';
import type { Checked, SourceChecker } from './sourceChecker';
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

function diagnostic(range: vscode.Range, { message, severity }: SourceProblem): vscode.Diagnostic {
  const problem = new vscode.Diagnostic(range, message, severity === 'error' ? vscode.DiagnosticSeverity.Error : vscode.DiagnosticSeverity.Warning);
  problem.source = 'Ringside';
  return problem;
}

/** Everything that is wrong with sources now. */
export class Problems implements vscode.Disposable {
  readonly #collection = vscode.languages.createDiagnosticCollection('ringside');
  /** By URI: what a launch or comparison said, and what the check of each source says about the files it reads. */
  readonly #launch = new Map<string, vscode.Diagnostic[]>();
  readonly #checks = new Map<string, Map<string, vscode.Diagnostic[]>>();

  async add(problem: SourceProblem): Promise<void> {
    const uri = toUri(problem.path);
    const range = await rangeOf(uri, Math.max(0, problem.line - 1), Math.max(0, problem.column - 1));
    const key = uri.toString();
    this.#launch.set(key, [...(this.#launch.get(key) ?? []), diagnostic(range, problem)]);
    this.#publish(key);
  }

  /** Of a launch or comparison. */
  clear(): void {
    const uris = [...this.#launch.keys()];
    this.#launch.clear();
    for (const uri of uris) this.#publish(uri);
  }

  check({ path, problems, files }: Checked): void {
    const before = this.#checks.get(path)?.keys() ?? [];
    const found = new Map<string, vscode.Diagnostic[]>([path, ...files].map((file) => [file, []]));
    for (const problem of problems) {
      const range = new vscode.Range(problem.line - 1, problem.column - 1, problem.line - 1, Math.max(problem.endColumn - 1, problem.column));
      const list = found.get(problem.path) ?? [];
      found.set(problem.path, list);
      list.push(diagnostic(range, problem));
    }
    this.#checks.set(path, found);
    for (const uri of new Set([...before, ...found.keys()])) this.#publish(uri);
  }

  forget(path: string): void {
    const uris = this.#checks.get(path)?.keys() ?? [];
    this.#checks.delete(path);
    for (const uri of uris) this.#publish(uri);
  }

  #publish(uri: string): void {
    const checks = [...this.#checks.values()].flatMap((found) => found.get(uri) ?? []);
    const checked = [...this.#checks.values()].some((found) => found.has(uri));
    this.#collection.set(vscode.Uri.parse(uri), checked ? checks : (this.#launch.get(uri) ?? []));
  }

  dispose(): void {
    this.#collection.dispose();
  }
}

export function registerProblems(context: vscode.ExtensionContext, tracker: SessionTracker, checker: SourceChecker): Problems {
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
    checker.onDidCheck((checked) => problems.check(checked)),
    checker.onDidDrop((path) => problems.forget(path)),
  );
  return problems;
}
