/** Every standard request in one session, and every message that comes of it held against the protocol's own types, by the compiler. */
import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import ts from 'typescript';
import { HANDLERS } from '../../src/dap/handlers';
import { createMachine } from '../../src/machine/machine';
import { nodeFiles } from '../../src/nodeFiles';
import { type Body, DapClient } from './dapClient';

const PROGRAM = path.resolve('test/symbols/fixtures/variables-gcc-4-O0.elf');
const CLIENT = { linesStartAt1: true, columnsStartAt1: true, supportsProgressReporting: true, supportsMemoryEvent: true, supportsInvalidatedEvent: true };

/** Asks for everything; whatever a later request needs of an earlier answer is taken from it. */
async function everything(client: DapClient): Promise<void> {
  const { exceptionBreakpointFilters } = await client.request('initialize', { adapterID: 'ringside', ...CLIENT });
  await client.request('launch', { program: PROGRAM, technique: 'trap', stopOnEntry: true });
  await client.event('initialized');
  await client.request('setFunctionBreakpoints', { breakpoints: [{ name: 'add', hitCondition: '1', condition: 'a == 2' }, { name: 'insn:clts' }, { name: 'nowhere' }] });
  await client.request('setExceptionBreakpoints', { filters: [], filterOptions: [{ filterId: exceptionBreakpointFilters[0].filter, condition: '0' }] });
  await client.request('configurationDone');
  await client.event('stopped');
  await client.request('threads');
  await client.go('continue');
  await client.request('exceptionInfo', { threadId: 1 });
  assert.equal((await client.go('continue')).reason, 'function breakpoint');
  const { stackFrames, totalFrames } = await client.request('stackTrace', { threadId: 1 });
  const second = await client.request('stackTrace', { threadId: 1, startFrame: 1, levels: 1 });
  assert.deepEqual([second.stackFrames, second.totalFrames], [stackFrames.slice(1, 2), totalFrames], 'a stack is loaded piece by piece');
  const [frame] = stackFrames;
  const at = { source: frame.source, line: frame.line };
  const frameId = frame.id;
  const { scopes } = await client.request('scopes', { frameId });
  for (const { variablesReference } of scopes) await client.request('variables', { variablesReference });
  const [decimal, hexadecimal] = await Promise.all([{}, { format: { hex: true } }].map((format) => client.request('evaluate', { expression: 'a * 8', frameId, ...format })));
  assert.deepEqual([decimal.result, hexadecimal.result], ['16', '0x10'], 'values are written as the client asks');
  const large = await client.request('evaluate', { expression: 'large', frameId, context: 'watch' });
  await client.request('variables', { variablesReference: large.variablesReference, filter: 'indexed', start: 4000, count: 3 });
  await client.request('evaluate', { expression: 'all', frameId, context: 'clipboard' });
  const { declarationLocationReference } = (await client.request('variables', { variablesReference: scopes[0].variablesReference })).variables[0];
  await client.request('locations', { locationReference: declarationLocationReference });
  await client.request('setVariable', { variablesReference: scopes[0].variablesReference, name: 'a', value: '4' });
  await client.request('setExpression', { expression: 'b', value: '5', frameId });
  await client.request('completions', { text: 'al', column: 3, frameId });
  const memoryReference = frame.instructionPointerReference;
  await client.request('disassemble', { memoryReference, instructionCount: 5, instructionOffset: -2, resolveSymbols: true });
  const { data } = await client.request('readMemory', { memoryReference, count: 4 });
  await client.request('writeMemory', { memoryReference, data });
  await client.event('memory');
  await client.request('loadedSources');
  await client.request('modules', { startModule: 0, moduleCount: 1 });
  await client.request('breakpointLocations', { ...at, endLine: at.line + 3 });
  await client.request('setBreakpoints', { source: at.source, breakpoints: [{ line: at.line + 1 }, { line: 1, logMessage: '{a}' }] });
  await client.request('setInstructionBreakpoints', { breakpoints: [{ instructionReference: memoryReference, offset: 1 }] });
  const { dataId } = await client.request('dataBreakpointInfo', { name: 'hidden', frameId });
  await client.request('setDataBreakpoints', { breakpoints: [{ dataId, accessType: 'readWrite' }] });
  await client.request('stepInTargets', { frameId });
  const { targets } = await client.request('gotoTargets', at);
  await client.request('goto', { threadId: 1, targetId: targets[0].id });
  await client.event('stopped');
  for (const command of ['next', 'stepIn', 'stepOut']) await client.go(command, { granularity: 'statement', singleThread: true });
  await client.response('restartFrame', { frameId: (await client.request('stackTrace', { threadId: 1 })).stackFrames[0].id });
  await client.response('source', { sourceReference: 99 });
  await client.response('cancel', { requestId: 1 });
  await client.response('pause', { threadId: 1 });
  await client.response('attach', { vm: 'none' });
  await client.request('restart');
  await client.request('terminate');
  await client.request('disconnect');
}

/** As source of a value, whose texts keep their own types. */
const literal = (value: unknown): string =>
  typeof value === 'string'
    ? `${JSON.stringify(value)} as const`
    : Array.isArray(value)
      ? `[${value.map(literal).join(', ')}]`
      : value !== null && typeof value === 'object'
        ? `{ ${Object.entries(value)
            .map(([key, inner]) => `${JSON.stringify(key)}: ${literal(inner)}`)
            .join(', ')} }` // prettier-ignore
        : String(value);

const capital = (name: string): string => name[0].toUpperCase() + name.slice(1);

/** Each message a statement that the compiler accepts only if the protocol has it so; ours beside the protocol's are let be. */
const statements = (messages: readonly Body[]): string[] =>
  messages.map((message, i) => {
    const type = message.type === 'event' ? `${capital(message.event)}Event` : message.success ? `${capital(message.command)}Response` : 'ErrorResponse';
    return `const m${i} = ${literal(message)}; export const t${i}: DebugProtocol.${type} = m${i};`;
  });

/** What the compiler says of a module of these statements. */
function complaints(lines: readonly string[]): string[] {
  const name = path.resolve('test/dap/messages.generated.ts');
  const text = `import type { DebugProtocol } from '@vscode/debugprotocol';\n${lines.join('\n')}\n`;
  const options: ts.CompilerOptions = { strict: true, noEmit: true, skipLibCheck: true, types: [], lib: ['lib.es2020.d.ts'], moduleResolution: ts.ModuleResolutionKind.Node10 };
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists } = host;
  host.fileExists = (file) => path.resolve(file) === name || fileExists(file);
  host.getSourceFile = (file, ...rest) => (path.resolve(file) === name ? ts.createSourceFile(file, text, ts.ScriptTarget.ES2020) : getSourceFile(file, ...rest));
  const program = ts.createProgram([name], options, host);
  return ts.getPreEmitDiagnostics(program).map(({ start = 0, messageText }) => {
    const line = text.slice(0, start).split('\n').length - 1;
    return `${ts.flattenDiagnosticMessageText(messageText, ' ')}: ${text.split('\n')[line].slice(0, 300)}`;
  });
}

test('every standard request is answered, and every answer and event has the protocol’s form', async () => {
  const client = new DapClient((config) => createMachine(config, nodeFiles));
  await everything(client);
  const messages = client.messages as Body[];
  const commands = new Set(messages.map(({ command }) => command));
  const standard = HANDLERS.map(({ command }) => command).filter((command) => !command.startsWith('ringside/'));
  assert.deepEqual(
    standard.filter((command) => !commands.has(command)),
    [],
    'not asked',
  ); // prettier-ignore
  const events = new Set(messages.filter(({ type }) => type === 'event').map(({ event }) => event));
  for (const event of [
    'initialized',
    'stopped',
    'breakpoint',
    'memory',
    'invalidated',
    'progressStart',
    'progressEnd',
    'process',
    'module',
    'loadedSource',
    'continued',
    'output',
    'terminated',
  ])
    assert.ok(events.has(event), `no ${event} event: ${[...events].join(' ')}`);
  const checked = messages.filter(({ event = '' }) => !event.startsWith('ringside/'));
  assert.deepEqual(complaints(statements(checked)), []);
  assert.match(complaints(statements([{ type: 'event', seq: 1, event: 'stopped', body: { reason: 7 } }]))[0], /'number' is not assignable to type/);
});
