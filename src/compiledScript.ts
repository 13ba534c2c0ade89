/**
 * A CommonJS script run from V8's compiled code of an earlier run (`vm.Script`, `cachedData`): compiling 1.4 MB of JavaScript is
 * a quarter of the processor time to the first stop. V8 itself refuses code of another version or other flags; it compares sources by
 * their length alone, so that a file is named after what it was compiled from.
 */
import { isAscii } from 'node:buffer';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import Module, { createRequire } from 'node:module';
import path from 'node:path';
import { Script } from 'node:vm';

/** By then the functions that every session calls have been compiled, and go with it. Milliseconds. */
const WARM = 4000;
/** What has run for so long before it ends has compiled what is worth keeping. Seconds. */
const WORTH = 0.3;

type Wrapped = (exports: object, require: NodeJS.Require, module: { exports: object }, filename: string, dirname: string) => void;

/** `storage`: a folder that need not exist; without it the script is compiled as any other. Was there code of an earlier run, and did it do? */
export function runCompiled(filename: string, storage?: string, warm = WARM): boolean {
  const bytes = fs.readFileSync(filename);
  const source = Module.wrap(bytes.toString(isAscii(bytes) ? 'latin1' : 'utf8'));
  const place = storage === undefined ? undefined : placeOf(filename, bytes, storage);
  const cachedData = place === undefined ? undefined : readOrNothing(place);
  const script = new Script(source, { filename, cachedData });
  const module = { exports: {} };
  (script.runInThisContext() as Wrapped)(module.exports, createRequire(filename), module, filename, path.dirname(filename));
  const taken = cachedData !== undefined && !script.cachedDataRejected;
  if (place !== undefined && !taken) saveLater(place, script, warm);
  return taken;
}

/** Once: when it is warm, or when it ends before. */
function saveLater(place: string, script: Script, warm: number): void {
  const timer = setTimeout(() => {
    process.off('exit', ending);
    save(place, script);
  }, warm).unref();
  const ending = (): void => {
    clearTimeout(timer);
    if (process.uptime() > WORTH) save(place, script);
  };
  process.once('exit', ending);
}

const ENDING = '.compiled';

function placeOf(filename: string, bytes: Uint8Array, storage: string): string {
  const digest = createHash('sha256').update(bytes).update(process.versions.v8).digest('hex').slice(0, 16);
  return path.join(storage, `${path.basename(filename)}.${digest}${ENDING}`);
}

function readOrNothing(file: string): Buffer | undefined {
  try {
    return fs.readFileSync(file);
  } catch {
    return undefined;
  }
}

/** Whole or not at all, in place of what was compiled from earlier versions. That it cannot be kept is no reason to complain. */
function save(place: string, script: Script): void {
  const folder = path.dirname(place);
  const [name] = path.basename(place).split(/\.[0-9a-f]+\.compiled$/);
  try {
    fs.mkdirSync(folder, { recursive: true });
    const draft = `${place}.${process.pid}`;
    fs.writeFileSync(draft, script.createCachedData());
    for (const file of fs.readdirSync(folder)) if (file.startsWith(`${name}.`) && file.endsWith(ENDING)) fs.rmSync(path.join(folder, file), { force: true });
    fs.renameSync(draft, place);
  } catch {
    // A full disk, a folder that is read only: the next start compiles again.
  }
}
