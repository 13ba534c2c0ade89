/** Two machines on one switch: frames get from guest to guest, and the rest of the machines knows nothing of each other. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { Switch, type SwitchedFrame } from '../../src/devices/virtio/switch';
import { parseConfiguration } from '../../src/machine/configuration';
import { createMachine } from '../../src/machine/machine';
import type { TechniqueId } from '../../src/protocol/techniques';

const SOURCE = path.join('test', 'machine', 'peer.asm');
const files = {
  readFile: (name: string) => new Uint8Array(fs.readFileSync(name)),
  readInclude: (name: string, from: string) => {
    const found = path.join(path.dirname(from), name);
    return { path: found, bytes: new Uint8Array(fs.readFileSync(found)) };
  },
};

const makePeer = (network: Switch, technique: TechniqueId, define: Record<string, string>) => {
  const parsed = parseConfiguration({ program: SOURCE, technique, memory: 2, virtio: ['network'], define });
  if ('problems' in parsed) throw new Error(parsed.problems.join());
  const machine = createMachine(parsed.config, files, { network });
  let printed = '';
  machine.serial.on((bytes) => {
    printed += String.fromCharCode(...bytes);
  });
  return { vm: machine.vm, printed: () => printed };
};

/** Slices of both in turn, until both have ended; the one that answers is there first. */
const converse = (techniques: readonly [TechniqueId, TechniqueId], slice: number) => {
  const network = new Switch();
  const log: SwitchedFrame[] = [];
  network.frames.on((frame) => log.push(frame));
  const peers = [makePeer(network, techniques[0], {}), makePeer(network, techniques[1], { CALLS: '1' })];
  const running = new Set(peers);
  for (let turn = 0; running.size > 0 && turn < 1000; turn++)
    for (const peer of running) {
      const stop = peer.vm.run(slice, 10_000);
      if (stop.kind !== 'budget') {
        assert.deepEqual(stop, { kind: 'exited', code: 0 });
        running.delete(peer);
      }
    }
  return {
    printed: peers.map((peer) => peer.printed()),
    hashes: peers.map((peer) => peer.vm.stateHash()),
    frames: log.map(({ time, from, to, frame }) => ({ time, from, to: [...to], text: new TextDecoder().decode(frame.subarray(14)).split('\0')[0] })),
  };
};

const EXPECTED = ['Is anybody there?\nPASS\n', 'Yes, behind the switch\nPASS\n'];

test('a question and an answer, under different techniques', () => {
  for (const techniques of [
    ['bare', 'bare'],
    ['trap', 'bt'],
  ] as const) {
    const { printed, frames } = converse(techniques, 2000);
    assert.deepEqual(printed, EXPECTED);
    assert.deepEqual(
      frames.map(({ from, to, text }) => ({ from, to, text })),
      [
        { from: 1, to: [0], text: 'Is anybody there?' },
        { from: 0, to: [1], text: 'Yes, behind the switch' },
      ],
    );
  }
});

test('the same slices give the same run', () => {
  const once = converse(['bare', 'bare'], 1500);
  assert.deepEqual(once.printed, EXPECTED);
  assert.deepEqual(converse(['bare', 'bare'], 1500), once);
  assert.deepEqual(converse(['bare', 'bare'], 100).printed, EXPECTED);
});
