/** Task switches, reason 9: VMX operation has no hardware tasks, so each is the VMM's to emulate. SDM Vol. 3, 25.4.2 and table 27-2. */
import { hexh } from '../../base/bits';
import type { TaskSwitchCause } from '../../semantics/system/context';
import type { ExitFormat } from './family';

export interface TaskSwitchExit {
  readonly reason: 'TASK_SWITCH';
  readonly selector: number;
  readonly cause: TaskSwitchCause;
}

/** Bits 31:30 of the qualification. */
const SOURCES: Readonly<Record<TaskSwitchCause, readonly [number: number, name: string]>> = {
  call: [0, 'CALL'],
  return: [1, 'IRET'],
  jump: [2, 'JMP'],
  event: [3, 'a task gate in the IDT'],
};

export const taskSwitchFormat: ExitFormat<TaskSwitchExit> = {
  qualification: ({ selector, cause }) => (selector | (SOURCES[cause][0] << 30)) >>> 0,
  decode: ({ selector, cause }) => [
    ['TSS selector', hexh(selector, 4)],
    ['Source', SOURCES[cause][1]],
  ],
  sentence: ({ selector, cause }) =>
    `${SOURCES[cause][1][0].toUpperCase()}${SOURCES[cause][1].slice(1)} leads to the task of TSS ${hexh(selector, 4)}: VMX operation has no hardware task switch.`,
  handling: ({ selector }) => `saved the old task and loaded the one of TSS ${hexh(selector, 4)} itself`,
};
