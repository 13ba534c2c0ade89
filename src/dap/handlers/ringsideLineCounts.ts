import type { LineCounts, LineCountsResponse } from '../../protocol/requests';
import type { VmmEventKind } from '../../protocol/vmmEvent';
import { integer, optional, shape } from '../arguments';
import { handler } from '../handler';

/** Events by source line since power-on, as far as they were recorded. */
export const ringsideLineCounts = handler('ringside/lineCounts', shape({ threadId: optional(integer) }), {
  run(session, { threadId }): LineCountsResponse {
    const { vm, sourceMap } = session.guestOf(threadId).target;
    const lines = new Map<string, LineCounts & { counts: Partial<Record<VmmEventKind, number>> }>();
    for (const [linear, counts] of vm.placeCounts ?? []) {
      const at = sourceMap.location(linear);
      if (!at) continue;
      const key = `${at.path}:${at.line}`;
      const line = lines.get(key) ?? { ...at, counts: {} };
      lines.set(key, line);
      for (const [kind, count] of Object.entries(counts) as [VmmEventKind, number][]) line.counts[kind] = (line.counts[kind] ?? 0) + count;
    }
    return { technique: vm.technique, lines: [...lines.values()] };
  },
});
