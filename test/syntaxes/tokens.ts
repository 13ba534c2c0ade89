/** The grammar as VS Code would read it, and what it makes of a line. */
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import oniguruma from 'vscode-oniguruma';
import textmate from 'vscode-textmate';

/** One of `syntaxes/`, by its language. */
export async function loadGrammar(language = 'ringside-asm'): Promise<textmate.IGrammar> {
  const file = `syntaxes/${language}.tmLanguage.json`;
  const wasm = path.join(path.dirname(createRequire(path.resolve('package.json')).resolve('vscode-oniguruma')), 'onig.wasm');
  await oniguruma.loadWASM(fs.readFileSync(wasm).buffer as ArrayBuffer);
  const registry = new textmate.Registry({
    onigLib: Promise.resolve({ createOnigScanner: (patterns) => new oniguruma.OnigScanner(patterns), createOnigString: (text) => new oniguruma.OnigString(text) }),
    loadGrammar: async () => textmate.parseRawGrammar(fs.readFileSync(file, 'utf8'), file),
  });
  return (await registry.loadGrammar(`source.${language}`)) as textmate.IGrammar;
}

export type Token = [text: string, scope: string];

/** Text and innermost scope of each token of a text, line by line. */
export function tokensOf(grammar: textmate.IGrammar, text: string): Token[] {
  let state = textmate.INITIAL;
  return text.split('\n').flatMap((line) => {
    const result = grammar.tokenizeLine(line, state);
    state = result.ruleStack;
    return result.tokens.map((t): Token => [line.slice(t.startIndex, t.endIndex).trim(), t.scopes[t.scopes.length - 1]]).filter(([word]) => word);
  });
}

/** Scope of the first token that reads `word`. */
export const scopeOf = (grammar: textmate.IGrammar, text: string, word: string): string => tokensOf(grammar, text).find(([token]) => token === word)?.[1] ?? 'none';
