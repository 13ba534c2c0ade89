/** From launch attributes to a machine, with every complaint where the user will see it. */
import type { Diagnostic } from '../asm/assembly';
import { UserError } from '../base/userError';
import { Switch } from '../devices/virtio/switch';
import type { DebugMachine, MachineFactory } from '../debug/debugMachine';
import { DebugTarget } from '../debug/target';
import { Turns } from '../debug/turns';
import { eventLoopYield } from '../debug/yieldToEventLoop';
import { type NamedConfiguration, parseConfigurations } from '../machine/configuration';
import { PostOffice } from '../vmm/hypercalls/mailbox';
import { RequestError } from './errors';
import { readNames } from './nameReading';
import type { Progress } from './progress';
import type { SessionContext } from './sessionContext';

/** What the loader may throw for a program that does not assemble. */
interface Undigested {
  readonly diagnostics?: readonly Diagnostic[];
}

export const formatDiagnostic = (d: Diagnostic): string => `${d.path}:${d.line}:${d.column}: ${d.severity}: ${d.message}`;

const refuse = (problems: readonly string[]): RequestError => new RequestError('launch', problems.join('\n'), true);

export interface Launched extends NamedConfiguration {
  readonly target: DebugTarget;
}

/** A machine for every VM of the configuration, or none. */
export async function launchGuests(session: SessionContext, create: MachineFactory, attributes: Readonly<Record<string, unknown>>): Promise<Launched[]> {
  const result = parseConfigurations(attributes);
  if ('problems' in result) throw refuse(result.problems);
  const eventLoop = eventLoopYield();
  const turns = result.vms.length > 1 ? new Turns(eventLoop) : undefined;
  const surroundings = { network: new Switch() };
  const launched: Launched[] = [];
  try {
    for (const { name, config } of result.vms) {
      const machine = await session.progress.during(`Loading ${name}`, (progress) => buildMachine(session, progress, async () => create(config, surroundings)), session.requestId);
      const target = new DebugTarget(machine, config.maxInstructions, turns?.for(config, () => machine.vm.retired) ?? eventLoop, config.pace);
      launched.push({ name, config, target });
      readNames(session, target);
    }
  } catch (error) {
    for (const { target } of launched) target.dispose();
    throw error;
  }
  const office = new PostOffice();
  if (launched.length > 1) for (const { target } of launched) target.machine.joinMessages?.(office);
  return launched;
}

async function buildMachine(session: SessionContext, progress: Progress, create: () => Promise<DebugMachine>): Promise<DebugMachine> {
  let machine: DebugMachine | undefined;
  try {
    machine = await progress.unlessCancelled(create(), (late) => late.dispose?.());
    await progress.checkpoint();
    void machine.symbolFiles; // a damaged one is an error of the launch
    await progress.checkpoint();
  } catch (error) {
    machine?.dispose?.();
    checkDiagnostics(session, (error as Undigested | undefined)?.diagnostics ?? []);
    throw error instanceof UserError ? refuse([error.message]) : error;
  }
  checkDiagnostics(session, machine.assembly?.diagnostics ?? []);
  for (const note of [...(machine.notes ?? []), ...(machine.symbolFiles ?? []).flatMap(({ problems }) => problems)]) session.output(`${note}\n`, 'console');
  return machine;
}

/** Each one as output with a link to its place; errors fail the launch. */
function checkDiagnostics(session: SessionContext, diagnostics: readonly Diagnostic[]): void {
  for (const d of diagnostics) session.output(`${formatDiagnostic(d)}\n`, d.severity === 'error' ? 'stderr' : 'console', d);
  const errors = diagnostics.filter((d) => d.severity === 'error');
  if (errors.length > 0) throw refuse(errors.map(formatDiagnostic));
}
