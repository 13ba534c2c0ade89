/** The grammars beside NASM's: GNU assembler source, and listings. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { before, test } from 'node:test';
import type textmate from 'vscode-textmate';
import { assemble } from '../../src/asm/assemble';
import { listing } from '../../src/cli/listing';
import { loadGrammar, scopeOf, tokensOf } from './tokens';

let gas: textmate.IGrammar;
let lst: textmate.IGrammar;

before(async () => {
  gas = await loadGrammar('ringside-gas');
  lst = await loadGrammar('ringside-listing');
});

const SOURCE = `#include <asm/segment.h>
/* a comment
   of two lines: movl */
        .code16
        .globl  _start
_start: cli                     # off
        movw    $0x10, %ax
        movw    %ax, %ds
        movl    %eax, %cr0
        movl    -8(%ebp), %ecx
        inb     $0x60, %al
        popfl
        ljmp    $8, $1f
1:      .asciz  "text: \\n"
        .macro  push_all
        addps   %xmm1, %xmm0
        mov     eax, dword ptr [ebx]
`;

test('GNU assembler: instructions by what they are to a hypervisor, in both syntaxes', () => {
  const cases: [word: string, scope: RegExp][] = [
    ['include', /keyword\.control\.directive/],
    ['.code16', /keyword\.other\.directive/],
    ['_start', /label/],
    ['cli', /privileged/],
    ['$0x10', /numeric\.hex/],
    ['%ax', /register/],
    ['inb', /variable\.io/],
    ['popfl', /sensitive/],
    ['ljmp', /sensitive/],
    ['$8', /numeric\.decimal/],
    ['addps', /simd/],
    ['push_all', /function\.macro/],
    ['.asciz', /storage\.type\.data/],
    ['dword ptr', /storage\.modifier\.size/],
  ];
  const tokens = tokensOf(gas, SOURCE);
  for (const [word, scope] of cases) assert.match(tokens.find(([text]) => text === word)?.[1] ?? 'none', scope, word);
  const mnemonics = tokens.filter(([text]) => text === 'movw' || text === 'movl').map(([, scope]) => scope.match(/privileged|sensitive|mnemonic/)?.[0]);
  assert.deepEqual(mnemonics, ['mnemonic', 'sensitive', 'privileged', 'mnemonic']);
  assert.ok(tokens.some(([text, scope]) => text.includes('two lines') && scope.startsWith('comment')));
  assert.match(scopeOf(gas, '  jmp 1b', '1b'), /label\.local/);
});

test('a listing of ours: columns, then NASM source', () => {
  const path = 'examples/trap.asm';
  const source = fs.readFileSync(path, 'utf8');
  const tokens = tokensOf(lst, listing(source, path, assemble(source, { path, readFile: () => undefined })));
  const scope = (word: string) => tokens.find(([text]) => text === word)?.[1] ?? 'none';
  assert.match(scope('00007C00'), /address/);
  assert.match(scope('FA'), /bytes/);
  assert.match(scope('lgdt'), /privileged/);
  assert.match(scope('smsw'), /sensitive/);
  assert.match(scope('start'), /label/);
  assert.match(scope('org'), /directive/);
  assert.ok(tokens.some(([text, s]) => text.includes('A boot sector that shows') && s.startsWith('comment')));
});

test('a listing of nasm: macros, reserved space, repeated lines, errors', () => {
  const lines = `     1                                  %macro twice 1
     9 00000002 90                  <1>  nop
    10 00000003 <res 10h>               buffer: resb 16
    11 00000013 00<rep 5h>              times 5 db 0
    12 00000018 E9(0500)                 jmp start
    13          ******************       error: symbol \`x' not defined`;
  const tokens = tokensOf(lst, lines);
  const scope = (word: string) => tokens.find(([text]) => text === word)?.[1] ?? 'none';
  assert.match(scope('%macro'), /keyword/);
  assert.match(scope('<1>'), /macro-depth/);
  assert.match(scope('nop'), /mnemonic/);
  assert.match(scope('<res 10h>'), /bytes/);
  assert.match(scope('buffer'), /label/);
  assert.match(scope('00<rep 5h>'), /bytes/);
  assert.match(scope('jmp'), /control/);
});
