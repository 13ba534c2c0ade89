/** Variables that are visible somewhere: their entries, and where their objects are. */
import type { NamedBytes } from '../byteReader';
import { AT, TAG } from './constants';
import type { DebugInfo } from './debugInfo';
import { locationAt } from './locationLists';
import { scopeChain } from './scopes';
import type { Die, Unit } from './unit';

export interface VariableEntry {
  readonly name: string;
  /** The instance that is visible: its location; type and name may be its origin's. */
  readonly die: Die;
  readonly parameter: boolean;
}

/** Those of a function or inlined instance at an address of the file: the innermost block's first, parameters before them. */
export function localsAt(info: DebugInfo, code: Die, address: number): VariableEntry[] {
  const chain = scopeChain(code, address);
  const inner = chain.findIndex((die, i) => i > 0 && die.tag === TAG.inlinedSubroutine);
  const scopes = inner < 0 ? chain : chain.slice(0, inner);
  const found = scopes.reverse().flatMap((die) => [...variablesOf(info, die)]);
  return [...found.filter(({ parameter }) => parameter), ...found.filter(({ parameter }) => !parameter)];
}

/** The variables of a unit. */
export const globalsOf = (info: DebugInfo, unit: Unit): VariableEntry[] =>
  info.variables(unit).flatMap((die) => {
    const name = info.nameOf(die);
    return name === undefined ? [] : [{ name, die, parameter: false }];
  });

function* variablesOf(info: DebugInfo, scope: Die): Generator<VariableEntry> {
  for (const die of scope.unit.children(scope)) {
    if (die.tag !== TAG.variable && die.tag !== TAG.formalParameter) continue;
    const name = info.nameOf(die);
    const exists = die.attributes.has(AT.location) || die.attributes.has(AT.constValue) || !die.unit.flag(die, AT.declaration);
    if (name !== undefined && exists) yield { name, die, parameter: die.tag === TAG.formalParameter };
  }
}

/** The expression that tells where the object is, or its value as it stands; undefined where it is nowhere. */
export function placeOf(info: DebugInfo, die: Die, address: number): NamedBytes | { readonly constant: number | bigint | Uint8Array } | undefined {
  const holder = info.holder(die, AT.location);
  const location = holder?.attributes.get(AT.location);
  if (holder && location) return locationAt(holder.unit, location, address);
  const value = info.attribute(die, AT.constValue)?.value;
  return value === undefined || typeof value === 'string' ? undefined : { constant: value };
}
