import { TECHNIQUES, type TechniqueId } from '../../protocol/techniques';
import { nothing } from '../arguments';
import { handler } from '../handler';

const techniqueName = (id: TechniqueId): string => TECHNIQUES.find((t) => t.id === id)?.name ?? id;

/** One a guest: the CPU of its VM. */
export const threads = handler('threads', nothing, {
  run(session) {
    const { several } = session;
    return { threads: session.guests.map(({ threadId, name, target }) => ({ id: threadId, name: `${several ? `${name}: ` : 'CPU 0: '}${techniqueName(target.vm.technique)}` })) };
  },
});
