/** Hovers: on a mnemonic what it does and what each technique makes of it; on a name what it stands for; on a directive what it is for. */
import * as vscode from 'vscode';
import type { TechniqueId } from '../../protocol/techniques';
import { GAS_LANGUAGES } from '../identifiers';
import { instructionHover, otherInstructionHover } from '../instructionHover';
import { DIRECTIVES, PREPROCESSOR, REGISTER_DOCS, SIZES } from '../language/directiveDocs';
import { gasInstructionAt } from '../language/gas';
import { bytesOf } from '../language/lineLenses';
import { commentOf, type Definition, symbolAt } from '../language/sourceModel';
import { definitionsOf } from '../language/symbols';
import type { SourceChecker } from '../sourceChecker';
import { blankText, instructionAt, type Span } from '../sourceLine';
import type { OtherInstructions } from './otherInstructions';
import type { SourceModels } from './sourceModels';
import { t } from '../text';

const markdown = (line: number, { start, end }: Span, text: string): vscode.Hover => new vscode.Hover(new vscode.MarkdownString(text), new vscode.Range(line, start, line, end));

const WORD = /%?[A-Za-z_.?@][\w.$?@~#]*/g;

const plainWordAt = (line: string, column: number): Span | undefined => {
  const match = [...blankText(line).matchAll(WORD)].find((m) => column >= m.index && column <= m.index + m[0].length);
  return match && { start: match.index, end: match.index + match[0].length, text: match[0] };
};

function explain(word: string): string | undefined {
  const name = word.toLowerCase();
  const text = name.startsWith('%') ? PREPROCESSOR.get(name.slice(1)) : (DIRECTIVES.get(name) ?? SIZES.get(name) ?? REGISTER_DOCS.get(name));
  return text && `**${word}** — ${t(text)}`;
}

const declared = ({ kind, name, value, parameters }: Definition): string => {
  if (kind === 'macro') return `%macro ${name} ${parameters ?? ''}`.trim();
  if (kind === 'define') return `%define ${name}${parameters ?? ''} ${value ?? ''}`.trim();
  if (kind === 'constant') return `${name} equ ${value ?? ''}`.trim();
  return kind === 'label' ? `${name}:` : `${kind} ${name}`;
};

interface Surroundings {
  readonly models: SourceModels;
  readonly checker: SourceChecker;
  readonly others: OtherInstructions;
  /** Technique of the session in front. */
  readonly running: () => TechniqueId | undefined;
}

class Hovers implements vscode.HoverProvider {
  constructor(private readonly around: Surroundings) {}

  async provideHover(document: vscode.TextDocument, { line, character }: vscode.Position): Promise<vscode.Hover | undefined> {
    const text = document.lineAt(line).text;
    if (GAS_LANGUAGES.includes(document.languageId)) return this.#gas(text, line, character);
    const found = instructionAt(text, character);
    if (found) {
      const bytes = bytesOf(this.around.checker.resultOf(document.uri)?.lines ?? [], line);
      const hover = instructionHover(found.mnemonic.text, found.operands, this.around.running()) ?? '';
      return markdown(line, found.mnemonic, bytes ? `${hover}\n\n${bytes}` : hover);
    }
    return (await this.#symbol(document, line, character)) ?? this.#word(text, line, character);
  }

  #gas(text: string, line: number, column: number): vscode.Hover | undefined {
    const found = gasInstructionAt(text, column);
    const hover = found && instructionHover(found.name, found.operands, this.around.running());
    return found && hover ? markdown(line, found.mnemonic, hover) : undefined;
  }

  async #symbol(document: vscode.TextDocument, line: number, column: number): Promise<vscode.Hover | undefined> {
    const symbol = symbolAt(this.around.models.of(document), line, column);
    if (!symbol) return undefined;
    const sources = await this.around.models.included(document);
    const [definition] = definitionsOf(sources, symbol.name);
    const source = sources.find((s) => s.uri === definition?.uri);
    if (!definition || !source) return undefined;
    const bytes = definition.uri === document.uri.toString() ? bytesOf(this.around.checker.resultOf(document.uri)?.lines ?? [], definition.place.line) : undefined;
    const parts = [`\`\`\`ringside-asm\n${declared(definition.place)}\n\`\`\``, commentOf(source.model, definition.place.line), bytes ?? ''];
    return markdown(line, symbol, parts.filter(Boolean).join('\n\n'));
  }

  async #word(text: string, line: number, column: number): Promise<vscode.Hover | undefined> {
    const word = plainWordAt(text, column);
    if (!word) return undefined;
    const explained = explain(word.text);
    if (explained) return markdown(line, word, explained);
    const mnemonic = word.text.toLowerCase();
    const other = await this.around.others.of(mnemonic);
    return other && markdown(line, word, otherInstructionHover(mnemonic, other));
  }
}

export const registerHovers = (context: vscode.ExtensionContext, selector: vscode.DocumentSelector, around: Surroundings): void => {
  context.subscriptions.push(vscode.languages.registerHoverProvider(selector, new Hovers(around)));
};
