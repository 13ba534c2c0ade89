import { decodeAt, instructionPointer } from '../../debug/codeView';
import { integer, shape } from '../arguments';
import { handler } from '../handler';

/** Where a step into may go. */
export const STEP_IN = { guest: 1, vmm: 2 } as const;

/** The guest's next instruction, or the hypervisor's handling of the current one. */
export const stepInTargets = handler('stepInTargets', shape({ frameId: integer }), {
  capabilities: { supportsStepInTargetsRequest: true },
  run(session, { frameId }) {
    const { guest } = session.frameOf(frameId);
    const { vm } = guest.target;
    const linear = instructionPointer(vm);
    const text = vm.disassemble(linear, 1)[0]?.text ?? '';
    const instruction = decodeAt(vm, linear);
    const bystander = vm.technique === 'bare' && instruction?.spec.flow !== 'interrupt';
    const targets = [{ id: STEP_IN.guest, label: `The guest: ${text}` }];
    return { targets: bystander || guest.target.visit ? targets : [...targets, { id: STEP_IN.vmm, label: `The VMM: what it does about ${text}` }] };
  },
});
