/** What the editor shows on assembly source: hovers on mnemonics, values under the mouse and behind the line while stopped. */
import * as vscode from 'vscode';
import { ASSEMBLY_LANGUAGES, DEBUG_TYPE } from './identifiers';
import { instructionHover } from './instructionHover';
import { expressionAt, instructionAt, registersOf, type Span } from './sourceLine';

const SELECTOR: vscode.DocumentSelector = [...ASSEMBLY_LANGUAGES];

const range = (line: number, span: Span): vscode.Range => new vscode.Range(line, span.start, line, span.end);

/** The technique of the session in front, to be marked in hovers. */
const running = (): string | undefined => {
  const session = vscode.debug.activeDebugSession;
  return session?.type === DEBUG_TYPE ? session.configuration.technique : undefined;
};

const hover: vscode.HoverProvider = {
  provideHover(document, position) {
    const found = instructionAt(document.lineAt(position.line).text, position.character);
    const text = found && instructionHover(found.mnemonic.text, found.operands, running());
    return found && text ? new vscode.Hover(new vscode.MarkdownString(text), range(position.line, found.mnemonic)) : undefined;
  },
};

const evaluatable: vscode.EvaluatableExpressionProvider = {
  provideEvaluatableExpression(document, position) {
    const span = expressionAt(document.lineAt(position.line).text, position.character);
    return span && new vscode.EvaluatableExpression(range(position.line, span), span.text);
  },
};

/** Registers of the stopped line only: elsewhere today's value would pass for that line's. */
const inlineValues: vscode.InlineValuesProvider = {
  provideInlineValues(document, _viewPort, context) {
    const { line } = context.stoppedLocation.end;
    return registersOf(document.lineAt(line).text).map((r) => new vscode.InlineValueEvaluatableExpression(range(line, r), r.text));
  },
};

export function registerEditorProviders(context: vscode.ExtensionContext): void {
  context.subscriptions.push(
    vscode.languages.registerHoverProvider(SELECTOR, hover),
    vscode.languages.registerEvaluatableExpressionProvider(SELECTOR, evaluatable),
    vscode.languages.registerInlineValuesProvider(SELECTOR, inlineValues),
  );
}
