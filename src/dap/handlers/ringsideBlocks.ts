import { instructionPointer } from '../../debug/codeView';
import type { BlocksResponse } from '../../protocol/requests';
import { count, integer, optional, shape } from '../arguments';
import { handler } from '../handler';

/** The block cache, a page at a time. */
export const ringsideBlocks = handler('ringside/blocks', shape({ threadId: optional(integer), start: optional(count(1e9)), count: optional(count(1e9)) }), {
  run(session, { threadId, start = 0, count: most }): BlocksResponse {
    const { target } = session.guestOf(threadId);
    const blocks = target.vm.blocks();
    const page = blocks.slice(start, most === undefined ? undefined : start + most);
    const located = page.map((block) => ({ ...block, source: block.source ?? target.sourceMap.location(block.linear) }));
    return { technique: target.vm.technique, blocks: located, translation: target.vm.translation, total: blocks.length, position: instructionPointer(target.vm) };
  },
});
