/** Prints, for every row of the instruction table, which test files have executed it. Fails when there is a row without one. */
import fs from 'node:fs';
import path from 'node:path';
import { INSTRUCTIONS } from '../../src/x86/instructionTable';

const [folder] = process.argv.slice(2);
const tests = new Map<number, string[]>();
for (const file of fs.readdirSync(folder).sort()) {
  const name = file.replaceAll('+', '/').replace(/\.json$/, '');
  for (const id of JSON.parse(fs.readFileSync(path.join(folder, file), 'utf8')) as number[]) tests.set(id, [...(tests.get(id) ?? []), name]);
}

/** Rows that cannot retire, whatever executes them: their tests are those of the fault they raise. */
const ONLY_FAULTS: Readonly<Record<string, string>> = {
  ud2: 'always #UD',
  vmcall: '#UD without a hypervisor',
  firmware: 'taken by the virtual machine',
};

let untested = 0;
for (const spec of INSTRUCTIONS) {
  const found = tests.get(spec.id);
  const why = ONLY_FAULTS[spec.lift];
  if (!found && !why) untested++;
  const name = spec.mnemonic === spec.mnemonic32 ? spec.mnemonic : `${spec.mnemonic}|${spec.mnemonic32}`;
  console.log(`${spec.encoding.padEnd(14)} ${`${name} ${spec.operands.join(' ')}`.padEnd(28)} ${found?.join(', ') ?? (why ? `never retires: ${why}` : 'NO TEST')}`);
}
console.log(`${INSTRUCTIONS.length - untested} passed, ${untested} failed`);
process.exitCode = untested > 0 ? 1 : 0;
