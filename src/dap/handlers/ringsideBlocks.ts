import type { BlocksResponse } from '../../protocol/requests';
import { count, optional, shape } from '../arguments';
import { handler } from '../handler';

/** The block cache, a page at a time. */
export const ringsideBlocks = handler('ringside/blocks', shape({ start: optional(count(1e9)), count: optional(count(1e9)) }), {
  run({ target }, { start = 0, count: most }): BlocksResponse {
    const blocks = target.vm.blocks();
    const page = blocks.slice(start, most === undefined ? undefined : start + most);
    const located = page.map((block) => ({ ...block, source: block.source ?? target.sourceMap.location(block.linear) }));
    return { technique: target.vm.technique, blocks: located, total: blocks.length };
  },
});
