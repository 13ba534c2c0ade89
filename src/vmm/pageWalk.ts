/** Guest, shadow and nested translation of a page, for whoever looks; nothing is changed by looking. */
import { PTE_P } from '../memory/pageWalker';
import { SHADOW_TRACED, SHADOW_VMM, type ShadowEntry } from '../memory/shadowPageTables';
import type { NestedColumn, PageWalkRow, ShadowColumn } from '../protocol/pageWalk';
import { NestedMemory } from './ept/nestedMemory';
import type { VirtualMachine } from './virtualMachine';

const PAGE_MASK = ~0xfff;

export function pageWalk({ linear: memory, physical }: VirtualMachine, address: number): PageWalkRow {
  const linear = (address & PAGE_MASK) >>> 0;
  const found = memory.translate(linear, { write: false, user: false }, false);
  const mapped = found.kind === 'page';
  const entries = memory.path(linear).map((at, n) => ({ level: n === 0 ? ('directory' as const) : ('table' as const), at, value: physical.read(at, 4) }));
  const nested = memory.nested instanceof NestedMemory && mapped ? nestedColumn(memory.nested, found.physical) : undefined;
  return {
    linear,
    guest: { entries, ...(mapped ? { physical: found.physical } : { errorCode: found.errorCode }) },
    shadow: memory.shadow?.look(linear).map((entry) => shadowColumn(entry, allowed(entry))) ?? [],
    ...(nested ? { nested } : {}),
  };

  function allowed({ view }: ShadowEntry): boolean {
    return memory.translate(linear, { write: false, user: view === 'user' }, false).kind === 'page';
  }
}

function nestedColumn({ tables }: NestedMemory, physical: number): NestedColumn {
  const { at, permissions } = tables.look(physical);
  return { ...(at === undefined ? {} : { at }), permissions };
}

function shadowColumn({ view, entry, table }: ShadowEntry, allowed: boolean): ShadowColumn {
  const kind = entry & SHADOW_VMM ? 'vmm' : entry & SHADOW_TRACED ? 'traced' : entry & PTE_P ? 'mapped' : allowed ? 'hidden' : 'absent';
  return { view, kind, entry, ...(table === undefined ? {} : { table }) };
}
