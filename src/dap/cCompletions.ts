/** Names of a compiled program that go on from what was typed: members behind `.` and `->`, else variables. */
import { UserError } from '../base/userError';
import { membersOf } from '../debug/c/cFormat';
import { evaluate } from '../debug/expressions';
import type { DebugTarget } from '../debug/target';

/** A chain of names, subscripts and members, its last operator, and the beginning of a member's name. */
const MEMBER = /([A-Za-z_$][\w$]*(?:\[[^[\]]*\]|(?:\.|->)[\w$]+)*)(\.|->)\w*$/;

/** Undefined where no member is being typed. */
export function memberNames(target: DebugTarget, frame: number, before: string): string[] | undefined {
  const [, whole, operator] = MEMBER.exec(before) ?? [];
  if (whole === undefined) return undefined;
  try {
    const object = evaluate(operator === '->' ? `*(${whole})` : whole, target.contextOf(frame)).c?.object;
    return object?.type.kind === 'struct' ? [...membersOf(object.type, object)].map(({ name }) => name) : undefined;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return undefined; // gdtr.base, or nothing at all
  }
}

/** Of the frame and of the file that its code is from. */
export function variableNames(target: DebugTarget, frame: number): string[] {
  const scope = target.scopeOf(frame);
  return scope ? [...new Set([...scope.locals(), ...scope.unitGlobals()].map(({ name }) => name))] : [];
}
