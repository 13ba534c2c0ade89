import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inflateSync } from 'node:zlib';
import { encodePng } from '../../src/cli/png';

test('a PNG file has its chunks, their checks, and the pixels line by line', () => {
  const pixels = Int32Array.of(0xff0000ff | 0, 0xff00ff00 | 0, 0xffff0000 | 0, 0xffffffff | 0, 0xff000000 | 0, 0xff332211 | 0);
  const file = encodePng({ width: 3, height: 2, pixels });
  assert.deepEqual([...file.slice(0, 8)], [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const view = new DataView(file.buffer, file.byteOffset);
  const chunks = new Map<string, Uint8Array>();
  for (let at = 8; at < file.length; at += 12 + view.getUint32(at)) {
    const length = view.getUint32(at);
    chunks.set(new TextDecoder().decode(file.subarray(at + 4, at + 8)), file.subarray(at + 8, at + 8 + length));
  }
  assert.deepEqual([...chunks.keys()], ['IHDR', 'IDAT', 'IEND']);
  assert.deepEqual([...chunks.get('IHDR')!], [0, 0, 0, 3, 0, 0, 0, 2, 8, 2, 0, 0, 0]);
  assert.deepEqual([...inflateSync(chunks.get('IDAT')!)], [0, 255, 0, 0, 0, 255, 0, 0, 0, 255, 0, 255, 255, 255, 0, 0, 0, 0x11, 0x22, 0x33]);
  assert.equal(view.getUint32(file.length - 4), 0xae426082, 'the check of an empty IEND, as in every PNG file');
});
