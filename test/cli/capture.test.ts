import assert from 'node:assert/strict';
import { test } from 'node:test';
import { captureFrames } from '../../src/cli/capture';
import type { CliEnvironment } from '../../src/cli/command';
import { Switch } from '../../src/devices/virtio/switch';

const capture = (path: string | undefined): Map<string, Uint8Array> => {
  const written = new Map<string, Uint8Array>();
  const environment = { writeFile: (name: string, content: Uint8Array) => void written.set(name, content) } as unknown as CliEnvironment;
  const network = new Switch();
  const save = captureFrames(network, path, environment);
  const port = network.connect(() => {});
  for (const length of [60, 14, 13]) port.send(new Uint8Array(length), 1000);
  save();
  return written;
};

test('frames on the switch become a capture file', () => {
  const bytes = capture('frames.pcap').get('frames.pcap')!;
  assert.equal(bytes.length, 24 + 16 + 60 + 16 + 14, 'what is too short for a frame is none');
  assert.deepEqual([...bytes.subarray(0, 4)], [0x4d, 0x3c, 0xb2, 0xa1]);
});

test('without a path nothing is written', () => {
  assert.equal(capture(undefined).size, 0);
});
