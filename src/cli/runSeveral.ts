/** `ringside run A B …`: several guests at once, as VMs of one hypervisor. Each line they print says whose it is. */
import { UserError } from '../base/userError';
import { Switch } from '../devices/virtio/switch';
import type { Subject } from '../debug/compare';
import { PostOffice } from '../vmm/hypercalls/mailbox';
import { DEFAULT_WEIGHT } from '../vmm/scheduler';
import { Hypervisor, type HypervisorGuest } from '../vmm/hypervisor';
import { captureFrames } from './capture';
import type { Arguments, CliEnvironment } from './command';
import { type Ending, exitCodeFor, guestJson, launchAttributes, report } from './run';
import { exitCode } from './exitCodes';

const SLICE_MILLISECONDS = 50;
/** A guest that never ends its line does not keep the others from being read. */
const LONGEST_LINE = 4096;
const SCRIPTED = ['expect', 'type', 'type-serial', 'timeout', 'screenshot'];

export const SEVERAL_NOTES = `options are for all of them, and GUEST,ATTRIBUTE=VALUE,... gives one its own: a.asm,technique=bt,weight=512. With several,
lines of output begin with the guest's name, and the exit code is the first one that is not 0.`;

interface Several extends HypervisorGuest {
  readonly subject: Subject;
  readonly vm: Subject['vm'];
}

/** Whole lines, each with the name in front. */
class NamedLines {
  readonly #decoder = new TextDecoder();
  #text = '';

  constructor(
    private readonly name: string,
    private readonly write: (text: string) => void,
  ) {}

  add(bytes: Uint8Array): void {
    this.#text += this.#decoder.decode(bytes, { stream: true });
    for (let end = this.#text.indexOf('\n'); end >= 0 || this.#text.length > LONGEST_LINE; end = this.#text.indexOf('\n')) this.#line(end >= 0 ? end : LONGEST_LINE);
  }

  end(): void {
    if (this.#text) this.#line(this.#text.length);
  }

  #line(length: number): void {
    this.write(`[${this.name}] ${this.#text.slice(0, length).replace(/\r$/, '')}\n`);
    this.#text = this.#text.slice(this.#text[length] === '\n' ? length + 1 : length);
  }
}

const baseName = (path: string): string => path.replace(/^.*[\\/]/, '');

/** The same guest may run more than once. */
const names = (programs: readonly string[]): string[] =>
  programs.map((program, i) => {
    const name = baseName(program);
    const before = programs.slice(0, i).filter((other) => baseName(other) === name).length;
    return before === 0 ? name : `${name} ${before + 1}`;
  });

function createGuests(args: Arguments, environment: CliEnvironment, limit: number, network: Switch): Several[] {
  const attributes = args.operands.map((operand) => launchAttributes(args, operand));
  const called = names(attributes.map(({ program }) => String(program)));
  const guests: Several[] = [];
  try {
    for (const [i, given] of attributes.entries()) {
      const subject = environment.createGuest(given, network);
      const { weight = DEFAULT_WEIGHT, cap } = given as { weight?: number; cap?: number };
      guests.push({ name: called[i], subject, vm: subject.vm, share: { weight, ...(cap === undefined ? {} : { cap }) }, limit });
    }
  } catch (error) {
    for (const { subject } of guests) subject.dispose?.();
    throw error;
  }
  return guests;
}

const failureText = (error: unknown): string => `internal error: ${error instanceof Error ? error.stack : String(error)}\n`;

export async function runSeveral(args: Arguments, environment: CliEnvironment, limit: number): Promise<number> {
  const scripted = args.given.find(({ name }) => SCRIPTED.includes(name));
  if (scripted) throw new UserError('cli.usage', `--${scripted.name}: expected with one guest, and there are ${args.operands.length}`);
  const network = new Switch();
  const saveCapture = captureFrames(network, args.text('capture'), environment);
  const guests = createGuests(args, environment, limit, network);
  const started = environment.now();
  try {
    const lines = guests.map(({ name, subject }) => {
      const text = new NamedLines(name, environment.stdout);
      subject.serial?.on((bytes) => text.add(bytes));
      return text;
    });
    const office = new PostOffice();
    for (const { subject } of guests) subject.joinMessages?.(office);
    const hypervisor = new Hypervisor(guests);
    while (!hypervisor.run(SLICE_MILLISECONDS)) {
      if (environment.interrupted()) for (const guest of guests) hypervisor.stop(guest);
      await environment.pause();
    }
    for (const text of lines) text.end();
    saveCapture();
    const milliseconds = environment.now() - started;
    const rows = guests.map((guest) => {
      const ending = hypervisor.endingOf(guest)!;
      return { guest, ending, code: ending.kind === 'failed' ? exitCode('internal') : exitCodeFor(ending) };
    });
    if (args.has('json'))
      environment.stderr(
        `${JSON.stringify({ milliseconds, guests: rows.map(({ guest, ending, code }) => ({ guest: guest.name, ...guestJson(guest.subject, ending as Ending, code) })) })}\n`,
      );
    else
      for (const { guest, ending } of rows)
        environment.stderr(`== ${guest.name}\n${ending.kind === 'failed' ? failureText(ending.error) : report(guest.subject, ending, undefined, milliseconds)}`);
    return rows.find(({ code }) => code !== 0)?.code ?? 0;
  } finally {
    for (const { subject } of guests) subject.dispose?.();
  }
}
