/** Jump to line: EIP is moved, nothing in between runs. */
import { formatAddress } from '../../debug/breakpoints';
import { instructionPointer, register } from '../../debug/codeView';
import { integer, shape, source } from '../arguments';
import { RequestError } from '../errors';
import { handler } from '../handler';
import { clientLine, ourLine } from '../sessionContext';
import { stoppedBody } from '../stops';

export const gotoTargets = handler('gotoTargets', shape({ source, line: integer }), {
  capabilities: { supportsGotoTargetsRequest: true },
  run(session, { source: { path = '' }, line }) {
    const { sourceMap, vm } = session.stoppedTarget;
    const found = sourceMap.breakpointAt(path, ourLine(session, line));
    const here = instructionPointer(vm);
    const targets = (found?.linear ?? [])
      .map((linked) => sourceMap.near(linked, here))
      .map((linear) => ({
        id: linear,
        label: formatAddress(linear),
        line: clientLine(session, found?.line ?? line),
        instructionPointerReference: formatAddress(linear),
      }));
    return { targets };
  },
});

export const goto = handler('goto', shape({ targetId: integer }), {
  run(session, { targetId }) {
    const { vm } = session.stoppedTarget;
    const offset = (targetId - vm.segment('cs').base) >>> 0;
    if (offset > vm.segment('cs').limit) throw new RequestError('user', `${formatAddress(targetId)} is outside the code segment.`);
    vm.writeRegister('eip', offset);
    if (instructionPointer(vm) !== targetId || register(vm, 'eip') !== offset) throw new RequestError('user', 'EIP cannot be changed here.');
    session.afterResponse(() => session.send('stopped', { threadId: session.focus.threadId, ...stoppedBody({ kind: 'step' }), reason: 'goto' }));
  },
});
