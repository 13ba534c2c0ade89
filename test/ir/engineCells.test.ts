/** No two of the engine's cells are in the same place, and nobody takes one but from where they are given out. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { test } from 'node:test';
import { ENGINE_CELLS } from '../../src/ir/engineCells';
import { WINDOWS } from '../../src/memory/layout';
import { CPU } from '../../src/x86/cpuState';

const places = Object.values(ENGINE_CELLS).sort((a, b) => a - b);

test('each has its bytes to itself, between the CPU and what lies behind', () => {
  assert.ok(places[0] >= CPU.END && Math.max(...Object.values(CPU)) === CPU.END);
  for (const [n, at] of places.entries()) {
    const bytes = at === ENGINE_CELLS.time ? 8 : 4;
    assert.equal(at % bytes, 0);
    assert.ok(at + bytes <= (places[n + 1] ?? WINDOWS));
  }
});

test('cells of the CPU are in different places', () => {
  assert.equal(new Set(Object.values(CPU)).size, Object.keys(CPU).length);
});

test('nothing else takes a place behind the CPU', () => {
  const sources = fs.readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  const taking = sources.filter((name) => /\bCPU\.END\b(?! >> 2)/.test(fs.readFileSync(`src/${name}`, 'utf8')));
  assert.deepEqual(taking, ['ir/engineCells.ts']);
});
