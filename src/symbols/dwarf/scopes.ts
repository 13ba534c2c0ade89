/** Entries that have code: functions, their inlined instances and blocks. */
import { TAG } from './constants';
import { covers } from './ranges';
import type { Die } from './unit';

const MOST_NESTED = 100;

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
