/** Video memory in a snapshot: only the pages that hold something. */
import { usedPages } from '../../memory/usedPages';
import type { DeviceState } from '../contract';

const PAGE = 4096;

/** Leaves pages alone that nobody has written to: the host need not provide them. */
export const clearPages = (memory: Uint8Array): void => {
  for (const page of usedPages(memory)) memory.fill(0, page * PAGE, (page + 1) * PAGE);
};

export const savePages = (memory: Uint8Array): DeviceState => {
  const numbers = usedPages(memory);
  return { numbers, pages: numbers.map((page) => memory.slice(page * PAGE, (page + 1) * PAGE)) };
};

export const restorePages = (memory: Uint8Array, { numbers, pages }: DeviceState): void => {
  clearPages(memory);
  (numbers as number[]).forEach((number, i) => {
    memory.set((pages as Uint8Array[])[i], number * PAGE);
  });
};
