/** Faults leave the state of before the instruction: limits, LOCK, pages, divisions. SDM Vol. 3, 6.5 and 5.3; Vol. 2, LOCK. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CPU } from '../../src/x86/cpuState';
import { BR, DE, GP, PF, SS_FAULT, UD } from '../../src/x86/exceptions';
import { CS, DS, EAX, EBP, EBX, ECX, EDI, EDX, ESI, ESP } from '../../src/x86/registers';
import { TestCpu } from '../harness/testCpu';

const bench = new TestCpu();
const { cpu } = bench;
const fault = (vector: number, errorCode = 0) => ({ kind: 'fault', vector, errorCode });

/** Linear 1000h..2FFFh code, 8000h..9FFFh data, 9000h read-only, A000h missing; CPL 3. */
function paged(): void {
  bench.flat32({ cpl: 3, esp: 0x9000 });
  const identity = (linear: number, writable = true) => ({ linear, physical: linear, writable });
  bench.page(0x100000, [identity(0x1000), identity(0x2000), identity(0x8000), identity(0x9000, false), identity(0xb000)]);
}

test('LOCK is #UD without a memory destination or on an instruction that has none', () => {
  for (const bytes of [
    [0xf0, 0x01, 0xc8], // lock add eax, ecx
    [0xf0, 0x8b, 0x03], // lock mov eax, [ebx]
    [0xf0, 0x03, 0x03], // lock add eax, [ebx]
    [0xf0, 0x39, 0x03], // lock cmp [ebx], eax
    [0xf0, 0x0f, 0xa3, 0x03], // lock bt [ebx], eax
    [0xf0, 0x90], // lock nop
  ]) {
    bench.flat32();
    bench.write(bench.eip, bytes);
    assert.deepEqual(bench.step(), fault(UD), Buffer.from(bytes).toString('hex'));
  }
});

test('LOCK is allowed on read-modify-write of memory', () => {
  bench.flat32();
  cpu.setReg(EBX, 0x8000);
  bench.write(0x8000, [1, 0, 0, 0]);
  assert.equal(bench.execute('lock inc dword [ebx]').kind, 'budget');
  assert.equal(bench.read32(0x8000), 2);
  cpu.setReg(EAX, 5);
  assert.equal(bench.execute('lock xadd [ebx], eax').kind, 'budget');
  assert.deepEqual([bench.read32(0x8000), cpu.reg(EAX)], [7, 2]);
});

test('a word at FFFFh is #GP(0) through DS and #SS(0) through SS', () => {
  bench.realMode();
  cpu.setReg(EBX, 0xffff);
  cpu.setReg(EBP, 0xffff);
  cpu.setReg(EAX, 0x1234);
  for (const access of ['mov ax, [{}]', 'mov [{}], ax', 'add [{}], ax', 'push word [{}]']) {
    assert.deepEqual(bench.execute(access.replace('{}', 'bx')), fault(GP), access);
    assert.deepEqual(bench.execute(access.replace('{}', 'bp + 0')), fault(SS_FAULT), access);
  }
  assert.equal(cpu.reg(EAX), 0x1234);
  assert.equal(bench.eip, 0x1000);
  assert.equal(bench.execute('mov al, [bx]').kind, 'budget');
});

test('32-bit addresses in real mode meet the 64-KiB limit', () => {
  bench.realMode();
  cpu.setReg(EBX, 0x10000);
  assert.deepEqual(bench.execute('mov eax, [ebx]'), fault(GP));
  cpu.setReg(EBX, 0xfffc);
  assert.equal(bench.execute('mov eax, [ebx]').kind, 'budget');
});

test('an expand-down segment is valid above its limit only', () => {
  bench.flat32();
  cpu.setSegment(DS, { selector: 0x20, base: 0, limit: 0x7fff, attributes: 0x4097 });
  for (const [address, ok] of [
    [0x7fff, false],
    [0x7ffe, false],
    [0x8000, true],
    [0xfffffffd, false],
  ] as const) {
    cpu.setReg(EBX, address);
    cpu.eip = 0x1000;
    const exit = bench.execute('mov eax, [ebx]');
    assert.deepEqual(exit.kind === 'fault' ? exit.vector : undefined, ok ? undefined : GP, address.toString(16));
  }
});

test('read-only data and execute-only code refuse writes and reads; a null segment refuses both', () => {
  bench.flat32();
  cpu.setReg(EBX, 0x8000);
  const code = cpu.segment(CS);
  cpu.setSegment(DS, { ...cpu.segment(DS), attributes: 0xc091 });
  assert.deepEqual(bench.execute('mov [ebx], eax'), fault(GP));
  assert.equal(bench.execute('mov eax, [ebx]').kind, 'budget');
  cpu.setSegment(DS, { ...code, attributes: 0xc099 });
  assert.deepEqual(bench.execute('mov eax, [ebx]'), fault(GP));
  cpu.setSegment(DS, { selector: 0, base: 0, limit: 0, attributes: 0 });
  assert.deepEqual(bench.execute('mov eax, [ebx]'), fault(GP));
});

test('a branch beyond the limit of CS is #GP(0) at the branch, with nothing pushed', () => {
  for (const source of ['jmp 0x2000', 'call 0x2000', 'jmp eax', 'call eax', 'jc 0x2000']) {
    bench.flat32({ esp: 0x8000 });
    cpu.setSegment(CS, { ...cpu.segment(CS), limit: 0x1fff, attributes: 0x409b });
    cpu.setReg(EAX, 0x2000);
    cpu.eflags = 1;
    assert.deepEqual(bench.execute(source), fault(GP), source);
    assert.deepEqual([cpu.reg(ESP), bench.eip], [0x8000, 0x1000], source);
  }
});

test('LOOP to beyond the limit keeps the counter', () => {
  bench.flat32({ eip: 0x1ff0 });
  cpu.setSegment(CS, { ...cpu.segment(CS), limit: 0x1fff, attributes: 0x409b });
  cpu.setReg(ECX, 5);
  assert.deepEqual(bench.execute('loop 0x2010'), fault(GP));
  assert.equal(cpu.reg(ECX), 5);
  cpu.setReg(ECX, 1);
  assert.notEqual(bench.execute('loop 0x2010').kind, 'fault');
  assert.deepEqual([cpu.reg(ECX), bench.eip], [0, 0x1ff2]);
});

test('code that runs past the limit of CS is #GP(0), before its page is looked for', () => {
  bench.realMode({ ip: 0xffff });
  bench.write(0xffff, [0x90]);
  assert.equal(bench.step().kind, 'budget');
  assert.deepEqual(bench.step(), fault(GP));
  paged();
  cpu.setSegment(CS, { ...cpu.segment(CS), limit: 0x2fff, attributes: 0x40fb });
  cpu.eip = 0x3000;
  assert.deepEqual(bench.step(), fault(GP));
});

test('an instruction that crosses the limit of CS is #GP(0)', () => {
  bench.realMode({ ip: 0xfffe });
  bench.write(0xfffe, [0xb8, 0x34]); // mov ax, imm16 that is one byte short
  assert.deepEqual(bench.step(), fault(GP));
});

test('sixteen bytes are too many', () => {
  bench.flat32();
  bench.write(bench.eip, [...new Array<number>(15).fill(0x3e), 0x90]);
  assert.deepEqual(bench.step(), fault(GP));
  bench.write(bench.eip, [...new Array<number>(14).fill(0x3e), 0x90]);
  assert.equal(bench.step().kind, 'budget');
});

test('a store that crosses into a read-only page writes nothing', () => {
  paged();
  cpu.setReg(EAX, 0x11223344);
  cpu.setReg(EBX, 0x8ffe);
  bench.write(0x8ffe, [0, 0, 0, 0]);
  assert.deepEqual(bench.execute('mov [ebx], eax'), fault(PF, 7));
  assert.equal(cpu.get(CPU.CR2), 0x9000);
  assert.equal(bench.read32(0x8ffe), 0);
});

test('loads and stores across two pages that do not follow each other in memory', () => {
  bench.flat32({ cpl: 3 });
  bench.page(0x100000, [
    { linear: 0x1000, physical: 0x1000 },
    { linear: 0x8000, physical: 0x20000 },
    { linear: 0x9000, physical: 0x30000 },
  ]);
  cpu.setReg(EBX, 0x8ffd);
  cpu.setReg(EAX, 0x11223344);
  bench.execute('mov [ebx], eax');
  assert.deepEqual([...bench.ram.subarray(0x20ffd, 0x21000), bench.ram[0x30000]], [0x44, 0x33, 0x22, 0x11]);
  bench.execute('mov ecx, [ebx]');
  assert.equal(cpu.reg(ECX), 0x11223344);
  bench.execute('add word [ebx + 2], 0x100');
  assert.equal(bench.ram[0x30000], 0x12);
});

test('read-modify-write of a read-only page faults as a write and changes no flag', () => {
  paged();
  cpu.eflags = 0x202;
  cpu.setReg(EBX, 0x9000);
  for (const source of ['inc dword [ebx]', 'add [ebx], eax', 'shl byte [ebx], 1', 'xchg [ebx], eax', 'bts [ebx], eax', 'not word [ebx]', 'cmpxchg [ebx], ecx', 'sbb [ebx], eax']) {
    assert.deepEqual(bench.execute(source), fault(PF, 7), source);
    assert.equal(cpu.eflags, 0x202, source);
  }
  assert.equal(bench.execute('cmp [ebx], eax').kind, 'budget');
});

test('a fault leaves registers alone: POP, XCHG, CALL, LODS, DIV', () => {
  paged();
  for (const [source, vector, code] of [
    ['pop dword [ebx]', PF, 7],
    ['xchg eax, [ebx]', PF, 7],
    ['call [esi]', PF, 4],
    ['lodsd', PF, 4],
    ['div edi', DE, 0],
    ['bound eax, [ebp]', BR, 0],
    ['les eax, [esi]', PF, 4],
  ] as const) {
    cpu.eip = 0x1000;
    cpu.setReg(ESP, 0x8800);
    cpu.setReg(EBX, 0x9000);
    cpu.setReg(ESI, 0xa000);
    cpu.setReg(EDI, 0);
    cpu.setReg(EAX, 0x7777);
    cpu.setReg(EBP, 0x8f00);
    const before = [...cpu.saveRegisters()].slice(0, 8);
    assert.deepEqual(bench.execute(source), fault(vector, code), source);
    assert.deepEqual([...cpu.saveRegisters()].slice(0, 8), before, source);
  }
});

test('DIV by a divisor that is too small is #DE; the largest quotient is not', () => {
  bench.flat32();
  const divide = (high: number, low: number, divisor: number, source: string): string => {
    cpu.eip = 0x1000;
    cpu.setReg(EDX, high);
    cpu.setReg(EAX, low);
    cpu.setReg(EBX, divisor);
    const exit = bench.execute(source);
    return exit.kind === 'fault' ? `#${exit.vector}` : `${cpu.reg(EAX).toString(16)} ${cpu.reg(EDX).toString(16)}`;
  };
  assert.equal(divide(1, 0, 1, 'div ebx'), '#0');
  assert.equal(divide(0xfffffffe, 0xffffffff, 0xffffffff, 'div ebx'), 'ffffffff fffffffe');
  assert.equal(divide(0x80000000, 0, 0xffffffff, 'idiv ebx'), '#0');
  assert.equal(divide(0xffffffff, 0x80000000, 0xffffffff, 'idiv ebx'), '#0');
  assert.equal(divide(0xffffffff, 0x80000000, 1, 'idiv ebx'), '80000000 0');
});

test('an instruction that crosses into a missing page faults there, and runs once the page is there', () => {
  paged();
  bench.write(0x2ffe, [0xb8, 0x01, 0x02, 0x03, 0x04]); // mov eax, 04030201h
  cpu.eip = 0x2ffe;
  assert.deepEqual(bench.step(), fault(PF, 4));
  assert.equal(cpu.get(CPU.CR2), 0x3000);
  bench.page(
    0x100000,
    [0x1000, 0x2000, 0x3000].map((linear) => ({ linear, physical: linear })),
  );
  assert.equal(bench.step().kind, 'budget');
  assert.equal(cpu.reg(EAX), 0x04030201);
});

test('privileged instructions are #GP(0) at CPL 3', () => {
  for (const source of [
    'hlt',
    'cli',
    'sti',
    'mov eax, cr0',
    'mov cr3, eax',
    'lgdt [ebx]',
    'lmsw ax',
    'clts',
    'invlpg [ebx]',
    'wbinvd',
    'mov dr7, eax',
    'rdmsr',
    'lldt ax',
    'ltr ax',
    'in al, 0x60',
    'out dx, eax',
  ]) {
    paged();
    cpu.setSegment(7, { ...cpu.segment(7), limit: 0 });
    assert.deepEqual(bench.execute(source), fault(GP), source);
  }
});
