/** Lane operations on 64 and 128 bits: what tells one from its neighbours. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PACKED, PACKED_SHIFTS, byteMask, extractWord, insertWord, shiftCount, shuffle } from '../../src/semantics/packed';

/** Written as the manual draws it, the highest byte first. */
const view = (hex: string): DataView => new DataView(Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex')).reverse().buffer);
const text = (v: DataView): string => Buffer.from(new Uint8Array(v.buffer).slice().reverse()).toString('hex');

const operations: readonly (readonly [mnemonic: string, destination: string, source: string, result: string])[] = [
  ['paddb', 'ff00000000000001', '0100000000000001', '0000000000000002'],
  ['paddsw', '7fff 8000 0001 ffff', '0001 ffff 0001 0001', '7fff 8000 0002 0000'],
  ['paddusb', 'ff80000000000001', '0180000000000001', 'ffff000000000002'],
  ['psubusw', '0001 ffff 0000 0005', '0002 0001 0000 0005', '0000 fffe 0000 0000'],
  ['paddq', 'ffffffffffffffff 0000000000000001', '0000000000000001 00000000ffffffff', '0000000000000000 0000000100000000'],
  ['pmulhw', '8000 8000 0002 ffff', '8000 0001 4000 0001', '4000 ffff 0000 ffff'],
  ['pmulhuw', '8000 ffff 0002 ffff', '8000 ffff 8000 0001', '4000 fffe 0001 0000'],
  ['pmuludq', '12345678ffffffff', '9abcdef0ffffffff', 'fffffffe00000001'],
  ['pmaddwd', '8000 8000 0002 0003', '8000 8000 0004 ffff', '80000000 00000005'],
  ['psadbw', '00ff 0102 0304 0506 ffffffffffffffff', 'ff00 0102 0304 0506 0000000000000000', '00000000000001fe 00000000000007f8'],
  ['pavgb', '00ff010000000000', '01ff020000000000', '01ff020000000000'],
  ['pcmpgtb', '0180007f00000000', '007f00ff00000000', 'ff0000ff00000000'],
  ['pandn', 'f0f0f0f0f0f0f0f0', 'ffffffff00000000', '0f0f0f0f00000000'],
  ['punpcklbw', '0706050403020100', '1716151413121110', '1303120211011000'],
  ['punpckhwd', '0706050403020100', '1716151413121110', '1716070615140504'],
  ['punpcklqdq', '1111111111111111 2222222222222222', '3333333333333333 4444444444444444', '4444444444444444 2222222222222222'],
  ['packsswb', '7fff 8000 0001 ff80', '0080 007f ff7f 0000', '7f7f8000 7f800180'],
  ['packuswb', '7fff 8000 0001 ff80', '0080 00ff 0100 0000', '80ffff00 ff000100'],
  ['packssdw', '00007fff ffff7fff', '00008000 80000000', '7fff8000 7fff8000'],
];

for (const [mnemonic, destination, source, result] of operations)
  test(`${mnemonic} ${destination}, ${source}`, () => {
    const d = view(destination);
    PACKED[mnemonic](d, view(source));
    assert.equal(text(d), result.replaceAll(' ', ''));
  });

const shifts: readonly (readonly [mnemonic: string, destination: string, count: number, result: string])[] = [
  ['psllw', '8001 0001 ffff 0000', 1, '0002 0002 fffe 0000'],
  ['psrld', '80000000 00000003', 1, '40000000 00000001'],
  ['psraw', '8000 7fff 0001 ffff', 255, 'ffff 0000 0000 ffff'],
  ['psrad', '80000000 7fffffff', 31, 'ffffffff 00000000'],
  ['psllw', '8001 0001 ffff 0000', 16, '0000 0000 0000 0000'],
  ['psrlq', '8000000000000000', 63, '0000000000000001'],
  ['psllq', '8000000000000001', 64, '0000000000000000'],
  ['pslldq', '00112233445566778899aabbccddeeff', 3, '33445566778899aabbccddeeff000000'],
  ['psrldq', '00112233445566778899aabbccddeeff', 15, '00000000000000000000000000000000'],
];

for (const [mnemonic, destination, count, result] of shifts)
  test(`${mnemonic} ${destination}, ${count}`, () => {
    const d = view(destination);
    PACKED_SHIFTS[mnemonic](d, count);
    assert.equal(text(d), result.replaceAll(' ', ''));
  });

test('an operand with itself', () => {
  const d = view('0706050403020100');
  PACKED.punpckhbw(d, d);
  assert.equal(text(d), '0707060605050404');
  PACKED.packuswb(d, d);
  assert.equal(text(d), 'ffffffffffffffff');
  PACKED.pxor(d, d);
  assert.equal(text(d), '0000000000000000');
});

test('shuffles choose lanes and copy the rest', () => {
  const words = view('0007 0006 0005 0004 0003 0002 0001 0000');
  const shuffled = (size: 2 | 4, at: number): string => {
    const d = view('00'.repeat(16));
    shuffle(d, words, 0b00_01_10_11, size, at);
    return text(d);
  };
  assert.equal(shuffled(2, 0), '00070006000500040000000100020003');
  assert.equal(shuffled(2, 8), '00040005000600070003000200010000');
  assert.equal(shuffled(4, 0), '00010000000300020005000400070006');
});

test('words and masks', () => {
  const d = view('ffff 8000 00ff 0080');
  assert.equal(byteMask(d), 0b11100101);
  assert.equal(extractWord(d, 6), 0x8000);
  insertWord(d, 0x1234, 3);
  assert.equal(text(d), '1234800000ff0080');
  assert.equal(shiftCount(view('00000001 00000000')), 255);
  assert.equal(shiftCount(view('00000000 00000007')), 7);
});
