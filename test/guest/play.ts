/** Run a guest to its end, headless. */
import fs from 'node:fs';
import path from 'node:path';
import { parseConfiguration } from '../../src/machine/configuration';
import { createMachine, type Machine } from '../../src/machine/machine';
import type { TechniqueId } from '../../src/protocol/techniques';
import type { VmmEvent } from '../../src/protocol/vmmEvent';
import type { StopReason } from '../../src/vmm/debuggable';

const LIMIT = 3_000_000;

/** `numbered:COUNT`: an image of so many sectors, each filled with the low byte of its number. */
const numbered = (sectors: number): Uint8Array => Uint8Array.from({ length: sectors * 512 }, (_, i) => i >> 9);

const readFile = (name: string): Uint8Array => {
  const [, sectors] = /^numbered:(\d+)$/.exec(name) ?? [];
  return sectors === undefined ? new Uint8Array(fs.readFileSync(name)) : numbered(Number(sectors));
};

const files = {
  readFile,
  readInclude: (name: string, from: string) => {
    const found = path.join(path.dirname(from), name);
    return fs.existsSync(found) ? { path: found, bytes: new Uint8Array(fs.readFileSync(found)) } : undefined;
  },
};

export interface Options {
  /** Instructions per run. */
  readonly slice?: number;
  readonly breakpoints?: readonly number[];
  readonly record?: boolean;
}

export interface Run {
  readonly serial: string;
  readonly ending: string;
  readonly retired: number;
  readonly hash: string;
  readonly silent: readonly string[];
  readonly events: readonly VmmEvent[];
  readonly machine: Machine;
}

export function boot(file: string, technique: TechniqueId, launch: Readonly<Record<string, unknown>> = {}): Machine {
  const parsed = parseConfiguration({ program: file, technique, memory: 2, ...launch });
  if ('problems' in parsed) throw new Error(parsed.problems.join('; '));
  return createMachine(parsed.config, files);
}

export function play(
  file: string,
  technique: TechniqueId,
  { launch, keys, typed = '' }: { readonly launch: Readonly<Record<string, unknown>>; readonly keys: string; readonly typed?: string },
  { slice = LIMIT, breakpoints = [], record = true }: Options = {},
): Run {
  const machine = boot(file, technique, launch);
  const { vm } = machine;
  let serial = '';
  machine.serial.on((bytes) => {
    for (const byte of bytes) serial += String.fromCharCode(byte);
  });
  machine.typeKeys(keys);
  if (typed) machine.serialInput(new TextEncoder().encode(typed));
  vm.recordEvents = record;
  vm.setBreakpoints(new Set(breakpoints));
  let stop: StopReason;
  do stop = vm.run(Math.min(slice, LIMIT - vm.retired), 10_000);
  while ((stop.kind === 'budget' || stop.kind === 'breakpoint') && vm.retired < LIMIT);
  vm.machine.linear.checkShadow();
  const events = vm.events.read().map(({ entry }) => entry);
  return {
    serial: named(serial, machine),
    ending: describe(stop),
    retired: vm.retired,
    hash: vm.stateHash(),
    silent: events.filter((e) => e.kind === 'silent').map((e) => `${e.instruction}: ${e.sentence}`),
    events,
    machine,
  };
}

const describe = (stop: StopReason): string => {
  if (stop.kind === 'exited') return `exit ${stop.code}`;
  if (stop.kind === 'unimplemented') return `unimplemented ${stop.what}`;
  return stop.kind;
};

/** The address a check prints when it fails, as a line of the source. */
const named = (serial: string, { assembly }: Machine): string =>
  serial.replace(/FAIL ([0-9A-F]+)/, (text, address) => {
    const before = assembly?.lines.filter((entry) => entry.address < Number.parseInt(address, 16)) ?? [];
    const line = before.sort((a, b) => a.address - b.address).at(-1);
    return line ? `FAIL in ${path.basename(line.path)}:${line.line}` : text;
  });
