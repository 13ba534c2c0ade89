import type { PageWalkResponse } from '../../protocol/pageWalk';
import { count, integer, optional, shape } from '../arguments';
import { handler } from '../handler';

const PAGE = 4096;
const MOST = 1024;

/** Guest page tables beside their shadow and nested tables, page by page from a linear address. */
export const ringsidePageWalk = handler('ringside/pageWalk', shape({ threadId: optional(integer), address: count(0xffffffff), count: optional(count(MOST)) }), {
  run(session, { threadId, address, count: pages = 1 }): PageWalkResponse {
    const { vm } = session.guestOf(threadId).target;
    return { technique: vm.technique, rows: Array.from({ length: pages }, (_, n) => vm.pageWalk((address + n * PAGE) >>> 0)), traced: vm.tracedTables };
  },
});
