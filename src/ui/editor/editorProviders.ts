/** What the editor shows on assembly source. */
import * as vscode from 'vscode';
import { isTechnique, type TechniqueId } from '../../protocol/techniques';
import { ASSEMBLY_LANGUAGES, DEBUG_TYPE, NASM_LANGUAGES } from '../identifiers';
import type { SessionTracker } from '../sessionTracker';
import type { SourceChecker } from '../sourceChecker';
import { expressionAt, registersOf, type Span } from '../sourceLine';
import type { TechniqueChoice } from '../techniqueChoice';
import { registerAssembledProviders } from './assembledProviders';
import { registerHovers } from './hoverProvider';
import { OtherInstructions } from './otherInstructions';
import { registerSemanticTokens } from './semanticProvider';
import { SourceModels } from './sourceModels';
import { registerSymbolProviders } from './symbolProviders';
import { registerWritingProviders } from './writingProviders';

const ALL: vscode.DocumentSelector = [...ASSEMBLY_LANGUAGES];
const NASM: vscode.DocumentSelector = [...NASM_LANGUAGES];

const range = (line: number, span: Span): vscode.Range => new vscode.Range(line, span.start, line, span.end);

/** The technique of the session in front. */
const running = (): TechniqueId | undefined => {
  const session = vscode.debug.activeDebugSession;
  const technique = session?.type === DEBUG_TYPE ? session.configuration.technique : undefined;
  return isTechnique(technique) ? technique : undefined;
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

interface Surroundings {
  readonly checker: SourceChecker;
  readonly tracker: SessionTracker;
  readonly choice: TechniqueChoice;
}

export function registerEditorProviders(context: vscode.ExtensionContext, { checker, tracker, choice }: Surroundings): void {
  const models = new SourceModels();
  const techniqueChanged = new vscode.EventEmitter<void>();
  context.subscriptions.push(
    models,
    techniqueChanged,
    choice.onDidChange(() => techniqueChanged.fire()),
    tracker.onDidChangeCurrent(() => techniqueChanged.fire()),
    vscode.languages.registerEvaluatableExpressionProvider(ALL, evaluatable),
    vscode.languages.registerInlineValuesProvider(ALL, inlineValues),
  );
  registerHovers(context, ALL, { models, checker, running, others: new OtherInstructions(context.extensionUri) });
  registerSymbolProviders(context, NASM, models);
  registerWritingProviders(context, NASM, models);
  registerSemanticTokens(context, NASM, models, {
    get current() {
      return running() ?? choice.last ?? 'trap';
    },
    onDidChange: techniqueChanged.event,
  });
  registerAssembledProviders(context, ALL, { models, checker, tracker });
}
