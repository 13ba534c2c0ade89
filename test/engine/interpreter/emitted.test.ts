/** The interpreter's module is emitted by the build: what ships is what the source says, and the same each time. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { test } from 'node:test';
import { FormTable } from '../../../src/engine/forms';
import { emittedInterpreter } from '../../../src/engine/interpreter/emitted';
import { emitInterpreter } from '../../../src/engine/interpreter/module';

const fresh = Buffer.from(emitInterpreter(new FormTable()));

test('this bundle got the module that its own source emits', () => {
  const given = Buffer.from(emittedInterpreter(new FormTable()));
  assert.ok(given.equals(fresh));
});

test('the build has the module that the source emits: npm run build', () => {
  assert.ok(fs.readFileSync('dist/interpreter.wasm').equals(fresh));
});
