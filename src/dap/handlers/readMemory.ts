import { count, integer, optional, shape, string } from '../arguments';
import { handler } from '../handler';
import { encodeBase64, formatReference, parseReference, readMemory as read } from '../memoryReference';

const MOST = 16 << 20;

export const readMemory = handler('readMemory', shape({ threadId: optional(integer), memoryReference: string, offset: optional(integer), count: count(MOST) }), {
  capabilities: { supportsReadMemoryRequest: true },
  /** `threadId`: of which VM; the DAP leaves it out. */
  run(session, args) {
    const { target } = session.guestOf(args.threadId);
    const reference = parseReference(target, args.memoryReference, 'memoryReference', args.offset);
    const bytes = read(target, reference, args.count);
    return {
      address: formatReference(reference),
      ...(bytes.length > 0 && { data: encodeBase64(bytes) }),
      ...(bytes.length < args.count && { unreadableBytes: args.count - bytes.length }),
    };
  },
});
