/** `ringside run`: the guest's serial output on stdout, and nothing else there; the report on stderr. */
import { Switch } from '../devices/virtio/switch';
import type { Subject } from '../debug/compare';
import type { ScreenText } from '../protocol/screen';
import type { StopReason } from '../vmm/debuggable';
import { CAPTURE_OPTION, captureFrames } from './capture';
import type { Arguments, CliEnvironment, Command, GuestAttributes } from './command';
import { countedKinds, describeStop, EVENT_NAMES, thousands } from '../debug/describe';
import { EXIT_CODES, exitCode } from './exitCodes';
import { encodePng } from './png';
import { Script, SCRIPT_NOTES, SCRIPT_OPTIONS } from './script';
import { runSeveral, SEVERAL_NOTES } from './runSeveral';
import { silentReport } from '../debug/silentReport';
import { guestAttributes, MACHINE_OPTIONS, PERSIST_OPTION, TECHNIQUE_OPTION } from './guestOptions';

const SLICE_MILLISECONDS = 50;
/**
 * While a script waits, what it waits for is looked at after so many instructions: often in a guest that idles, where
 * few of them take much time, seldom in one that computes. A function of what the guest does, not of the host.
 */
const SCRIPT_SLICE = { smallest: 1000, largest: 8_000_000, fewInterrupts: 20, manyInterrupts: 100 } as const;

const nextSlice = (slice: number, interrupts: number): number => {
  if (interrupts > SCRIPT_SLICE.manyInterrupts) return Math.max(SCRIPT_SLICE.smallest, Math.floor(slice / 4));
  return interrupts < SCRIPT_SLICE.fewInterrupts ? Math.min(SCRIPT_SLICE.largest, slice * 2) : slice;
};

/** How a run ends: as the machine says, or as its script does. */
export type Ending = StopReason | { readonly kind: 'expected' } | { readonly kind: 'timeout' };

async function runUntilStop({ vm }: Subject, script: Script, limit: number, environment: CliEnvironment, flush: () => void): Promise<Ending> {
  let slice: number = SCRIPT_SLICE.smallest;
  let sliceEnd = vm.retired + slice;
  let interrupts = 0;
  script.advance();
  for (;;) {
    if (environment.interrupted()) return { kind: 'pause' };
    if (script.fulfilled) return { kind: 'expected' };
    if (script.timedOut(environment.now())) return { kind: 'timeout' };
    if (vm.retired >= sliceEnd) {
      slice = nextSlice(slice, vm.eventCounts.interrupt - interrupts);
      sliceEnd = vm.retired + slice;
      interrupts = vm.eventCounts.interrupt;
    }
    const stop = vm.run((script.active ? Math.min(limit, sliceEnd) : limit) - vm.retired, SLICE_MILLISECONDS);
    flush();
    const ended = stop.kind !== 'budget' || vm.retired >= limit;
    const goesOn = (ended || vm.retired >= sliceEnd) && script.advance() && (stop.kind === 'budget' || awaitsInput(stop));
    if (ended && !goesOn) return script.fulfilled && stop.kind !== 'tripleFault' ? { kind: 'expected' } : stop;
    await environment.pause();
  }
}

/** Collects what the guest sends, byte by byte, and writes it once a slice. */
function bufferOutput({ serial }: Subject, write: CliEnvironment['stdout']): () => void {
  let bytes: number[] = [];
  serial?.on((sent) => sent.forEach((byte) => void bytes.push(byte)));
  return () => {
    if (bytes.length > 0) write(Uint8Array.from(bytes));
    bytes = [];
  };
}

/** A halted processor that interrupts wake. */
const awaitsInput = (stop: StopReason): boolean => stop.kind === 'halted' && stop.interruptsEnabled;

/** Endings that leave a script unfinished: what it waited for will not come. */
const LEAVES_UNMET: ReadonlySet<Ending['kind']> = new Set(['exited', 'halted', 'budget', 'timeout']);

/** The process exit code for the way the run ended. */
export function exitCodeFor(stop: Ending, unmet?: string): number {
  if (unmet !== undefined && LEAVES_UNMET.has(stop.kind)) return exitCode('unmet');
  switch (stop.kind) {
    case 'expected':
      return exitCode('ok');
    case 'exited':
      return stop.code & 0xff;
    case 'halted':
      return exitCode('ok');
    case 'tripleFault':
    case 'budget':
    case 'unimplemented':
    case 'entryFailure':
      return exitCode(stop.kind);
    case 'pause':
      return exitCode('interrupted');
    default:
      return exitCode('internal');
  }
}

/** What is on the text screen, blank lines at the end left out. */
function screenLines(screen: ScreenText | undefined): string[] {
  const text = screen?.lines.map((line) => `  | ${line.trimEnd()}`.trimEnd()) ?? [];
  while (text.at(-1) === '  |') text.pop();
  return text.length > 0 ? ['screen:', ...text] : [];
}

const plural = (n: number, word: string): string => `${n} ${word}${n === 1 ? '' : 's'}`;

const describeEnding = (stop: Ending): string => (stop.kind === 'expected' ? 'everything expected came' : stop.kind === 'timeout' ? 'timeout' : describeStop(stop));

/** What --json says of a guest. */
export const guestJson = ({ vm, screen, notes = [] }: Subject, stop: Ending, code: number): object => ({
  technique: vm.technique,
  ...(notes.length > 0 ? { notes } : {}),
  stop,
  exitCode: code,
  retired: vm.retired,
  cycles: vm.cycles,
  events: vm.eventCounts,
  silent: vm.silentPlaces.map(({ event: { cs, eip, retired, instruction, sentence, differences }, count }) => ({ cs, eip, count, retired, instruction, sentence, differences })),
  screen: screen?.().lines.map((line) => line.trimEnd()),
  stateHash: vm.stateHash(),
});

export function report(guest: Subject, stop: Ending, unmet: string | undefined, milliseconds: number): string {
  const { vm, screen } = guest;
  const counts = countedKinds([vm.eventCounts]).map((kind) => `${EVENT_NAMES[kind]} ${thousands(vm.eventCounts[kind])}`);
  const lines = [`${describeEnding(stop)} after ${thousands(vm.retired)} instructions, ${thousands(vm.cycles)} modelled cycles (${vm.technique}, ${Math.round(milliseconds)} ms)`];
  lines.push(...(guest.notes ?? []).map((note) => `note: ${note}`));
  if (unmet !== undefined) lines.push(`expected, and it did not come: ${unmet}`);
  if (stop.kind === 'tripleFault' || stop.kind === 'entryFailure') lines.push(...stop.causes.map((cause) => `  ${cause}`));
  if (stop.kind !== 'tripleFault' && vm.lastShutdown)
    lines.push(`reset after ${plural(vm.eventCounts.tripleFault, 'triple fault')}, the last:`, ...vm.lastShutdown.map((cause) => `  ${cause}`));
  if (counts.length > 0) lines.push(`events: ${counts.join(', ')}`);
  lines.push(...silentReport(guest, stop), ...screenLines(screen?.()));
  return `${lines.join('\n')}\n`;
}

function saveScreenshot({ picture }: Subject, path: string | undefined, environment: CliEnvironment): void {
  if (path !== undefined && picture) environment.writeFile(path, encodePng(picture()));
}

/** Everything a guest of this command line is launched with. */
export function launchAttributes(args: Arguments, operand: string): GuestAttributes {
  const technique = args.technique('technique');
  return { ...(technique ? { technique } : {}), ...(args.has('persist') ? { persist: true } : {}), ...guestAttributes(args, operand) };
}

export const run: Command = {
  name: 'run',
  summary: 'Run a guest; its serial output goes to stdout, a report to stderr',
  operand: 'GUEST',
  severalOperands: true,
  options: [
    TECHNIQUE_OPTION,
    ...MACHINE_OPTIONS,
    PERSIST_OPTION,
    ...SCRIPT_OPTIONS,
    { name: 'max-instructions', short: 'n', value: 'N', help: 'stop after so many instructions (no limit by default)' },
    CAPTURE_OPTION,
    { name: 'screenshot', value: 'FILE', help: 'write what the guest’s display shows at the end as a PNG file' },
    { name: 'json', help: 'write the report as one line of JSON' },
  ],
  notes: `GUEST is an .asm file, a disk or boot-sector image, or a kernel. Several run side by side as VMs of one hypervisor;\n${SEVERAL_NOTES}\n\n${SCRIPT_NOTES}\n\nExit codes: the guest's own when it powers off through port F4h, ${EXIT_CODES.map(({ code, name }) => `${code} ${name}`).join(', ')}.`,
  async run(args: Arguments, environment: CliEnvironment): Promise<number> {
    const limit = args.count('max-instructions') ?? Number.MAX_SAFE_INTEGER;
    if (args.operands.length > 1) return runSeveral(args, environment, limit);
    const network = new Switch();
    const saveCapture = captureFrames(network, args.text('capture'), environment);
    const guest = environment.createGuest(launchAttributes(args, args.operand), network);
    const started = environment.now();
    try {
      const flush = bufferOutput(guest, environment.stdout);
      const script = new Script(args, guest);
      const stop = await runUntilStop(guest, script, limit, environment, flush);
      const { unmet } = script;
      saveCapture();
      saveScreenshot(guest, args.text('screenshot'), environment);
      const milliseconds = environment.now() - started;
      const code = exitCodeFor(stop, unmet);
      if (args.has('json'))
        environment.stderr(`${JSON.stringify({ guest: args.operand, ...guestJson(guest, stop, code), ...(unmet === undefined ? {} : { unmet }), milliseconds })}\n`);
      else environment.stderr(report(guest, stop, unmet, milliseconds));
      return code;
    } finally {
      guest.dispose?.();
    }
  },
};
