/** Definitions, references, renaming, outline, folding, links to included files: a thin skin over `language/`. */
import * as vscode from 'vscode';
import type { Span } from '../sourceLine';
import { foldings } from '../language/folding';
import { outline, type OutlineSymbol } from '../language/outline';
import type { DefinitionKind } from '../language/sourceModel';
import { definitionAt, type Located, referencesAt, rename, renamedAt } from '../language/symbols';
import type { SourceModels } from './sourceModels';

const range = (line: number, { start, end }: Span): vscode.Range => new vscode.Range(line, start, line, end);

const locations = (found: readonly Located<Span & { readonly line: number }>[]): vscode.Location[] =>
  found.map(({ uri, place }) => new vscode.Location(vscode.Uri.parse(uri), range(place.line, place)));

const KINDS: Readonly<Record<DefinitionKind, vscode.SymbolKind>> = {
  label: vscode.SymbolKind.Function,
  external: vscode.SymbolKind.Interface,
  constant: vscode.SymbolKind.Constant,
  define: vscode.SymbolKind.Constant,
  macro: vscode.SymbolKind.Method,
  structure: vscode.SymbolKind.Struct,
  section: vscode.SymbolKind.Namespace,
};

const lineEnd = (document: vscode.TextDocument, line: number): vscode.Position => document.lineAt(Math.min(line, document.lineCount - 1)).range.end;

function toSymbol(document: vscode.TextDocument, { definition, name, endLine, children }: OutlineSymbol): vscode.DocumentSymbol {
  const whole = new vscode.Range(new vscode.Position(definition.line, 0), lineEnd(document, Math.max(endLine, definition.line)));
  const detail = definition.value ?? definition.parameters ?? '';
  const symbol = new vscode.DocumentSymbol(
    name,
    detail,
    definition.name.includes('.') ? vscode.SymbolKind.Field : KINDS[definition.kind],
    whole,
    range(definition.line, definition),
  );
  symbol.children = children.map((child) => toSymbol(document, child));
  return symbol;
}

class SymbolProviders implements vscode.DefinitionProvider, vscode.ReferenceProvider, vscode.RenameProvider, vscode.DocumentHighlightProvider, vscode.DocumentLinkProvider {
  constructor(private readonly models: SourceModels) {}

  async provideDefinition(document: vscode.TextDocument, { line, character }: vscode.Position) {
    return locations(definitionAt(await this.models.included(document), document.uri.toString(), line, character));
  }

  async provideReferences(document: vscode.TextDocument, { line, character }: vscode.Position, context: vscode.ReferenceContext) {
    return locations(referencesAt(await this.models.related(document), document.uri.toString(), line, character, context.includeDeclaration));
  }

  provideDocumentHighlights(document: vscode.TextDocument, { line, character }: vscode.Position) {
    const uri = document.uri.toString();
    return referencesAt([{ uri, model: this.models.of(document) }], uri, line, character, true).map(({ place }) => new vscode.DocumentHighlight(range(place.line, place)));
  }

  async prepareRename(document: vscode.TextDocument, { line, character }: vscode.Position) {
    const span = renamedAt(await this.models.included(document), document.uri.toString(), line, character);
    if (!span) throw new Error(vscode.l10n.t('There is no symbol to rename here.'));
    return { range: range(line, span), placeholder: span.text };
  }

  async provideRenameEdits(document: vscode.TextDocument, { line, character }: vscode.Position, name: string) {
    const edits = rename(await this.models.related(document), document.uri.toString(), line, character, name);
    if (typeof edits === 'string') throw new Error(edits);
    const edit = new vscode.WorkspaceEdit();
    for (const e of edits) edit.replace(vscode.Uri.parse(e.uri), range(e.line, { ...e }), e.text);
    return edit;
  }

  async provideDocumentLinks(document: vscode.TextDocument) {
    const links = this.models.of(document).includes.map(async (include) => {
      const target = await this.models.include(document, include.text);
      return target ? [new vscode.DocumentLink(range(include.line, include), target)] : [];
    });
    return (await Promise.all(links)).flat();
  }
}

export function registerSymbolProviders(context: vscode.ExtensionContext, selector: vscode.DocumentSelector, models: SourceModels): void {
  const providers = new SymbolProviders(models);
  const { languages } = vscode;
  context.subscriptions.push(
    languages.registerDefinitionProvider(selector, providers),
    languages.registerReferenceProvider(selector, providers),
    languages.registerRenameProvider(selector, providers),
    languages.registerDocumentHighlightProvider(selector, providers),
    languages.registerDocumentLinkProvider(selector, providers),
    languages.registerDocumentSymbolProvider(selector, {
      provideDocumentSymbols: (document) => outline(models.of(document)).map((symbol) => toSymbol(document, symbol)),
    }),
    languages.registerFoldingRangeProvider(selector, {
      provideFoldingRanges: (document) =>
        foldings(models.of(document)).map(({ start, end, kind }) => new vscode.FoldingRange(start, end, kind === 'comment' ? vscode.FoldingRangeKind.Comment : undefined)),
    }),
  );
}
