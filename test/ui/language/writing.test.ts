import assert from 'node:assert/strict';
import fs from 'node:fs';
import { test } from 'node:test';
import { instructions, type OtherInstruction } from '../../../src/ui/instructionFacts';
import { instructionHover, otherInstructionHover } from '../../../src/ui/instructionHover';
import { proposalsAt } from '../../../src/ui/language/completion';
import { DIRECTIVES, PREPROCESSOR, SIZES } from '../../../src/ui/language/directiveDocs';
import { parseSource } from '../../../src/ui/language/sourceModel';
import { signatureAt } from '../../../src/ui/language/signature';

const SOURCE = `%macro puts 1-2
%endmacro
; Where it begins.
start:
.loop:
        
        mov eax, 
        jmp 
other:
.loop:
        ; a comment
        %
        section 
section .data
`;
const model = parseSource(SOURCE);
const labels = (line: number) => proposalsAt(model, line, model.lines[line].length).map((p) => p.label);

test('completion: instructions, directives and macros where a statement begins', () => {
  const found = labels(5);
  for (const word of ['mov', 'cli', 'bits', 'db', 'puts']) assert.ok(found.includes(word), word);
  for (const word of ['eax', '.loop']) assert.ok(!found.includes(word), word);
});

test('completion: registers, sizes and names as operands; local labels of this label only', () => {
  const found = labels(7);
  for (const word of ['eax', 'cr0', 'dword', 'start', '.loop', 'other', 'other.loop']) assert.ok(found.includes(word), word);
  for (const word of ['mov', 'start.loop', 'puts']) assert.ok(!found.includes(word), word);
  assert.equal(proposalsAt(model, 7, 12).find((p) => p.label === 'start')?.documentation, 'Where it begins.');
});

test('completion: preprocessor words, sections, nothing in comments', () => {
  assert.ok(labels(11).includes('%macro'));
  assert.deepEqual(labels(12), ['.data']);
  assert.deepEqual(labels(10), []);
});

test('everything on offer has words of its own', () => {
  for (const proposal of proposalsAt(model, 5, 8)) assert.ok(proposal.documentation || proposal.kind === 'macro', proposal.label);
  for (const table of [DIRECTIVES, PREPROCESSOR, SIZES]) for (const [word, text] of table) assert.match(text, /^[A-Z0-9].*\.$/, word);
});

test('signature: operand forms, the one that fits, the operand in hand', () => {
  const help = signatureAt('  mov ax, ');
  assert.ok(help);
  assert.equal(help.parameter, 1);
  assert.ok(help.signatures.some((s) => s.label === 'mov cr, r32'));
  assert.equal(help.signatures[help.active].parameters.length, 2);
  assert.equal(signatureAt('x: imul eax, [ebx+(4,5)], ')?.parameter, 2);
  assert.equal(signatureAt('  cli '), undefined);
  assert.equal(signatureAt('  mov ax, 1 ; c'), undefined);
});

test('signature: parameters of a macro', () => {
  const help = signatureAt('  puts "a,b", ', [{ uri: 'file:///a', model }]);
  assert.deepEqual(help?.signatures[0], { label: 'puts %1, %2', parameters: ['%1', '%2'] });
  assert.equal(help?.parameter, 1);
});

test('every executed mnemonic: what it does, its operands, flags and exceptions', () => {
  for (const [mnemonic, facts] of Object.entries(instructions())) {
    assert.match(facts.summary ?? '', /^[A-Z].*\.$/, mnemonic);
    assert.ok(facts.forms.length > 0, mnemonic);
    assert.ok(instructionHover(mnemonic, '')?.includes(facts.summary ?? ''), mnemonic);
  }
  assert.match(instructionHover('div', 'ecx') ?? '', /#DE/);
  assert.match(instructionHover('lgdt', '[x]') ?? '', /#GP\(0\) outside CPL 0/);
  assert.match(instructionHover('mov', 'cr0, eax') ?? '', /reserved bits/);
  assert.doesNotMatch(instructionHover('mov', 'eax, ebx') ?? '', /reserved bits|486/);
});

test('every other mnemonic of the grammar has a hover too', () => {
  const others: Record<string, OtherInstruction> = JSON.parse(fs.readFileSync('syntaxes/mnemonics.json', 'utf8'));
  assert.ok(Object.keys(others).length + Object.keys(instructions()).length > 2392);
  for (const [mnemonic, entry] of Object.entries(others)) {
    assert.ok(!instructions()[mnemonic], mnemonic);
    assert.match(otherInstructionHover(mnemonic, entry), /does not have it/, mnemonic);
  }
  assert.match(otherInstructionHover('vmlaunch', others.vmlaunch), /\*\*privileged\*\*.*virtualization/);
  assert.match(otherInstructionHover('rdrand', others.rdrand), /r32/);
});
