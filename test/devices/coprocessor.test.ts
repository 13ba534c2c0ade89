import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Coprocessor } from '../../src/devices/coprocessor';

test('FERR# latches IRQ 13 until port F0h is written; IGNNE# lasts as long as the error', () => {
  let level = false;
  const coprocessor = new Coprocessor({ raise: () => (level = true), lower: () => (level = false) });
  const acknowledge = () => coprocessor.write(0, 0, 1, 0);
  acknowledge();
  assert.equal(coprocessor.ignored, false, 'nothing to acknowledge');
  coprocessor.assert();
  assert.equal(level, true);
  coprocessor.release();
  assert.equal(level, true, 'latched');
  acknowledge();
  assert.deepEqual([level, coprocessor.ignored], [false, true]);
  coprocessor.assert();
  assert.equal(level, false, 'ignored');
  const saved = coprocessor.save();
  coprocessor.release();
  assert.equal(coprocessor.ignored, false);
  coprocessor.assert();
  assert.equal(level, true);
  coprocessor.restore(saved);
  assert.deepEqual(coprocessor.save(), saved);
  coprocessor.reset();
  assert.deepEqual([level, coprocessor.ignored], [false, false]);
});
