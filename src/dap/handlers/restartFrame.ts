import { callStack } from '../../debug/callStack';
import { stackFrames } from '../../debug/stackFrames';
import { decodeAt, register, relativeTarget, stackMask } from '../../debug/codeView';
import { integer, shape } from '../arguments';
import { RequestError } from '../errors';
import { handler } from '../handler';
import { standing } from '../sessionContext';

const LONGEST_CALL = 8;

/**
 * Back to the entry of a frame's procedure: EIP to where its caller called, the stack pointer to its return address. The other
 * registers and memory stay as they are, so this is for procedures that take nothing from a register they have changed.
 */
export const restartFrame = handler('restartFrame', shape({ frameId: integer }), {
  capabilities: { supportsRestartFrame: true },
  run(session, { frameId }) {
    const { guest, index } = session.frameOf(frameId);
    const target = standing(guest, 'restartFrame');
    const { vm } = target;
    const depth = stackFrames(target)[index]?.depth ?? -1;
    const [frame, caller] = depth < 0 ? [] : callStack(vm, (linear) => target.sourceMap.unwindRow(linear)).slice(depth, depth + 2);
    const base = vm.segment('cs').base;
    if (!frame || !caller || frame.interrupted || caller.interrupted || caller.cs !== frame.cs)
      throw new RequestError('user', 'This frame cannot be restarted: nothing called it that can be told, or an interrupt did.');
    for (let length = 2; length <= LONGEST_CALL; length++) {
      const call = decodeAt(vm, caller.linear - length);
      const entry = call?.length === length && call.spec.flow === 'call' ? relativeTarget(call, caller.linear - length, base) : undefined;
      if (!call || entry === undefined) continue;
      vm.writeRegister('eip', (entry - base) >>> 0);
      const mask = stackMask(vm);
      vm.writeRegister('esp', ((register(vm, 'esp') & ~mask) | ((caller.sp - call.operandSize) & mask)) >>> 0);
      session.afterResponse(() => session.send('stopped', { threadId: guest.threadId, reason: 'restart', allThreadsStopped: !session.several }));
      return;
    }
    throw new RequestError('user', 'This frame cannot be restarted: it was called through a register or memory, so its entry cannot be told.');
  },
});
