/** Every lab: what its text promises happens, in each language; and the vandal's neighbour never notices. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { TECHNIQUES, type TechniqueId } from '../../src/protocol/techniques';
import { LAB_FILES, LAB_LANGUAGES, LABS, labConfiguration, labGuest, labLanguage, labText, readLab } from '../../src/ui/labs';
import { Hypervisor } from '../../src/vmm/hypervisor';
import { parseConfigurations } from '../../src/machine/configuration';
import { type Claim, claimsOf } from './labClaims';
import { boot, play, type Run } from './play';

const FOLDER = 'examples/labs';
const OPTIONS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = { optimised: { translation: 'optimised' }, vandal: { define: { ROLE: '1' } } };

const runs = new Map<string, Run>();
function runOf(file: string, name: string): Run {
  const key = `${file} ${name}`;
  const [technique, option] = name.split('+');
  const launch = option ? OPTIONS[option] : {};
  const run = runs.get(key) ?? play(file, technique as TechniqueId, { launch, keys: '' }, { breakpoints: stopsOf(file, technique as TechniqueId, launch) });
  runs.set(key, run);
  return run;
}

/** The run of somebody who does the lab: with its breakpoints set, which end blocks. */
function stopsOf(file: string, technique: TechniqueId, launch: Readonly<Record<string, unknown>>): number[] {
  const lines = boot(file, technique, launch).assembly?.lines ?? [];
  const stops = readLab(fs.readFileSync(file, 'utf8'))?.stops ?? [];
  return stops.flatMap((stop) => lines.find((l) => l.code && l.line === stop + 1 && path.resolve(l.path) === path.resolve(file))?.address ?? []);
}

function linesWith({ events, machine }: Run, kind: string, file: string): string[] {
  const source = fs.readFileSync(file, 'utf8').split('\n');
  const lines = machine.assembly?.lines.filter((l) => l.code && path.resolve(l.path) === path.resolve(file)) ?? [];
  return events.filter((e) => e.kind === kind).flatMap((e) => lines.filter((l) => e.linear >= l.address && e.linear < l.address + l.length).map((l) => source[l.line - 1].trim()));
}

const CHECKS: { readonly [K in Claim['kind']]: (claim: Extract<Claim, { kind: K }>, file: string) => void } = {
  stops: ({ count }, file) => assert.equal(readLab(fs.readFileSync(file, 'utf8'))?.stops.length, count),
  count: ({ event, run, count }, file) => assert.equal(runOf(file, run).machine.vm.eventCounts[event as 'trap'], count, `${event} under ${run}`),
  hits: ({ label, run, count }, file) => {
    const { machine } = runOf(file, run);
    const at = machine.assembly?.symbols.find((s) => s.name === label)?.value;
    assert.deepEqual(
      machine.vm.blocks().flatMap((b) => (b.linear === at ? [b.hits] : [])),
      [count],
      `blocks at ${label} under ${run}`,
    );
  },
  line: ({ event, run, code }, file) => {
    const found = linesWith(runOf(file, run), event, file);
    assert.ok(
      found.some((text) => text.startsWith(code)),
      `no ${event} at ${code} under ${run}, but at ${[...new Set(found)].join(' | ')}`,
    );
  },
  prints: ({ run, texts }, file) => {
    for (const text of texts) assert.ok(runOf(file, run).serial.includes(text), `${run} prints no ${text} but ${JSON.stringify(runOf(file, run).serial)}`);
  },
  ends: ({ run, ending }, file) => assert.equal(runOf(file, run).ending, ending),
  cost: ({ dearer, cheaper }, file) => {
    const [more, less] = [dearer, cheaper].map((run) => runOf(file, run).machine.vm.cycles);
    assert.ok(more > less, `${dearer}: ${more}, ${cheaper}: ${less}`);
  },
};

for (const lab of LABS) {
  const file = path.join(FOLDER, labGuest(lab));
  const texts = LAB_LANGUAGES.map((language) => [language, fs.readFileSync(path.join(FOLDER, labText(lab, language)), 'utf8')] as const);

  test(`${lab.name}: the guest says which lab it is, and where to stop`, () => {
    const source = readLab(fs.readFileSync(file, 'utf8'));
    assert.equal(source?.id, lab.id);
    assert.ok(source.stops.length >= 3);
    const { lines } = runOf(file, source.technique).machine.assembly!;
    const code = new Set([...lines, ...(runOf(file, `${source.technique}+vandal`).machine.assembly?.lines ?? [])].filter((l) => l.code).map((l) => l.line));
    for (const stop of source.stops) assert.ok(code.has(stop + 1), `line ${stop + 1} holds no code to stop at`);
  });

  for (const [language, text] of texts) {
    const claims = claimsOf(text);
    test(`${lab.name} (${language}): ${claims.length} promises are kept`, () => {
      for (const claim of claims) CHECKS[claim.kind](claim as never, file);
    });
  }

  test(`${lab.name}: both languages promise the same, and enough`, () => {
    const [english, ...others] = texts.map(([, text]) => claimsOf(text));
    assert.ok(english.length >= 8);
    for (const other of others) assert.deepEqual(other, english);
  });
}

test('a text names techniques and views as they are called in its language', () => {
  const spanish: Readonly<Record<string, string>> = JSON.parse(fs.readFileSync('l10n/bundle.l10n.es.json', 'utf8'));
  const english = JSON.parse(fs.readFileSync('package.nls.json', 'utf8'));
  const translated = TECHNIQUES.filter(({ name }) => spanish[name] !== name).map(({ name }) => name.replace(/ \(.*/, ''));
  const names = [...translated, english['view.exits'], english['view.blocks'], 'Debug Console', 'Call Stack'];
  for (const lab of LABS) {
    const text = fs.readFileSync(path.join(FOLDER, labText(lab, 'es')), 'utf8');
    assert.deepEqual(
      names.filter((name) => text.includes(`*${name}*`)),
      [],
      lab.name,
    );
  }
});

test('isolation: the neighbour of a vandal runs as it does alone', () => {
  const file = path.resolve(FOLDER, '6-isolation.asm');
  const parsed = parseConfigurations({ ...labConfiguration('isolation', file, 'trap') });
  assert.ok('vms' in parsed);
  const guests = parsed.vms.map(({ name, config }) => {
    const machine = boot(file, config.technique, { define: config.define });
    machine.vm.recordEvents = true;
    return { name, vm: machine.vm, share: { weight: config.weight } };
  });
  const hypervisor = new Hypervisor(guests);
  while (!hypervisor.run(1000)) {}
  assert.deepEqual(
    guests.map((g) => [g.name, hypervisor.endingOf(g)?.kind]),
    [
      ['vandal', 'tripleFault'],
      ['neighbour', 'exited'],
    ],
  );
  assert.equal(guests[1].vm.stateHash(), runOf(path.join(FOLDER, '6-isolation.asm'), 'trap').hash);
});

test('the files that a lab needs are there, and every locale has a text', () => {
  for (const [folder, names] of Object.entries(LAB_FILES)) for (const name of names) assert.ok(fs.existsSync(path.join('examples', folder, name)), name);
  assert.deepEqual(['en', 'es', 'es-AR', 'de', 'pt_BR'].map(labLanguage), ['en', 'es', 'es', 'en', 'en']);
});
