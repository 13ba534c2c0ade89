import type { VmcsResponse } from '../../protocol/requests';
import { integer, optional, shape, string } from '../arguments';
import { RequestError } from '../errors';
import { handler } from '../handler';
import { invalidate, standing } from '../sessionContext';

/** The VMCS of a guest under hardware assistance; `set` changes it while the guest stands still. */
export const ringsideVmcs = handler('ringside/vmcs', shape({ threadId: optional(integer), set: optional(shape({ name: string, value: string })) }), {
  run(session, { threadId, set }): VmcsResponse {
    const guest = session.guestOf(threadId);
    const { vm } = guest.target;
    if (set) {
      standing(guest, 'ringside/vmcs');
      vm.setVmcs?.(set.name, set.value);
      invalidate(session, 'all');
    }
    const view = vm.vmcs?.();
    if (!view) throw new RequestError('user', 'Only hardware assistance has a VMCS.');
    return view;
  },
});
