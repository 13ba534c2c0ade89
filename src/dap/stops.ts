/** How a stop of the target is told to the client: the `stopped` event, and the sentence for `exceptionInfo`. */
import type { DebugProtocol } from '@vscode/debugprotocol';
import type { Breakpoint, BreakpointOrigin } from '../debug/breakpoints';
import { EXCEPTION_FILTERS } from '../debug/exceptionFilters';
import type { TargetStop } from '../debug/target';

const REASONS: Readonly<Record<BreakpointOrigin, string>> = {
  source: 'breakpoint',
  function: 'function breakpoint',
  instruction: 'instruction breakpoint',
  filter: 'exception',
  data: 'data breakpoint',
};

export const haltSentence = (interruptsEnabled: boolean): string =>
  interruptsEnabled
    ? 'HLT waits for an interrupt, and no device will raise one: only your input can wake the guest.'
    : 'HLT with interrupts disabled (IF=0): nothing can wake the processor.';

const ids = (hit: readonly Breakpoint[]) => ({ hitBreakpointIds: hit.map((b) => b.id) });

/** Title and text of a stop that is shown as an exception. */
function exceptionText(stop: TargetStop): { title: string; text: string; causes?: readonly string[] } | undefined {
  switch (stop.kind) {
    case 'event': {
      const filter = EXCEPTION_FILTERS.find((f) => stop.hit.some((b) => b.filter === f.filter));
      const title = [filter?.label ?? stop.event.kind, stop.event.instruction || stop.event.reason].filter(Boolean).join(': ');
      return { title, text: stop.event.sentence };
    }
    case 'tripleFault':
      return { title: 'Triple fault', text: ['The processor shut down.', ...stop.causes].join('\n'), causes: stop.causes };
    case 'entryFailure':
      return { title: 'VM entry failed', text: [...stop.causes, 'The guest cannot run until the VMCS is put right.'].join('\n'), causes: stop.causes };
    case 'halted':
      return { title: 'Halted', text: [stop.firmware ?? haltSentence(stop.interruptsEnabled), ...stop.silent].join('\n') };
    case 'unimplemented':
      return { title: 'Not implemented', text: `Ringside does not implement ${stop.what}. The instruction has not been executed.` };
    case 'limit':
      return { title: 'Instruction limit', text: `The guest has retired ${stop.instructions} instructions, as many as maxInstructions allows.` };
    case 'failed':
      return { title: 'Ringside failed', text: stop.error instanceof Error ? stop.error.message : String(stop.error) };
    default:
      return undefined;
  }
}

/** Why and where it stopped; whoever sends it says which thread. */
export function stoppedBody(stop: TargetStop): DebugProtocol.StoppedEvent['body'] {
  if (stop.kind === 'breakpoint') return { reason: REASONS[stop.hit[0].origin], ...ids(stop.hit) };
  if (stop.kind === 'data') return { reason: REASONS.data, description: 'Data breakpoint', text: stop.text, ...ids(stop.hit) };
  const exception = exceptionText(stop);
  if (!exception) return { reason: stop.kind };
  const hit = stop.kind === 'event' || stop.kind === 'tripleFault' ? stop.hit : [];
  const reason = hit.length > 0 && !hit.some((b) => b.origin === 'filter') ? REASONS[hit[0].origin] : 'exception';
  return { reason, description: exception.title, text: exception.text, ...(hit.length > 0 && ids(hit)) };
}

/** Where it stands, to somebody who was not there when it stopped: the breakpoints of then are gone. */
export function standingBody(stop: TargetStop | undefined): DebugProtocol.StoppedEvent['body'] {
  const exception = stop && exceptionText(stop);
  return exception ? { reason: 'exception', description: exception.title, text: exception.text } : { reason: 'pause', description: 'Paused where it was left' };
}

export function exceptionInfoBody(stop: TargetStop | undefined): DebugProtocol.ExceptionInfoResponse['body'] | undefined {
  const exception = stop && exceptionText(stop);
  if (!exception) return undefined;
  return {
    exceptionId: exception.title,
    description: exception.text,
    breakMode: 'always',
    details: { message: exception.text, typeName: exception.title, ...(exception.causes && { stackTrace: exception.causes.join('\n') }) },
  };
}
