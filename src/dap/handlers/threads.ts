import { TECHNIQUES } from '../../protocol/techniques';
import { nothing } from '../arguments';
import { handler } from '../handler';
import { THREAD_ID } from '../sessionContext';

export const threads = handler('threads', nothing, {
  run(session) {
    const technique = TECHNIQUES.find((t) => t.id === session.target.vm.technique);
    return { threads: [{ id: THREAD_ID, name: `CPU 0: ${technique?.name}` }] };
  },
});
