/** Names of large symbol files are read while nobody waits for them: a name that is asked for meanwhile has the rest read at once. */
import type { DebugTarget } from '../debug/target';
import type { SymbolFile } from '../symbols/symbolFile';
import { RequestError } from './errors';
import type { Progress } from './progress';
import type { SessionContext } from './sessionContext';

/** Bytes of .debug_info that are read in no time. */
const SMALL = 16 << 20;
const SLICE_MILLISECONDS = 8;

export const isLarge = ({ info }: SymbolFile): boolean => info.sections.info.size > SMALL;

/** Begins it, for as long as the target is there. */
export function readNames(session: SessionContext, target: DebugTarget): void {
  const large = (target.machine.symbolFiles ?? []).filter(isLarge);
  if (large.length > 0) readAll(session, target, large).catch((error: unknown) => session.output(describe(error), 'console'));
}

const describe = (error: unknown): string =>
  error instanceof RequestError && error.code === 'cancelled' ? 'Reading names was cancelled: the rest is read when one is asked for.\n' : `Reading symbols: ${error}\n`;

async function readAll(session: SessionContext, target: DebugTarget, files: readonly SymbolFile[]): Promise<void> {
  for (const file of files) await session.progress.during(`Reading names of ${file.name}`, (progress) => readOne(file, target, progress));
}

async function readOne({ info: { names, units } }: SymbolFile, target: DebugTarget, progress: Progress): Promise<void> {
  let read = 0;
  while (!target.ended) {
    for (const end = performance.now() + SLICE_MILLISECONDS; performance.now() < end; read++) if (!names.step()) return;
    progress.at(read, units.length);
    await progress.checkpoint();
  }
}
