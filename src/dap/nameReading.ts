/** Names of large symbol files are read while nobody waits for them: a name that is asked for meanwhile has the rest read at once. */
import type { DebugTarget } from '../debug/target';
import { eventLoopYield } from '../debug/yieldToEventLoop';
import type { SymbolFile } from '../symbols/symbolFile';
import { withProgress } from './progress';
import type { SessionContext } from './sessionContext';

/** Bytes of .debug_info that are read in no time. */
const SMALL = 16 << 20;
const SLICE_MILLISECONDS = 8;

/** Begins it, for as long as the target is there. */
export function readNames(session: SessionContext, target: DebugTarget): void {
  const large = (target.machine.symbolFiles ?? []).filter(({ info }) => info.sections.info.size > SMALL);
  if (large.length > 0) readAll(session, target, large).catch((error: unknown) => session.output(`Reading symbols: ${error}\n`, 'stderr'));
}

async function readAll(session: SessionContext, target: DebugTarget, files: readonly SymbolFile[]): Promise<void> {
  const pause = eventLoopYield();
  for (const file of files) {
    await withProgress(session, `Reading names of ${file.name}`, async () => {
      while (!target.ended && !readSome(file)) await pause();
    });
  }
}

/** True when there is nothing left. */
function readSome({ info }: SymbolFile): boolean {
  for (const end = performance.now() + SLICE_MILLISECONDS; performance.now() < end; ) if (!info.names.step()) return true;
  return false;
}
