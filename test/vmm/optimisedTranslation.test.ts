/** Binary translation with chaining, in-line emulation and adaption: nothing the guest can tell, and fewer calls to the VMM. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { parseConfiguration } from '../../src/machine/configuration';
import { createMachine } from '../../src/machine/machine';
import { AdaptiveTranslation } from '../../src/vmm/techniques/adaptiveTranslation';
import type { VmmEventKind } from '../../src/protocol/vmmEvent';
import { readExpectations } from '../guest/expectations';
import { type Options, type Run, play } from '../guest/play';

const GUESTS = ['paging', 'selfModifying', 'shadowAttack', 'virtualInterrupts', 'exceptions', 'singleStep', 'ide'];

const run = (guest: string, translation: string, options: Options = {}): Run => {
  const file = path.join(process.cwd(), `test/guest/${guest}.asm`);
  const expectations = readExpectations(fs.readFileSync(file, 'utf8'));
  return play(file, 'bt', { ...expectations, launch: { ...expectations.launch, translation } }, options);
};

const state = ({ retired, hash, serial, ending }: Run) => ({ retired, hash, serial, ending });
const count = ({ machine }: Run, kind: VmmEventKind): number => machine.vm.eventCounts[kind];

for (const guest of GUESTS)
  test(`${guest}: the same in both modes, straight, recorded and stepped`, () => {
    const textbook = run(guest, 'textbook', { record: false });
    const optimised = run(guest, 'optimised', { record: false });
    assert.deepEqual(state(optimised), state(textbook));
    const recorded = run(guest, 'optimised');
    assert.deepEqual(state(recorded), state(textbook));
    assert.deepEqual(state(run(guest, 'optimised', { slice: 1 })), state(textbook));
    assert.equal(recorded.events.filter(({ kind }) => kind === 'inline').length, count(recorded, 'inline'), 'every one is recorded');
    assert.equal(count(recorded, 'inline'), count(optimised, 'inline'), 'and counted without being recorded');
    assert.ok(count(optimised, 'inline') > 0);
    assert.equal(count(textbook, 'inline') + count(textbook, 'blockChained'), 0);
    const emulated = (r: Run) => count(r, 'inline') + r.events.filter(({ kind, reason }) => kind === 'callout' && reason !== 'adapted').length;
    assert.equal(emulated(recorded), count(textbook, 'callout'), 'what one calls out for, the other calls out for or emulates in line');
    assert.ok(optimised.machine.vm.cycles < textbook.machine.vm.cycles);
  });

/** The counts at the end of a guest in protected mode. */
function counts(source: string, translation: string) {
  const parsed = parseConfiguration({ program: 'g.asm', technique: 'bt', translation, memory: 2 });
  assert.ok('config' in parsed);
  const text = `bits 32\norg 0x8000\n${source}\nmov al, 0\nout 0xf4, al\n`;
  const { vm } = createMachine(parsed.config, { readFile: () => new TextEncoder().encode(text), readInclude: () => undefined });
  vm.recordEvents = true;
  assert.equal(vm.run(1_000_000, 10_000).kind, 'exited');
  return { counts: vm.eventCounts, cycles: vm.cycles, events: vm.events.read().map(({ entry }) => entry) };
}

test('a loop that disables and enables interrupts calls out a thousand times, or never', () => {
  const loop = 'mov ecx, 500\nagain: pushf\ncli\nsti\npopf\nloop again';
  const textbook = counts(loop, 'textbook');
  const optimised = counts(loop, 'optimised');
  assert.deepEqual([textbook.counts.callout, textbook.counts.inline], [2001, 0]);
  assert.deepEqual([optimised.counts.callout, optimised.counts.inline], [0, 2001]);
  assert.ok(optimised.counts.blockChained > 0);
  assert.ok(optimised.cycles * 10 < textbook.cycles);
});

/** Identity mapping of the first 4 MiB; then the code, EDI at the entry of page 100h. */
const PAGED = `
  mov edi, 0x100000
  mov dword [edi], 0x101007
  mov edi, 0x101000
  mov eax, 7
  mov ecx, 512
  fill: stosd
  add eax, 0x1000
  loop fill
  mov eax, 0x100000
  mov cr3, eax
  mov eax, cr0
  or eax, 0x80010000
  mov cr0, eax
  mov edi, 0x101400
  mov eax, [0x400]
`;
const WORK = `
  mov ecx, 100
  again: mov [edi], eax
  mov eax, [0x100000]
  invlpg [0x100000]
  loop again
`;

test('a store that keeps hitting a page table is translated to a callout', () => {
  const textbook = counts(`${PAGED}mov eax, 0x100007${WORK.replaceAll('mov eax, [', 'mov ebx, [')}`, 'textbook');
  const optimised = counts(`${PAGED}mov eax, 0x100007${WORK.replaceAll('mov eax, [', 'mov ebx, [')}`, 'optimised');
  assert.equal(textbook.counts.tracedWrite, 100);
  assert.equal(textbook.counts.adapted, 0);
  assert.equal(optimised.counts.tracedWrite, 100);
  assert.equal(optimised.counts.adapted, 1);
  assert.equal(optimised.events.filter(({ kind, reason }) => kind === 'callout' && reason === 'adapted').length, 92);
  assert.equal(optimised.events.filter(({ kind, cycles }) => kind === 'tracedWrite' && cycles > 0).length, 8, 'faults');
});

test('and is innocent again when it behaves', () => {
  const { events } = counts(
    `${PAGED}
     mov ebx, 2
     mov eax, 0x100007
     round: mov ecx, 20
     again: mov [edi], eax
     mov edx, [0x100000]
     invlpg [0x100000]
     loop again
     mov edi, 0x110000
     mov ecx, 300
     dec ebx
     jnz again`,
    'optimised',
  );
  const adapted = events.flatMap((e) => (e.kind === 'adapted' ? [e.translated] : []));
  assert.deepEqual(adapted, [true, false]);
});

test('the second time it takes more', () => {
  const a = new AdaptiveTranslation();
  const faults = (): number => {
    for (let n = 1; n < 1000; n++) if (a.faulted(0x8000)) return n;
    return 0;
  };
  const first = faults();
  assert.ok(a.isTranslated(0x8000) && !a.isTranslated(0x8001));
  for (let n = 0; n < 255; n++) assert.ok(!a.ran(0x8000, false));
  assert.ok(!a.ran(0x8000, true), 'once is enough to start over');
  for (let n = 0; n < 255; n++) assert.ok(!a.ran(0x8000, false));
  assert.ok(a.ran(0x8000, false));
  assert.ok(!a.isTranslated(0x8000));
  assert.ok(faults() > first);
});
