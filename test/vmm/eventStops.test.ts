/** A stop on every kind of event: the guest stands where it happens or behind it, goes on, and ends as if nobody had stopped it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TechniqueId } from '../../src/protocol/techniques';
import { VMM_EVENT_KINDS, type VmmEventKind } from '../../src/protocol/vmmEvent';
import type { EventStop, StopReason } from '../../src/vmm/debuggable';
import { INSTRUCTIONS } from '../../src/x86/instructionTable';
import { boot } from '../guest/play';

type Row = readonly [kind: VmmEventKind, file: string, technique: TechniqueId, launch?: Readonly<Record<string, unknown>>];

const OPTIMISED = { translation: 'optimised' };
const FIRST = { nestedPaging: false };
const VIRTIO = { disk: 'numbered:4032', virtio: 'block' };
const NANO = { define: { COUNT: '40' }, memory: 4 };

// biome-ignore format: a table
const ROWS: readonly Row[] = [
  ['sensitive',         'test/guest/privileged.asm',    'bare'],
  ['silent',            'examples/popf.asm',            'trap'],
  ['trap',              'test/guest/privileged.asm',    'trap'],
  ['callout',           'test/guest/privileged.asm',    'bt'],
  ['inline',            'test/guest/privileged.asm',    'bt', OPTIMISED],
  ['blockTranslated',   'test/guest/privileged.asm',    'bt'],
  ['blockEnd',          'test/guest/privileged.asm',    'bt'],
  ['blockChained',      'test/guest/paging.asm',        'bt', OPTIMISED],
  ['blockInvalidated',  'test/guest/selfModifying.asm', 'bt'],
  ['adapted',           'bench/nano/ptemod.asm',        'bt', { ...OPTIMISED, ...NANO }],
  ['hiddenFault',       'test/guest/paging.asm',        'trap'],
  ['hiddenFault',       'test/guest/paging.asm',        'bt', OPTIMISED],
  ['hiddenFault',       'test/guest/paging.asm',        'hvm', FIRST],
  ['trueFault',         'test/guest/paging.asm',        'trap'],
  ['shadowFill',        'test/guest/paging.asm',        'trap'],
  ['shadowFill',        'test/guest/paging.asm',        'hvm', FIRST],
  ['tracedWrite',       'test/guest/paging.asm',        'trap'],
  ['tracedWrite',       'test/guest/paging.asm',        'bt'],
  ['tracedWrite',       'test/guest/paging.asm',        'hvm', FIRST],
  ['hypercall',         'test/guest/hypercalls.asm',    'pv'],
  ['vmExit',            'test/guest/timer.asm',         'hvm'],
  ['vmExit',            'test/guest/paging.asm',        'hvm', FIRST],
  ['vmEntry',           'test/guest/timer.asm',         'hvm'],
  ['injection',         'test/guest/timer.asm',         'hvm'],
  ['interrupt',         'test/guest/timer.asm',         'bare'],
  ['softwareInterrupt', 'test/guest/bios.asm',          'bt'],
  ['guestFault',        'test/guest/exceptions.asm',    'trap'],
  ['tripleFault',       'test/guest/tripleFault.asm',   'hvm'],
  ['firmware',          'test/guest/bios.asm',          'bare'],
  ['modeSwitch',        'test/guest/modes.asm',         'trap'],
  ['controlWrite',      'test/guest/modes.asm',         'bare'],
  ['port',              'test/guest/timer.asm',         'hvm'],
  ['unclaimed',         'test/guest/ioBitmap.asm',      'bare'],
  ['deviceError',       'test/guest/virtioBlock.asm',   'bare', VIRTIO],
  ['deviceError',       'test/guest/virtioBlock.asm',   'trap', VIRTIO],
];

/** No guest can meet it: every row of the instruction table has a lift. */
const NEVER: readonly VmmEventKind[] = ['unimplemented'];
/** Stops at most: what happens at every block need not be met at every block. */
const STOPS = 60;
const LIMIT = 3_000_000;

function play([kind, file, technique, launch]: Row, stops: readonly EventStop[]) {
  const { vm } = boot(file, technique, launch);
  vm.setEventStops(stops);
  const places: number[] = [];
  for (;;) {
    const stop: StopReason = vm.run(LIMIT - vm.retired, 10_000);
    if (stop.kind !== 'event') return { places, end: stop.kind, hash: vm.stateHash(), retired: vm.retired };
    assert.equal(stop.event.kind, kind);
    places.push(vm.retired);
    assert.ok(vm.retired - stop.event.retired <= 1, `${kind} at ${stop.event.retired}, stopped at ${vm.retired}`);
    if (places.length === STOPS) vm.setEventStops([]);
  }
}

for (const row of ROWS) {
  const [kind, file, technique, launch] = row;
  test(`stop on ${kind}: ${file} under ${technique}${launch === FIRST ? ', first generation' : launch ? ', optimised' : ''}`, () => {
    const free = play(row, []);
    const stopped = play(row, [{ kind }]);
    if (kind === 'tripleFault') assert.equal(stopped.end, 'tripleFault');
    else assert.ok(stopped.places.length > 0, 'no stop');
    assert.deepEqual([stopped.end, stopped.retired, stopped.hash], [free.end, free.retired, free.hash]);
  });
}

test('every kind is in the table', () => {
  const covered = [...ROWS.map(([kind]) => kind), ...NEVER];
  assert.deepEqual(
    VMM_EVENT_KINDS.filter((kind) => !covered.includes(kind)),
    [],
  );
});

test('nothing is left to stop on as not implemented', () => {
  assert.deepEqual(
    INSTRUCTIONS.filter(({ lift }) => lift === 'unimplemented').map(({ mnemonic }) => mnemonic),
    [],
  );
});
