/** What helps while one writes: completion and signature help. */
import * as vscode from 'vscode';
import { instructionHover } from '../instructionHover';
import { type Proposal, type ProposalKind, proposalsAt } from '../language/completion';
import { signatureAt } from '../language/signature';
import type { SourceModels } from './sourceModels';

const KINDS: Readonly<Record<ProposalKind, vscode.CompletionItemKind>> = {
  instruction: vscode.CompletionItemKind.Keyword,
  directive: vscode.CompletionItemKind.Operator,
  register: vscode.CompletionItemKind.Variable,
  size: vscode.CompletionItemKind.Unit,
  label: vscode.CompletionItemKind.Function,
  external: vscode.CompletionItemKind.Interface,
  constant: vscode.CompletionItemKind.Constant,
  define: vscode.CompletionItemKind.Constant,
  macro: vscode.CompletionItemKind.Method,
  structure: vscode.CompletionItemKind.Struct,
  section: vscode.CompletionItemKind.Module,
};

/** Names of the source before instructions, instructions before directives. */
const ORDER: Readonly<Partial<Record<ProposalKind, string>>> = { instruction: 'b', register: 'b', directive: 'c', size: 'c' };

class Completions implements vscode.CompletionItemProvider {
  constructor(private readonly models: SourceModels) {}

  async provideCompletionItems(document: vscode.TextDocument, { line, character }: vscode.Position) {
    const [own, ...others] = await this.models.included(document);
    const proposals = proposalsAt(
      own.model,
      line,
      character,
      others.map((s) => s.model),
    );
    const written = /[%.\w$?@~#]*$/.exec(document.lineAt(line).text.slice(0, character))?.[0] ?? '';
    const range = new vscode.Range(line, character - written.length, line, character);
    const upper = /^[A-Z]+$/.test(written);
    return proposals.map((proposal) => this.#item(proposal, range, upper));
  }

  #item({ label, kind, detail, documentation }: Proposal, range: vscode.Range, upper: boolean): vscode.CompletionItem {
    const reserved = ORDER[kind] !== undefined;
    const item = new vscode.CompletionItem(upper && reserved ? label.toUpperCase() : label, KINDS[kind]);
    item.range = range;
    item.sortText = `${ORDER[kind] ?? 'a'}${label}`;
    item.detail = detail;
    if (documentation) item.documentation = documentation;
    return item;
  }

  /** In full only for the one that is looked at. */
  resolveCompletionItem(item: vscode.CompletionItem): vscode.CompletionItem {
    const text = item.kind === KINDS.instruction && instructionHover(String(item.label), '');
    if (text) item.documentation = new vscode.MarkdownString(text);
    return item;
  }
}

class Signatures implements vscode.SignatureHelpProvider {
  constructor(private readonly models: SourceModels) {}

  async provideSignatureHelp(document: vscode.TextDocument, { line, character }: vscode.Position) {
    const found = signatureAt(document.lineAt(line).text.slice(0, character), await this.models.included(document));
    if (!found) return undefined;
    const help = new vscode.SignatureHelp();
    help.signatures = found.signatures.map(({ label, parameters }) => {
      const signature = new vscode.SignatureInformation(label, found.documentation);
      let from = label.indexOf(' ') + 1;
      signature.parameters = parameters.map((text) => {
        const at = label.indexOf(text, from);
        from = at + text.length;
        return new vscode.ParameterInformation([at, from]);
      });
      return signature;
    });
    help.activeSignature = found.active;
    help.activeParameter = found.parameter;
    return help;
  }
}

export function registerWritingProviders(context: vscode.ExtensionContext, selector: vscode.DocumentSelector, models: SourceModels): void {
  context.subscriptions.push(
    vscode.languages.registerCompletionItemProvider(selector, new Completions(models), '%', '.'),
    vscode.languages.registerSignatureHelpProvider(selector, new Signatures(models), ' ', ','),
  );
}
