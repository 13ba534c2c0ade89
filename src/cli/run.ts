/** `ringside run`: the guest's serial output on stdout, and nothing else there; the report on stderr. */
import type { Subject } from '../debug/compare';
import type { ScreenResponse } from '../protocol/requests';
import type { StopReason } from '../vmm/debuggable';
import type { Arguments, CliEnvironment, Command } from './command';
import { countedKinds, describeStop, EVENT_NAMES, thousands } from './describe';
import { EXIT_CODES, exitCode } from './exitCodes';
import { guestAttributes, MACHINE_OPTIONS, PERSIST_OPTION, TECHNIQUE_OPTION } from './guestOptions';

const SLICE_MILLISECONDS = 50;

async function runUntilStop({ vm }: Subject, limit: number, environment: CliEnvironment): Promise<StopReason> {
  for (;;) {
    if (environment.interrupted()) return { kind: 'pause' };
    const stop = vm.run(limit - vm.retired, SLICE_MILLISECONDS);
    if (stop.kind !== 'budget' || vm.retired >= limit) return stop;
    await environment.pause();
  }
}

/** The process exit code for the way the guest ended. */
export function exitCodeFor(stop: StopReason): number {
  switch (stop.kind) {
    case 'exited':
      return stop.code & 0xff;
    case 'halted':
      return exitCode('ok');
    case 'tripleFault':
    case 'budget':
    case 'unimplemented':
      return exitCode(stop.kind);
    case 'pause':
      return exitCode('interrupted');
    default:
      return exitCode('internal');
  }
}

/** What is on the text screen, blank lines at the end left out. */
function screenLines(screen: ScreenResponse | undefined): string[] {
  const text = screen?.lines.map((line) => `  | ${line.trimEnd()}`.trimEnd()) ?? [];
  while (text.at(-1) === '  |') text.pop();
  return text.length > 0 ? ['screen:', ...text] : [];
}

function report({ vm, screen }: Subject, stop: StopReason, milliseconds: number): string {
  const counts = countedKinds([vm.eventCounts]).map((kind) => `${EVENT_NAMES[kind]} ${thousands(vm.eventCounts[kind])}`);
  const lines = [`${describeStop(stop)} after ${thousands(vm.retired)} instructions, ${thousands(vm.cycles)} modelled cycles (${vm.technique}, ${Math.round(milliseconds)} ms)`];
  if (stop.kind === 'tripleFault') lines.push(...stop.causes.map((cause) => `  ${cause}`));
  if (counts.length > 0) lines.push(`events: ${counts.join(', ')}`);
  lines.push(...screenLines(screen?.()));
  return `${lines.join('\n')}\n`;
}

export const run: Command = {
  name: 'run',
  summary: 'Run a guest; its serial output goes to stdout, a report to stderr',
  operand: 'GUEST',
  options: [
    TECHNIQUE_OPTION,
    ...MACHINE_OPTIONS,
    PERSIST_OPTION,
    { name: 'max-instructions', short: 'n', value: 'N', help: 'stop after so many instructions (no limit by default)' },
    { name: 'json', help: 'write the report as one line of JSON' },
  ],
  notes: `GUEST is an .asm file, a disk or boot-sector image, or a kernel.\nExit codes: the guest's own when it powers off through port F4h, ${EXIT_CODES.map(({ code, name }) => `${code} ${name}`).join(', ')}.`,
  async run(args: Arguments, environment: CliEnvironment): Promise<number> {
    const limit = args.count('max-instructions') ?? Number.MAX_SAFE_INTEGER;
    const technique = args.technique('technique');
    const guest = environment.createGuest({ ...guestAttributes(args), ...(technique ? { technique } : {}), ...(args.has('persist') ? { persist: true } : {}) });
    guest.serial?.on((bytes) => environment.stdout(bytes));
    const started = environment.now();
    try {
      const stop = await runUntilStop(guest, limit, environment);
      const milliseconds = environment.now() - started;
      const code = exitCodeFor(stop);
      const { retired, cycles, eventCounts } = guest.vm;
      if (args.has('json'))
        environment.stderr(
          `${JSON.stringify({ guest: args.operand, technique: guest.vm.technique, stop, exitCode: code, retired, cycles, milliseconds, events: eventCounts, screen: guest.screen?.().lines.map((line) => line.trimEnd()), stateHash: guest.vm.stateHash() })}\n`,
        );
      else environment.stderr(report(guest, stop, milliseconds));
      return code;
    } finally {
      guest.dispose?.();
    }
  },
};
