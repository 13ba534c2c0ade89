import { boolean, integer, optional, shape, string } from '../arguments';
import { RequestError } from '../errors';
import { handler } from '../handler';
import { decodeBase64, formatReference, parseReference, readMemory, writeMemory as write } from '../memoryReference';
import { invalidate, standing } from '../sessionContext';

export const writeMemory = handler(
  'writeMemory',
  shape({ threadId: optional(integer), memoryReference: string, offset: optional(integer), allowPartial: optional(boolean), data: string }),
  {
    capabilities: { supportsWriteMemoryRequest: true },
    run(session, args) {
      const target = args.threadId === undefined ? session.stoppedTarget : standing(session.guestOf(args.threadId), 'writeMemory');
      const bytes = decodeBase64(args.data, 'data');
      const reference = parseReference(target, args.memoryReference, 'memoryReference', args.offset);
      const where = formatReference(reference);
      if (!args.allowPartial && readMemory(target, reference, bytes.length).length < bytes.length)
        throw new RequestError('user', `Not all of the ${bytes.length} bytes at ${where} are mapped: nothing was written.`);
      const bytesWritten = write(target, reference, bytes);
      session.afterResponse(() => session.client.memoryEvents && session.send('memory', { memoryReference: where, offset: 0, count: bytesWritten }));
      invalidate(session, 'all');
      return { bytesWritten };
    },
  },
);
