/** Semantic tokens; what traps changes with the technique. */
import * as vscode from 'vscode';
import type { TechniqueId } from '../../protocol/techniques';
import { semanticTokens, TOKEN_MODIFIERS, TOKEN_TYPES } from '../language/semanticTokens';
import type { DefinitionKind } from '../language/sourceModel';
import type { SourceModels } from './sourceModels';

const LEGEND = new vscode.SemanticTokensLegend([...TOKEN_TYPES], [...TOKEN_MODIFIERS]);

export function registerSemanticTokens(
  context: vscode.ExtensionContext,
  selector: vscode.DocumentSelector,
  models: SourceModels,
  technique: { readonly current: TechniqueId; readonly onDidChange: vscode.Event<unknown> },
): void {
  const changed = new vscode.EventEmitter<void>();
  const provider: vscode.DocumentSemanticTokensProvider = {
    onDidChangeSemanticTokens: changed.event,
    async provideDocumentSemanticTokens(document) {
      const [own, ...others] = await models.included(document);
      const kinds = new Map<string, DefinitionKind>(others.flatMap(({ model }) => model.definitions.map((d) => [d.name, d.kind] as const)));
      const builder = new vscode.SemanticTokensBuilder(LEGEND);
      for (const { line, start, length, type, modifiers } of semanticTokens(own.model, technique.current, kinds))
        builder.push(new vscode.Range(line, start, line, start + length), type, [...modifiers]);
      return builder.build();
    },
  };
  context.subscriptions.push(
    changed,
    technique.onDidChange(() => changed.fire()),
    vscode.languages.registerDocumentSemanticTokensProvider(selector, provider, LEGEND),
  );
}
