/** Entries that have code: functions, their inlined instances and blocks. */
import { TAG } from './constants';
import { covers } from './ranges';
import type { Die, Unit } from './unit';

const MOST_NESTED = 100;

/** The functions of a unit that have code, in its namespaces too. */
export function* functionsOf(unit: Unit, parent: Die = unit.root, depth = 0): Generator<Die> {
  for (const die of unit.children(parent)) {
    if (die.tag === TAG.subprogram && unit.rangesOf(die).length > 0) yield die;
    if (die.tag === TAG.namespace && depth < MOST_NESTED) yield* functionsOf(unit, die, depth + 1);
  }
}

/** `die`, and what in it holds `address`: each in the one before. */
export function scopeChain(die: Die, address: number): Die[] {
  const chain = [die];
  for (let inner: Die | undefined = die; inner && chain.length < MOST_NESTED; ) {
    inner = innerScope(inner, address);
    if (inner) chain.push(inner);
  }
  return chain;
}

function innerScope(die: Die, address: number): Die | undefined {
  const { unit } = die;
  for (const child of unit.children(die)) {
    if ((child.tag === TAG.lexicalBlock || child.tag === TAG.inlinedSubroutine) && covers(unit.rangesOf(child), address)) return child;
  }
  return undefined;
}

/** Every place where `wanted` is inlined below `die`. */
export function* inlinedInstances(die: Die, wanted: (instance: Die) => boolean, depth = 0): Generator<Die> {
  if (depth > MOST_NESTED) return;
  for (const child of die.unit.children(die)) {
    if (child.tag === TAG.inlinedSubroutine && wanted(child)) yield child;
    if (child.tag === TAG.lexicalBlock || child.tag === TAG.inlinedSubroutine) yield* inlinedInstances(child, wanted, depth + 1);
  }
}
