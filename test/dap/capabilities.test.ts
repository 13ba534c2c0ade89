/** What the session says it can do, against the list of the protocol; and that it does it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { createMachine } from '../../src/machine/machine';
import { DapClient } from './dapClient';

type Capability = keyof DebugProtocol.Capabilities;

/** Of the protocol's capabilities, those that this adapter does not have, and why. */
const WITHOUT: Partial<Record<Capability, string>> = {
  supportsStepBack: 'no history yet',
  supportsExceptionOptions: 'editors do not use it',
  supportedChecksumAlgorithms: 'sources are assembled by the session itself',
  supportsTerminateThreadsRequest: 'a VM ends with its session',
};

/** Every field of `Capabilities`: the compiler misses one that is left out. */
const ALL = {
  supportsConfigurationDoneRequest: 1,
  supportsFunctionBreakpoints: 1,
  supportsConditionalBreakpoints: 1,
  supportsHitConditionalBreakpoints: 1,
  supportsEvaluateForHovers: 1,
  exceptionBreakpointFilters: 1,
  supportsStepBack: 1,
  supportsSetVariable: 1,
  supportsRestartFrame: 1,
  supportsGotoTargetsRequest: 1,
  supportsStepInTargetsRequest: 1,
  supportsCompletionsRequest: 1,
  completionTriggerCharacters: 1,
  supportsModulesRequest: 1,
  additionalModuleColumns: 1,
  supportedChecksumAlgorithms: 1,
  supportsRestartRequest: 1,
  supportsExceptionOptions: 1,
  supportsValueFormattingOptions: 1,
  supportsExceptionInfoRequest: 1,
  supportTerminateDebuggee: 1,
  supportSuspendDebuggee: 1,
  supportsDelayedStackTraceLoading: 1,
  supportsLoadedSourcesRequest: 1,
  supportsLogPoints: 1,
  supportsTerminateThreadsRequest: 1,
  supportsSetExpression: 1,
  supportsTerminateRequest: 1,
  supportsDataBreakpoints: 1,
  supportsReadMemoryRequest: 1,
  supportsWriteMemoryRequest: 1,
  supportsDisassembleRequest: 1,
  supportsCancelRequest: 1,
  supportsBreakpointLocationsRequest: 1,
  supportsClipboardContext: 1,
  supportsSteppingGranularity: 1,
  supportsInstructionBreakpoints: 1,
  supportsExceptionFilterOptions: 1,
  supportsSingleThreadExecutionRequests: 1,
  supportsDataBreakpointBytes: 1,
  breakpointModes: 1,
  supportsANSIStyling: 1,
} as const satisfies Record<Capability, 1>;

const SOURCE = `org 0x7c00
  mov ax, 5
  call work
  lgdt [table]
  smsw ax
  int 0x12
spin: jmp spin
work:
  mov bx, 1
  mov cx, 2
  ret
table: dw 23
  dd entries
entries: dq 0
  dw 0xffff, 0, 0x9a00, 0xcf
  dw 0x67, 0x500, 0x8900, 0
`;
const LINES = SOURCE.split('\n');
const lineOf = (text: string) => LINES.indexOf(text) + 1;

async function begin(technique: string): Promise<DapClient> {
  const files = { readFile: () => new TextEncoder().encode(SOURCE), readInclude: () => undefined };
  const client = new DapClient((config) => createMachine(config, files));
  await client.start({ program: '/guest/all.asm', technique, memory: 2 });
  await client.event('stopped');
  return client;
}

const frames = async (client: DapClient) => (await client.request('stackTrace', { threadId: 1 })).stackFrames;

test('every capability of the protocol is there, or its absence has a reason', async () => {
  const nothing = () => Promise.reject(new Error('not launched'));
  const client = new DapClient(nothing, { keeps: () => true, tell: () => {} });
  const body = await client.request('initialize', { adapterID: 'ringside' });
  for (const name of Object.keys(ALL)) assert.equal(Boolean(body[name]), !(name in WITHOUT), name);
  for (const name of Object.keys(body)) assert.ok(name in ALL, name);
  const alone = await new DapClient(nothing).request('initialize', { adapterID: 'ringside' });
  assert.deepEqual(
    Object.keys(ALL).filter((name) => Boolean(alone[name]) !== Boolean(body[name])),
    ['supportTerminateDebuggee', 'supportSuspendDebuggee'],
    'where the adapter ends with its session, nothing can be left behind',
  );
});

test('a step into the VMM: a frame of its own, line by line, and back', async () => {
  const client = await begin('trap');
  for (let i = 0; i < 2; i++) await client.go('next');
  const [guestFrame] = await frames(client);
  const { targets } = await client.request('stepInTargets', { frameId: guestFrame.id });
  assert.deepEqual(
    targets.map((t: { label: string }) => t.label.split(':')[0]),
    ['The guest', 'The VMM'],
  );
  await client.go('stepIn', { targetId: targets[1].id });
  const [vmm, guest] = await frames(client);
  assert.match(vmm.name, /^VMM: trap GDTR_IDTR/);
  assert.equal(vmm.line, 1);
  assert.equal(guest.line, lineOf('  smsw ax'));
  const { content } = await client.request('source', { sourceReference: vmm.source.sourceReference });
  const lines: string[] = content.split('\n');
  assert.match(lines[0], /^lgdt .* under Trap-and-emulate \(classic\): trap/);
  assert.ok(
    lines.some((line) => /^gdtr.limit: 0x0000.... → 0x00000017$/.test(line)),
    content,
  );
  assert.match(lines.at(-1)!, /^Back to the guest at 0x.*: \d+ modelled cycles\.$/);
  const { scopes } = await client.request('scopes', { frameId: vmm.id });
  const { variables } = await client.request('variables', { variablesReference: scopes[1].variablesReference });
  assert.ok(variables.some((v: { name: string }) => v.name === 'gdtr.base'));
  for (let line = 2; line <= lines.length; line++) {
    await client.go('next');
    assert.equal((await frames(client))[0].line, line);
  }
  await client.go('next');
  assert.equal((await frames(client))[0].line, lineOf('  smsw ax'), 'the guest has not moved meanwhile');
  assert.match((await client.response('source', { sourceReference: vmm.source.sourceReference })).message, /visit to the VMM is over/);
});

test('descriptor tables by number; the state hash on request', async () => {
  const client = await begin('bare');
  for (let i = 0; i < 3; i++) await client.go('next');
  const { scopes } = await client.request('scopes', { frameId: 1 });
  const system = scopes.find((s: { name: string }) => s.name === 'System registers');
  const { variables } = await client.request('variables', { variablesReference: system.variablesReference });
  const row = (name: string) => variables.find((v: { name: string }) => v.name === name);
  assert.equal(row('GDT').indexedVariables, 3);
  const page = await client.request('variables', { variablesReference: row('GDT').variablesReference, filter: 'indexed', start: 1, count: 2 });
  assert.deepEqual(
    page.variables.map((v: { name: string; value: string }) => [v.name, v.value]),
    [
      ['0008h', '32-bit code, readable, base 00000000h, limit 0FFFFFFFFh, DPL 0'],
      ['0010h', '32-bit TSS, base 00000500h, limit 00000067h, DPL 0'],
    ],
  );
  assert.deepEqual((await client.request('variables', { variablesReference: row('GDT').variablesReference, filter: 'named' })).variables, []);
  assert.match((await client.request('variables', { variablesReference: row('IDT').variablesReference, start: 14, count: 1 })).variables[0].name, /^0Eh #PF/);
  assert.equal(row('state hash').presentationHint.lazy, true);
  const hash = await client.request('variables', { variablesReference: row('state hash').variablesReference });
  assert.match(hash.variables[0].value, /^[0-9a-f]+$/);
});

test('modules: the program and the BIOS', async () => {
  const client = await begin('bt');
  const { modules, totalModules } = await client.request('modules', { startModule: 0, moduleCount: 1 });
  assert.equal(totalModules, 2);
  assert.deepEqual([modules[0].name, modules[0].vm, modules[0].kind], ['all.asm', 'all.asm', 'assembly source']);
});

test('a frame begins again: at the entry of its procedure, with its return address on the stack', async () => {
  const client = await begin('bare');
  await client.go('next');
  await client.go('stepIn');
  await client.go('next');
  await client.go('next');
  assert.equal(await client.line(), lineOf('  ret'));
  await client.request('restartFrame', { frameId: (await frames(client))[0].id });
  assert.equal((await client.event('stopped')).reason, 'restart');
  assert.equal(await client.line(), lineOf('  mov bx, 1'));
  await client.go('stepOut');
  assert.equal(await client.line(), lineOf('  lgdt [table]'));
  assert.match((await client.response('restartFrame', { frameId: (await frames(client))[0].id })).message, /cannot be restarted/);
});

test('breakpoint modes: linear, segment:offset, physical', async () => {
  const client = await begin('bare');
  const source = { path: '/guest/all.asm' };
  const { breakpoints } = await client.request('setBreakpoints', {
    source,
    breakpoints: [
      { line: lineOf('  mov cx, 2'), mode: 'segmented' },
      { line: lineOf('  smsw ax'), mode: 'physical' },
    ],
  });
  assert.deepEqual(
    breakpoints.map((b: { verified: boolean }) => b.verified),
    [true, true],
  );
  await client.go('continue');
  assert.equal(await client.line(), lineOf('  mov cx, 2'));
  await client.go('continue');
  assert.equal(await client.line(), lineOf('  smsw ax'));
  assert.match((await client.response('setBreakpoints', { source, breakpoints: [{ line: 1, mode: 'host' }] })).message, /mode must be one of linear, segmented, physical/);
});

test('a request that waits can be cancelled; a value leads to its source', async () => {
  const client = await begin('bare');
  const { valueLocationReference } = await client.request('evaluate', { expression: 'work' });
  const place = await client.request('locations', { locationReference: valueLocationReference });
  assert.equal(place.line, lineOf('  mov bx, 1'));
  const first = client.response('threads');
  const second = client.response('modules');
  const seq = (client.messages.filter((m) => m.type === 'response').at(-1) as DebugProtocol.Response).request_seq + 2;
  await client.response('cancel', { requestId: seq });
  assert.equal((await first).success, true);
  const refused = await second;
  assert.deepEqual([refused.success, refused.message], [false, 'cancelled']);
});
