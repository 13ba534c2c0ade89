/** The grammar: generated from the instruction table and up to date; every mnemonic in its class; a sample's tokens, word by word. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { before, test } from 'node:test';
import oniguruma from 'vscode-oniguruma';
import textmate from 'vscode-textmate';
import { INSTRUCTIONS, REGISTERS } from '../../src/ui/instructionFacts';

const FILE = 'syntaxes/ringside-asm.tmLanguage.json';
let grammar: textmate.IGrammar;

before(async () => {
  const wasm = path.join(path.dirname(createRequire(path.resolve('package.json')).resolve('vscode-oniguruma')), 'onig.wasm');
  await oniguruma.loadWASM(fs.readFileSync(wasm).buffer as ArrayBuffer);
  const registry = new textmate.Registry({
    onigLib: Promise.resolve({ createOnigScanner: (patterns) => new oniguruma.OnigScanner(patterns), createOnigString: (text) => new oniguruma.OnigString(text) }),
    loadGrammar: async () => textmate.parseRawGrammar(fs.readFileSync(FILE, 'utf8'), FILE),
  });
  grammar = (await registry.loadGrammar('source.ringside-asm')) as textmate.IGrammar;
});

/** Innermost scope of each word of a line. */
const tokens = (line: string, state = textmate.INITIAL): [text: string, scope: string][] =>
  grammar
    .tokenizeLine(line, state)
    .tokens.map((t): [string, string] => [line.slice(t.startIndex, t.endIndex), t.scopes[t.scopes.length - 1]])
    .filter(([text]) => text.trim());

const scopeOf = (line: string, word: string): string | undefined => tokens(line).find(([text]) => text.trim() === word)?.[1];

test('regenerating gives the committed files', () => {
  const run = spawnSync(process.execPath, ['scripts/generateGrammar.mjs', '--check'], { encoding: 'utf8' });
  assert.equal(run.status, 0, run.stderr);
});

test('every mnemonic has the scope of its class', () => {
  const EXPECTED: Record<string, RegExp> = { privileged: /privileged|variable\.io/, sensitive: /sensitive/, innocuous: /keyword\.(mnemonic|control)/ };
  for (const [mnemonic, facts] of Object.entries(INSTRUCTIONS)) {
    const rest = facts.cases[facts.cases.length - 1];
    if (rest.operands) continue;
    assert.match(scopeOf(`    ${mnemonic} `, mnemonic) ?? 'none', EXPECTED[rest.kind], mnemonic);
    assert.match(scopeOf(`    ${mnemonic.toUpperCase()} `, mnemonic.toUpperCase()) ?? 'none', EXPECTED[rest.kind], mnemonic);
  }
});

test('every register has a scope by class', () => {
  for (const register of REGISTERS) assert.match(scopeOf(`    push ${register}`, register) ?? 'none', /register/, register);
});

test('operands decide where the mnemonic does not', () => {
  const cases: [line: string, word: string, scope: RegExp][] = [
    ['  mov cr0, eax', 'mov', /privileged/],
    ['  mov eax, cr3 ; read', 'mov', /privileged/],
    ['  mov dr7, eax', 'mov', /privileged/],
    ['  mov ds, ax', 'mov', /sensitive/],
    ['  mov [bx], es', 'mov', /sensitive/],
    ['  mov ax, [es:di]', 'mov', /keyword\.mnemonic\.asm$/],
    ['  push cs', 'push', /sensitive/],
    ['  push csomething', 'push', /keyword\.mnemonic\.asm$/],
    ['  jmp 0x08:start', 'jmp', /sensitive/],
    ['  jmp far [bx]', 'jmp', /sensitive/],
    ['  call [es:bx]', 'call', /control\.flow/],
    ['  jmp start', 'jmp', /control\.flow/],
    ['  in al, 0x60', 'in', /support\.variable\.io/],
    ['  rep outsb', 'outsb', /support\.variable\.io/],
  ];
  for (const [line, word, scope] of cases) assert.match(scopeOf(line, word) ?? 'none', scope, line);
});

test('the sample, token by token', () => {
  const source = fs.readFileSync('test/syntaxes/sample.asm', 'utf8').split('\n');
  let state = textmate.INITIAL;
  const lines: string[] = [];
  for (const line of source) {
    lines.push(`>${line}`);
    for (const [text, scope] of tokens(line, state)) lines.push(`  ${text.trim().padEnd(20)} ${scope}`);
    state = grammar.tokenizeLine(line, state).ruleStack;
  }
  const golden = 'test/golden/sample.tokens';
  const actual = `${lines.join('\n')}\n`;
  if (process.env.UPDATE_GOLDEN) {
    fs.mkdirSync(path.dirname(golden), { recursive: true });
    fs.writeFileSync(golden, actual);
  }
  assert.equal(actual, fs.readFileSync(golden, 'utf8'));
});
