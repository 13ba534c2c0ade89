import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Changes } from '../../src/webview/changes';
import { asciiOf, base64Of, bytesOf, formatReference, parseAddress, segmentOffset, viewStart } from '../../src/webview/memory/memoryRows';
import { entryBits, guestSteps, nestedSteps, shadowSteps } from '../../src/webview/system/pageSteps';

test('changes are against the stop before, edits in between included', () => {
  const changes = new Changes();
  changes.begin(1);
  assert.equal(changes.note('eax', 1), false);
  changes.begin(2);
  assert.equal(changes.note('eax', 2), true);
  assert.equal(changes.note('eax', 2), true, 'asked once more');
  assert.equal(changes.before('eax'), '1');
  changes.begin(2);
  assert.equal(changes.note('eax', 1), false, 'put back');
  changes.begin(3);
  assert.equal(changes.note('eax', 1), false);
  assert.equal(changes.note('ebx', 5), false, 'not looked at before');
});

test('a walk through two tables, and a large page', () => {
  const guest = {
    entries: [
      { level: 'directory' as const, at: 0x100000, value: 0x101027 },
      { level: 'table' as const, at: 0x101020, value: 0x8027 },
    ],
    physical: 0x8000,
  };
  const steps = guestSteps({ linear: 0x8000, guest, shadow: [] }, 0x8d5d, false);
  assert.deepEqual(
    steps.map((s) => s.value),
    ['00008D5Dh', '00101027h', '00008027h', '00008D5Dh'],
  );
  assert.deepEqual(steps[0].lines, ['directory 0, table 8, offset 0D5Dh']);
  assert.deepEqual(steps[1].lines, ['at physical 00100000h', 'P R/W U/S A', 'writable, user', 'table at 00101000h']);
  const large = guestSteps({ linear: 0, guest: { entries: [{ level: 'directory', at: 0, value: 0x400083 }], physical: 0x400000 }, shadow: [] }, 0, false);
  assert.equal(large[1].lines.at(-1), 'large page at 00400000h');
});

test('a walk that ends in a fault says its error code', () => {
  const steps = guestSteps({ linear: 0, guest: { entries: [{ level: 'directory', at: 0, value: 0 }], errorCode: 0 }, shadow: [] }, 0x1000, true);
  assert.match(steps[0].lines[0], /directory pointer 0, directory 0, table 1/);
  assert.deepEqual(steps.at(-1), { title: 'Page fault', value: 'error code 0000h', lines: ['read by a supervisor, page not present'], fault: true });
  assert.equal(entryBits(0), 'no bit set: not present');
});

test('shadow and nested tables', () => {
  const [root, entry] = shadowSteps({ view: 'kernel', kind: 'traced', entry: 0x1708005, table: 0x1500000 });
  assert.equal(root.value, 'table at 01500000h');
  assert.deepEqual(entry.lines, ['P U/S', 'read-only, user', 'maps it read-only: the VMM sees every store']);
  assert.equal(shadowSteps({ view: 'user', kind: 'hidden', entry: 0 })[1].fault, true);
  assert.equal(nestedSteps({ at: 0x1000, permissions: 5 })[1].value, 'R X');
  assert.equal(nestedSteps({ permissions: 0 })[1].fault, true);
});

test('addresses of memory', () => {
  assert.deepEqual(parseAddress('phys:0x00001000'), { space: 'physical', address: 0x1000 });
  assert.equal(formatReference({ space: 'physical', address: 0x1000 }), 'phys:0x00001000');
  assert.equal(formatReference({ space: 'linear', address: 0xfffffff0 }), '0xfffffff0');
  assert.throws(() => parseAddress('7C00h'), /no memory reference/);
  assert.equal(viewStart(0x7c05, 256), 0x7c00);
  assert.equal(viewStart(-5, 256), 0);
  assert.equal(viewStart(0xffffffff, 256), 0xffffff00);
  assert.deepEqual(segmentOffset('07C0h:10h'), { segment: '07C0h', offset: 0x10 });
  assert.deepEqual(segmentOffset('ds:0x20'), { segment: 'ds', offset: 0x20 });
  assert.equal(segmentOffset('phys:0x1000'), undefined);
  assert.equal(segmentOffset('start'), undefined);
});

test('bytes as text and base64', () => {
  assert.equal([0x41, 0x0a, 0x7f, 0xff].map(asciiOf).join(''), 'A...');
  assert.deepEqual([...bytesOf(base64Of([0, 255, 10]))], [0, 255, 10]);
});
