/**
 * Stores to pages that hold code: generated code makes by itself those that touch no code or change an immediate as a whole, and whichever
 * way a store takes, the guest does what one does whose code is decoded anew before every instruction.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Heat, Translation } from '../../src/engine/heat';
import { EAX, EBX, ECX, EDX, ESI } from '../../src/x86/registers';
import { TestCpu } from '../harness/testCpu';

const WARM: Heat = { threshold: 8, warm: 2, patience: 0 };
/** 'anew': nothing is kept of any code from one instruction to the next. */
type Way = Translation | Heat | 'anew';
const WAYS: readonly Exclude<Way, 'anew'>[] = ['off', 'eager', WARM];

/** Up to HLT, which is left. */
function decodeAnew({ cpu, vm: { engine, physical } }: TestCpu): void {
  while (physical.read8(cpu.eip) !== 0xf4) {
    engine.cache.clear('decoded anew');
    assert.equal(engine.step().kind, 'budget');
  }
}

/** `seen`: stores to code that TypeScript was told of. */
type Counted = TestCpu & { seen: number };

/** `functions`: sources by address. */
function run(translation: Way, source: string, registers: Readonly<Record<number, number>>, functions: Readonly<Record<number, string>> = {}): Counted {
  const cpu = Object.assign(new TestCpu({ translation: translation === 'anew' ? 'off' : translation }), { seen: 0 });
  cpu.flat32();
  for (const [at, text] of Object.entries(functions)) cpu.load(text, Number(at));
  for (const [register, value] of Object.entries(registers)) cpu.cpu.setReg(Number(register), value);
  const { physical, engine } = cpu.vm;
  const { onCodeWrite } = physical;
  physical.onCodeWrite = (...write) => {
    cpu.seen++;
    onCodeWrite(...write);
  };
  cpu.load(source);
  if (translation === 'anew') decodeAnew(cpu);
  assert.equal(cpu.runToHalt(8000).kind, 'halted');
  engine.cache.checkInvariants();
  engine.regions.checkInvariants();
  return cpu;
}

const lost = (cpu: TestCpu): number => cpu.vm.engine.cache.forgotten.filter(({ invalidatedBy }) => invalidatedBy === 'code written').length;

/** Every way ends with the same registers, and memory from 1000h to 3000h. */
function agree(source: string, registers: Readonly<Record<number, number>>, functions: Readonly<Record<number, string>> = {}): Counted {
  const all = (['anew', ...WAYS] as const).map((way) => run(way, source, registers, functions));
  const state = ({ cpu, vm }: TestCpu) => [[EAX, EBX, ECX, EDX, ESI].map((n) => cpu.reg(n)), vm.retired, Buffer.from(vm.physical.readBytes(0x1000, 0x2000)).toString('hex')];
  for (const one of all.slice(1)) assert.deepEqual(state(one), state(all[0]));
  return all[3];
}

test('few of the stores to data beside code are seen', () => {
  for (const way of WAYS) {
    const cpu = run(way, 'again: add [1800h], ecx\nadd eax, [1800h]\nmov [1804h], cx\nmov [1806h], cl\nxchg edx, [1808h]\nloop again\nhlt', { [ECX]: 3000, [EAX]: 0 });
    assert.equal(cpu.read32(0x1800), (3000 * 3001) / 2);
    assert.ok(cpu.seen < 40, `${cpu.seen} of 12000`);
    assert.equal(lost(cpu), 0);
  }
});

test('data directly behind code is data, and the last byte of code is code', () => {
  const cpu = agree(
    'again: mov [esi], cl\ncall 2000h\nadd esi, [2010h]\ncmp esi, 2080h\njb goes\nneg dword [2010h]\ngoes: cmp esi, 2002h\nja on\nneg dword [2010h]\non: loop again\nhlt',
    { [ECX]: 2000, [ESI]: 0x2040, [EAX]: 0 },
    { 0x2000: 'add al, 1\nadd ah, al\nret\nnop\nnop\nnop\nnop\nnop\nnop\nnop\nnop\nnop\nnop\ndd 1' },
  );
  assert.ok(cpu.cpu.reg(EAX) > 0);
});

test('a store over the last bytes of data and the first of code', () => {
  // MOV EDX and MOV EBX by turns.
  const store = 'mov edx, ecx\nor edx, 0BA000000h\ntest cl, 1\njz even\nor edx, 1000000h\neven: mov [2000h], edx';
  agree(`again: ${store}\ncall 2003h\nloop again\nhlt`, { [ECX]: 400 }, { 0x2000: 'db 0, 0, 0\nmov edx, 5\nadd eax, edx\nadd esi, ebx\nret' });
});

test('an immediate of each size is patched without anybody seeing it', () => {
  for (const [patched, store] of [
    ['mov edx, 12345678h', 'mov [2001h], ecx'],
    ['add edx, 12345678h', 'mov [2002h], ecx'],
    ['mov dx, 1234h', 'mov [2002h], cx'],
    ['sub dl, 12h', 'mov [2002h], cl'],
    ['mov dword [2800h], 12345678h', 'mov [2006h], ecx'],
    ['mov edx, 12345678h', 'add [2001h], ecx'],
    ['mov edx, 12345678h', 'xchg [2001h], ebx'],
  ]) {
    const cpu = agree(`again: ${store}\ncall 2000h\nadd eax, edx\nloop again\nhlt`, { [ECX]: 1000 }, { 0x2000: `${patched}\nret` });
    assert.ok(cpu.seen < 100, `${patched}: ${cpu.seen} of 1000`);
    assert.equal(lost(cpu), 0);
  }
});

test('a patch that somebody sees after all', () => {
  // A part of it is stored to.
  agree(
    'again: mov [2001h], ecx\nadd dword [2001h], 5\ncall 2000h\nadd eax, edx\nmov [2002h], cl\ncall 2000h\nadd esi, edx\nloop again\nhlt',
    { [ECX]: 600 },
    { 0x2000: 'mov edx, 12345678h\nret' },
  );
  // Other code comes and goes on its page.
  agree(
    'again: add dword [2001h], 5\ncall 2000h\nadd eax, edx\nxor byte [2010h], 3\ncall 2010h\nadd esi, ebx\nloop again\nhlt',
    { [ECX]: 600, [EBX]: 0 },
    { 0x2000: 'mov edx, 12345678h\nret', 0x2010: 'inc eax\ninc ebx\nret' },
  );
});

test('a sign-extended byte, a part of an immediate and one that is no operand are seen', () => {
  for (const [patched, store] of [
    ['add edx, 12h', 'mov [2002h], cl'],
    ['mov edx, 12345678h', 'mov [2002h], cl'],
    ['shl edx, 3', 'mov [2002h], cl'],
    ['mov edx, 12345678h', 'mov [2002h], ecx'],
  ])
    agree(
      `mov dword [2008h], 0C3909090h\nagain: ${store}\ncall 2000h\nadd eax, edx\nmov dword [2005h], 0C3C3C3C3h\nloop again\nhlt`,
      { [ECX]: 400 },
      { 0x2000: `${patched}\nret\nret\nret\nret\nret` },
    );
});

test('bytes that are patched become an instruction of their own, and another one', () => {
  // The immediate is INC EBX, RET or DEC EBX, RET; now and then somebody goes there.
  agree(
    'again: xor dword [2001h], 8\ntest cl, 63\njnz goes\ncall 2001h\ngoes: call 2000h\nadd esi, eax\nloop again\nhlt',
    { [ECX]: 1000, [EBX]: 0 },
    { 0x2000: 'mov eax, 9090C343h\nret' },
  );
  // Now and then MOV EAX becomes MOV EBX.
  agree(
    'again: mov [2001h], ecx\ntest cl, 63\njnz goes\nxor byte [2000h], 3\ngoes: call 2000h\nadd esi, eax\nadd esi, ebx\nloop again\nhlt',
    { [ECX]: 1000 },
    { 0x2000: 'mov eax, 12345678h\nret' },
  );
  // Now and then ADD EAX becomes ADD EBX, in the byte before the immediate.
  agree('again: mov [2002h], ecx\ncall 2000h\ntest cl, 31\njnz on\nxor byte [2001h], 3\non: loop again\nhlt', { [ECX]: 500 }, { 0x2000: 'db 81h, 0C0h, 1, 0, 0, 0\nret' });
});

test('an instruction that patches itself', () => {
  const cpu = agree('again: add dword [1006h], 12345678h\nsetc al\nadd ebx, eax\nadd esi, [1006h]\nloop again\nhlt', { [ECX]: 500 });
  assert.equal(cpu.cpu.reg(ECX), 0);
  // Others patch it, and it changes nothing as long as CF is 0.
  const others = 'mov dword [2006h], 2\nmov dword [2006h], 0';
  agree(
    `again: ${others}\nbt ecx, 4\ncall 2000h\nloop again\nhlt`,
    { [ECX]: 500, [EAX]: 0 },
    { 0x2000: 'db 81h, 1Dh\ndd 2006h, 0\nsetc al\nlahf\nadd esi, eax\nadd esi, [2006h]\nret' },
  );
});

test('two exchanges at once on a page of code', () => {
  agree(
    'again: mov eax, [1800h]\nmov edx, [1804h]\nlea ebx, [eax + 1]\npush ecx\nmov ecx, edx\ncmpxchg8b [1800h]\npop ecx\nmovq mm0, [1800h]\nmovq [1808h], mm0\nloop again\nhlt',
    { [ECX]: 500 },
  );
});

test('what is no instruction may become one by any of its bytes', () => {
  const cpu = new TestCpu();
  cpu.flat32();
  cpu.write(0x1000, [0x0f, 0xff, 0xf4]);
  assert.equal(cpu.vm.engine.run(100).kind, 'fault');
  cpu.write(0x1001, [0xc8]); // BSWAP EAX
  assert.equal(cpu.runToHalt(10).kind, 'halted');
});
