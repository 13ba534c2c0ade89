import { UserError } from '../../base/userError';
import type { BlockDetail } from '../../protocol/requests';
import { integer, optional, shape } from '../arguments';
import { handler } from '../handler';

/** One block: guest code beside its micro-ops and its WebAssembly. */
export const ringsideBlock = handler('ringside/block', shape({ threadId: optional(integer), id: integer }), {
  run(session, { threadId, id }): BlockDetail {
    const { target } = session.guestOf(threadId);
    const detail = target.vm.block(id);
    if (!detail) throw new UserError('blocks.unknown', `Block ${id} is no longer in the cache.`);
    const { block } = detail;
    return { ...detail, block: { ...block, source: block.source ?? target.sourceMap.location(block.linear) } };
  },
});
