/** The grammar: generated from the instruction table and up to date; every mnemonic in its class; a sample's tokens, word by word. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { before, test } from 'node:test';
import type textmate from 'vscode-textmate';
import { instructions, REGISTERS } from '../../src/ui/instructionFacts';
import { loadGrammar, scopeOf as scopeIn } from './tokens';

let grammar: textmate.IGrammar;

before(async () => {
  grammar = await loadGrammar();
});

const scopeOf = (line: string, word: string): string => scopeIn(grammar, line, word);

test('regenerating gives the committed files', () => {
  const run = spawnSync(process.execPath, ['scripts/generateGrammar.mjs', '--check'], { encoding: 'utf8' });
  assert.equal(run.status, 0, run.stderr);
});

test('every mnemonic has the scope of its class', () => {
  const EXPECTED: Record<string, RegExp> = { privileged: /privileged|variable\.io/, sensitive: /sensitive/, innocuous: /keyword\.(mnemonic|control)/ };
  for (const [mnemonic, facts] of Object.entries(instructions())) {
    const rest = facts.cases[facts.cases.length - 1];
    if (rest.operands) continue;
    assert.match(scopeOf(`    ${mnemonic} `, mnemonic), EXPECTED[rest.kind], mnemonic);
    assert.match(scopeOf(`    ${mnemonic.toUpperCase()} `, mnemonic.toUpperCase()), EXPECTED[rest.kind], mnemonic);
  }
});

test('every register has a scope by class', () => {
  for (const register of REGISTERS) assert.match(scopeOf(`    push ${register}`, register), /register/, register);
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
  for (const [line, word, scope] of cases) assert.match(scopeOf(line, word), scope, line);
});

test('the sample, token by token', () => {
  const source = fs.readFileSync('test/syntaxes/sample.asm', 'utf8').split('\n');
  const lines: string[] = [];
  let state: textmate.StateStack | null = null;
  for (const line of source) {
    const result = grammar.tokenizeLine(line, state);
    state = result.ruleStack;
    lines.push(`>${line}`);
    for (const { startIndex, endIndex, scopes } of result.tokens) {
      const text = line.slice(startIndex, endIndex).trim();
      if (text) lines.push(`  ${text.padEnd(20)} ${scopes[scopes.length - 1]}`);
    }
  }
  const golden = 'test/golden/sample.tokens';
  const actual = `${lines.join('\n')}\n`;
  if (process.env.UPDATE_GOLDEN) {
    fs.mkdirSync(path.dirname(golden), { recursive: true });
    fs.writeFileSync(golden, actual);
  }
  assert.equal(actual, fs.readFileSync(golden, 'utf8'));
});
