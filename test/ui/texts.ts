/** The texts in the sources of the extension: which go through the translations, and which do not. */
import fs from 'node:fs';
import path from 'node:path';
import ts from 'typescript';

export const SOURCES: readonly string[] = ['src/ui', 'src/webview'].flatMap((folder) =>
  fs
    .readdirSync(folder, { recursive: true })
    .map((name) => path.join(folder, String(name)))
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.gen.ts')),
);

export function walk(file: string, visit: (node: ts.Node, source: ts.SourceFile) => void): void {
  const source = ts.createSourceFile(file, fs.readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true);
  const each = (node: ts.Node): void => {
    visit(node, source);
    ts.forEachChild(node, each);
  };
  each(source);
}

const literalsOf = (node: ts.Expression | undefined): string[] => {
  if (!node) return [];
  if (ts.isStringLiteralLike(node)) return [node.text];
  return ts.isConditionalExpression(node) ? [...literalsOf(node.whenTrue), ...literalsOf(node.whenFalse)] : [];
};

/** English texts that `t`, `counted`, `msg` or `vscode.l10n.t` are called with. */
export function translatedTexts(file: string): string[] {
  const found: string[] = [];
  walk(file, (node) => {
    if (!ts.isCallExpression(node)) return;
    const name = node.expression.getText().split('.').at(-1);
    const [first, second, third] = node.arguments;
    if (name === 't' || name === 'msg') found.push(...literalsOf(first));
    if (name === 'counted') found.push(...literalsOf(second), ...literalsOf(third));
  });
  return found;
}
