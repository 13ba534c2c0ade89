/** Lane operations on 64 and 128 bits: what tells one from its neighbours. Interpreted and translated. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CPU } from '../../src/x86/cpuState';
import { CR4_OSFXSR } from '../../src/x86/flags';
import { EAX, ECX } from '../../src/x86/registers';
import { TestCpu } from '../harness/testCpu';

const benches = (['off', 'eager'] as const).map((translation) => new TestCpu({ model: 'p4', translation }));

/** Written as the manual draws it, the highest byte first. */
const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex')).reverse();
const text = (bytes: Uint8Array): string => Buffer.from(bytes).reverse().toString('hex');

/** Registers 0 (and 1) of 64 or 128 bits hold the operands; what register 0 and EAX become under both executors. */
function execute(source: string, destination: string, operand = destination): { readonly register: string; readonly eax: number } {
  const [first, second] = benches.map((bench) => {
    const { cpu } = bench;
    bench.flat32();
    cpu.set(CPU.CR4, CR4_OSFXSR);
    const length = bytes(destination).length;
    const file = length === 8 ? CPU.X87 : CPU.XMM;
    cpu.u8.set(bytes(destination), file);
    cpu.u8.set(bytes(operand), file + 16);
    cpu.setReg(EAX, 0);
    cpu.setReg(ECX, 0x1234);
    bench.load(`${source.replaceAll('@', length === 8 ? 'mm' : 'xmm')}\njmp behind\nbehind: hlt`);
    assert.equal(bench.runToHalt(64).kind, 'halted');
    return { register: text(cpu.u8.slice(file, file + length)), eax: cpu.reg(EAX) };
  });
  assert.deepEqual(first, second);
  return first;
}

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
  test(`${mnemonic} ${destination}, ${source}`, () => assert.equal(execute(`${mnemonic} @0, @1`, destination, source).register, result.replaceAll(' ', '')));

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
  test(`${mnemonic} ${destination}, ${count}`, () => assert.equal(execute(`${mnemonic} @0, ${count}`, destination).register, result.replaceAll(' ', '')));

test('a count in a register is 64 bits wide', () => {
  assert.equal(execute('psrlw @0, @1', '8000 8000 8000 8000', '00000001 00000000').register, '0000000000000000');
  assert.equal(execute('psrlw @0, @1', '8000 8000 8000 8000', '00000000 00000007').register, '0100010001000100');
  assert.equal(execute('psraw @0, @1', '8000 8000 7fff 8000', '00000100 00000000').register, 'ffffffff0000ffff');
});

test('an operand with itself', () => {
  assert.equal(execute('punpckhbw @0, @0', '0706050403020100').register, '0707060605050404');
  assert.equal(execute('packuswb @0, @0', '0707060605050404').register, 'ffffffffffffffff');
  assert.equal(execute('pxor @0, @0', 'ffffffffffffffff').register, '0000000000000000');
});

test('shuffles choose lanes and copy the rest', () => {
  const words = '0007 0006 0005 0004 0003 0002 0001 0000';
  assert.equal(execute('pshuflw @0, @1, 00011011b', words).register, '00070006000500040000000100020003');
  assert.equal(execute('pshufhw @0, @1, 00011011b', words).register, '00040005000600070003000200010000');
  assert.equal(execute('pshufd @0, @1, 00011011b', words).register, '00010000000300020005000400070006');
  assert.equal(execute('pshufw @0, @1, 00011011b', '0003 0002 0001 0000').register, '0000000100020003');
  assert.equal(execute('shufps @0, @1, 00011011b', words, '000f 000e 000d 000c 000b 000a 0009 0008').register, '00090008000b000a0005000400070006');
  assert.equal(execute('shufpd @0, @1, 01b', words, '000f 000e 000d 000c 000b 000a 0009 0008').register, '000b000a000900080007000600050004');
});

test('words and masks', () => {
  const register = 'ffff 8000 00ff 0080';
  assert.equal(execute('pmovmskb eax, @0', register).eax, 0b11100101);
  assert.equal(execute('pextrw eax, @0, 6', register).eax, 0x8000);
  assert.equal(execute('pinsrw @0, ecx, 3', register).register, '1234800000ff0080');
  assert.equal(execute('movmskpd eax, @0', '8000000000000000 0000000000000000').eax, 2);
  assert.equal(execute('movmskps eax, @0', '8000000000000000 0000000080000000').eax, 9);
});
