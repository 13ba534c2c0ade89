/** All data sets, or part of them, through the benches. */
import path from 'node:path';
import { readLines } from './files';
import { NativeBench, type NativeCase } from './native';
import { Results } from './result';
import { type OpcodeFile, SingleStepBench, type SingleStepCase } from './singleStep';

const SINGLE_STEP: Readonly<Record<string, string>> = { sst286: 'single-step/sst286.jsonl.gz', sst386: 'single-step/sst386-00.jsonl.gz' };
const NATIVE = ['int', 'str', 'ctl', 'x87', 'mmx', 'sse'] as const;
/** Native groups again, in 16-bit code with size prefixes: what does not depend on where the instruction ends. */
const PREFIXED: Readonly<Record<string, string>> = { int16: 'int', str16: 'str' };
/** And again, translated to WebAssembly. */
const TRANSLATED: Readonly<Record<string, string>> = {
  intTranslated: 'int',
  strTranslated: 'str',
  ctlTranslated: 'ctl',
  x87Translated: 'x87',
  mmxTranslated: 'mmx',
  sseTranslated: 'sse',
};
export const GROUPS: readonly string[] = [...Object.keys(SINGLE_STEP), ...NATIVE, ...Object.keys(PREFIXED), ...Object.keys(TRANSLATED)];

export interface Selection {
  /** Directory of the data sets. */
  readonly data: string;
  /** Groups to run; all without it. */
  readonly only?: readonly string[];
  /** Opcode files or forms to run, by name; all without it. */
  readonly forms?: readonly string[];
  /** Cases of each form, at most. */
  readonly max?: number;
  /** Run every n-th case. */
  readonly every?: number;
}

export function runConformance(selection: Selection): Results {
  const results = new Results();
  for (const group of selection.only ?? GROUPS) {
    const file = SINGLE_STEP[group];
    if (file) runSingleStep(results, group, path.join(selection.data, file), selection);
    else runNative(results, group, path.join(selection.data, 'native', `${PREFIXED[group] ?? TRANSLATED[group] ?? group}.jsonl.gz`), selection);
  }
  return results;
}

/** Says of each case whether it is in the selection. */
function chooser({ forms, max = Infinity, every = 1 }: Selection): (form: string) => boolean {
  const seen = new Map<string, number>();
  let count = 0;
  return (form) => {
    if (forms && !forms.includes(form)) return false;
    if (count++ % every !== 0) return false;
    const number = (seen.get(form) ?? 0) + 1;
    seen.set(form, number);
    return number <= max;
  };
}

function runSingleStep(results: Results, group: string, file: string, selection: Selection): void {
  const bench = new SingleStepBench();
  const chosen = chooser(selection);
  let opcode: OpcodeFile | undefined;
  for (const line of readLines<OpcodeFile | SingleStepCase>(file)) {
    if ('file' in line) opcode = line;
    else if (opcode && chosen(opcode.file))
      results.add(
        group,
        `${opcode.file} ${opcode.mnemonic}`,
        bench.run(opcode, line),
        () => `#${line[0]} ${line[1]} ${line[7]}${line[6] ? ` exception ${line[6][0]}` : ''}${line[8] ? ` [${line[8]}]` : ''}`,
      );
  }
}

function runNative(results: Results, group: string, file: string, selection: Selection): void {
  const bench = new NativeBench(PREFIXED[group] ? 2 : 4, group in TRANSLATED);
  const chosen = chooser(selection);
  for (const line of readLines<NativeCase>(file)) {
    if (chosen(line.n))
      results.add(
        group,
        line.n,
        bench.run(line),
        () => `${line.i}${line.t ? ` (${line.t})` : ''} regs ${line.r.map((value) => value.toString(16)).join(' ')} flags ${line.f.toString(16)}`,
      );
  }
}
