import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UserError } from '../../src/base/userError';
import { createMachine } from '../../src/machine/machine';
import { DapClient } from './dapClient';

const SOURCE = `org 0x7c00
start:
  xor ax, ax
  mov ds, ax
  mov ss, ax
  mov sp, 0x7c00
  mov cx, 3
again:
  call work
  loop again
  mov al, 'A'
  out 0xe9, al
  mov ah, 0x0e
  int 0x10
  pushf
  cli
  popf
  sti
spin:
  jmp spin
work:
  push bx
  inc bx
  pop bx
  ret
times 510-($-$$) db 0
dw 0xaa55
`;
const PATH = '/guest/boot.asm';

async function begin(attributes: object, source = SOURCE): Promise<DapClient> {
  const files = { readFile: () => new TextEncoder().encode(source), readInclude: () => undefined };
  const client = new DapClient((config) => createMachine(config, files));
  await client.start({ program: PATH, ...attributes });
  return client;
}

const lineOf = (text: string) => SOURCE.split('\n').indexOf(text) + 1;

for (const technique of ['bare', 'trap', 'bt']) {
  test(`${technique}: steps, breaks, calls and returns on the real machine`, async () => {
    const client = await begin({ technique });
    await client.event('stopped');
    assert.equal(await client.line(), 3);
    for (let i = 0; i < 5; i++) await client.go('next');
    assert.equal(await client.line(), lineOf('  call work'));
    await client.go('stepIn');
    assert.equal(await client.line(), lineOf('  push bx'));
    await client.go('next');
    const { stackFrames } = await client.request('stackTrace', { threadId: 1 });
    assert.deepEqual(
      stackFrames.map((f: { name: string }) => f.name),
      ['work+1h', 'again+3h'],
    );
    await client.go('stepOut');
    assert.equal(await client.line(), lineOf('  loop again'));
    await client.go('next');
    assert.equal(await client.line(), lineOf("  mov al, 'A'"));
    await client.request('setBreakpoints', { source: { path: PATH }, breakpoints: [{ line: lineOf('  int 0x10') }] });
    assert.equal((await client.go('continue')).reason, 'breakpoint');
    assert.equal(client.output('stdout'), 'A');
    await client.go('next');
    assert.equal(await client.line(), lineOf('  pushf'));
    assert.equal((await client.request('ringside/screen', {})).lines[0].trimEnd().includes('A'), true);
    // The BIOS may be counting a tick.
    for (let tries = 0; tries === 0 || ((await client.line()) === 0 && tries < 20); tries++) {
      await client.request('continue', { threadId: 1 });
      await new Promise((resolve) => setTimeout(resolve, 50));
      await client.go('pause');
    }
    assert.equal(await client.line(), lineOf('  jmp spin'));
    await client.go('next');
    assert.equal(await client.line(), lineOf('  jmp spin'));
    const rows = (await client.request('disassemble', { memoryReference: 'spin', instructionOffset: -4, instructionCount: 6 })).instructions;
    assert.deepEqual(
      rows.slice(0, 5).map((r: { instruction: string }) => r.instruction.split(' ')[0]),
      ['pushf', 'cli', 'popf', 'sti', 'jmp'],
    );
    await client.request('disconnect');
  });
}

test('trap: the events of the guest stop it, in words', async () => {
  const client = await begin({ technique: 'trap' });
  await client.event('stopped');
  await client.request('setExceptionBreakpoints', { filters: ['trap'] });
  const seen: string[] = [];
  for (let i = 0; i < 4; i++) {
    seen.push((await client.go('continue')).description);
    assert.match((await client.request('exceptionInfo', { threadId: 1 })).description, /user mode; emulated on the virtual CPU/);
  }
  assert.deepEqual(
    seen,
    ['out 0xe9,al', 'int 0x10', 'iret', 'pushf'].map((instruction) => `Trap to the VMM: ${instruction}`),
  );
});

const RECURSION = `org 0x7c00
  lgdt [gdtr]
  mov eax, cr0
  inc ax
  mov cr0, eax
  jmp 8:main
bits 32
main:
  mov ax, 16
  mov ss, ax
  mov ds, ax
  mov esp, 0x7000
  push dword 3
  call factorial
  jmp $
factorial:
  mov eax, [esp+4]
  cmp eax, 1
  jbe .done
  push eax
  dec eax
  push eax
  call factorial
  add esp, 4
  pop edx
  imul eax, edx
.done:
  ret
gdt: dq 0, 0x00cf9a000000ffff, 0x00cf92000000ffff
gdtr: dw 23
  dd gdt
`;

test('protected mode: recursion shows every activation, conditions tell them apart, step out returns from one', async () => {
  const client = await begin({ technique: 'bt', kind: 'flat' }, RECURSION);
  await client.event('stopped');
  await client.request('setFunctionBreakpoints', { breakpoints: [{ name: 'factorial', condition: 'dword [esp+4] == 1' }] });
  await client.go('continue');
  const names = async () => (await client.request('stackTrace', { threadId: 1 })).stackFrames.map((f: { name: string }) => f.name.replace(/\+.*/, ''));
  assert.deepEqual(await names(), ['factorial', 'factorial', 'factorial', 'main']);
  await client.go('stepOut');
  assert.deepEqual(await names(), ['factorial', 'factorial', 'main']);
  await client.go('stepOut');
  await client.go('stepOut');
  assert.deepEqual(await names(), ['main']);
  assert.equal((await client.request('evaluate', { expression: 'eax' })).result, '0x00000006');
  const { instructions } = await client.request('disassemble', { memoryReference: 'main', instructionOffset: -2, instructionCount: 3 });
  assert.deepEqual(
    instructions.map((i: { instruction: string }) => i.instruction),
    ['mov cr0,eax', 'jmp 0x8:0x7c11', 'mov ax,0x10'],
  );
});

test('a disk that cannot keep what the guest wrote says so when the session ends', async () => {
  const source = SOURCE.replace('  mov cx, 3', '  mov ax, 0x0301\n  mov bx, 0x7c00\n  mov cx, 1\n  mov dx, 0x80\n  int 0x13\n  mov cx, 3');
  const storage = {
    size: 4 << 20,
    read: (_offset: number, length: number) => new Uint8Array(length),
    update: () => {
      throw new UserError('file.ENOSPC', '/guest/d.img: no space left');
    },
  };
  const files = { readFile: () => new TextEncoder().encode(source), readInclude: () => undefined, openFile: () => storage };
  const client = new DapClient((config) => createMachine(config, files));
  await client.start({ program: PATH, technique: 'bare', disk: '/guest/d.img', persist: true });
  await client.event('stopped');
  await client.request('setFunctionBreakpoints', { breakpoints: [{ name: 'work' }] });
  await client.go('continue');
  await client.request('disconnect');
  assert.equal(client.output('important'), '/guest/d.img: no space left\n');
});

test('the VMCS can be looked at and edited, in the variables and by request; an inconsistent one stops the guest before it runs', async () => {
  const client = await begin({ technique: 'hvm', stopOnEntry: true });
  const frame = (await client.request('stackTrace', { threadId: 1 })).stackFrames[0].id;
  const { scopes } = await client.request('scopes', { frameId: frame });
  const vmcs = scopes.find((s: { name: string }) => s.name === 'VMCS').variablesReference;
  const rows = async (variablesReference: number) =>
    (await client.request('variables', { variablesReference })).variables as { name: string; value: string; variablesReference: number }[];
  const areas = await rows(vmcs);
  assert.deepEqual(
    areas.map((row) => row.name),
    ['VM entry', 'Controls', 'Guest state', 'Host state', 'VM-exit information'],
  );
  const controls = areas[1].variablesReference;
  assert.match((await rows(controls)).find((row) => row.name === 'primaryControls')?.value ?? '', /hltExiting/);
  await client.request('setVariable', { variablesReference: controls, name: 'primaryControls', value: '0x84006172' });
  const view = await client.request('ringside/vmcs', {});
  assert.deepEqual(view.failures, []);
  assert.equal(view.fields.find((f: { name: string }) => f.name === 'guestEip').value, '00007C00h');
  const broken = await client.request('ringside/vmcs', { set: { name: 'hostCs', value: '0x13' } });
  assert.match(broken.failures.join(), /Host CS selector: RPL and TI must be 0/);
  assert.match((await client.response('ringside/vmcs', { set: { name: 'nonsense', value: '1' } })).message, /no field or control/);
  let stopped = await client.go('continue');
  if (stopped.reason === 'entry') stopped = await client.event('stopped');
  assert.match(stopped.text, /VM-instruction error 8/);
  assert.equal((await client.request('ringside/exits', {})).retired, 0);
});

test('halted for good because of a silent instruction: the stop says which, and where', async () => {
  const source = 'org 0x7c00\n  sti\n  pushf\n  cli\n  popf\n  hlt\n';
  const client = await begin({ technique: 'trap', stopOnEntry: false }, source.replace('org', 'bits 32\norg'));
  const stop = await client.event('stopped');
  assert.equal(stop.description, 'Halted');
  assert.match(stop.text, /nothing can wake the processor\.\nwhy: HLT waits with IF=0, for ever; bare metal would have set IF at POPF(D)?, below\n/);
  assert.match(stop.text, /\(boot\.asm:6\) {2}popfd, once/);
});

test('a breakpoint on a silent instruction keeps nobody from hearing that it is one', async () => {
  const client = await begin({ technique: 'trap' }, 'bits 32\norg 0x7c00\n  sti\n  cli\n  popf\n  hlt\n');
  await client.event('stopped');
  await client.request('setExceptionBreakpoints', { filters: ['silent'] });
  await client.request('setBreakpoints', { source: { path: PATH }, breakpoints: [{ line: 5 }] });
  const stops = [await client.go('continue'), await client.go('continue'), await client.go('continue')];
  assert.deepEqual(
    stops.map(({ reason, description }) => [reason, description]),
    [
      ['breakpoint', undefined],
      ['exception', 'Silent misbehaviour: popfd'],
      ['exception', 'Halted'],
    ],
  );
});

test('of a source that two machines assemble differently, each breaks on its own lines', async () => {
  const source = 'bits 32\norg 0x7c00\n%ifdef FIRST\n  inc eax\n%else\n  inc ebx\n%endif\nspin:\n  jmp spin\n';
  const client = await begin({ program: undefined, vms: [{ program: PATH, define: { FIRST: '1' } }, { program: PATH }], technique: 'bare', stopOnEntry: true }, source);
  await client.event('stopped');
  await client.event('stopped');
  const lines = [4, 6, 9];
  const { breakpoints } = await client.request('setBreakpoints', { source: { path: PATH }, breakpoints: lines.map((line) => ({ line })) });
  assert.deepEqual(
    breakpoints.map((b: { verified: boolean; line: number }) => [b.verified, b.line]),
    lines.map((line) => [true, line]),
  );
  const perGuest = client.session.guests.map(({ target }) => target.breakpoints.setSource(PATH, [{ line: 4 }, { line: 6 }]).map(({ verified, message }) => message ?? verified));
  const out = 'A condition (%if) leaves this line out here.';
  assert.deepEqual(perGuest, [
    [true, out],
    [out, true],
  ]);
});

test('what views have asked for comes once more at the end, as it is then', async () => {
  const client = await begin({ technique: 'trap' }, 'bits 32\norg 0x7c00\n  cli\n  sti\n  xor al, al\n  out 0xf4, al\n');
  await client.event('stopped');
  assert.deepEqual((await client.request('ringside/exits', { count: 1 })).counts.trap, 0);
  await client.request('continue', { threadId: 1 });
  const { request, body } = await client.event('ringside/final');
  assert.deepEqual([request, body.counts.trap, body.rows.length], ['ringside/exits', 3, 1]);
  await client.event('terminated');
});
