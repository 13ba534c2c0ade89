/** Video memory in a snapshot: only the pages that hold something. */
import type { DeviceState } from '../contract';

const PAGE = 4096;

/** Numbers of the pages that are not all zeros. */
const usedPages = (memory: Uint8Array): number[] => {
  const words = new Int32Array(memory.buffer, memory.byteOffset, memory.length / 4);
  const used: number[] = [];
  for (let page = 0; page < memory.length / PAGE; page++) {
    let word = (page * PAGE) / 4;
    const end = word + PAGE / 4;
    // Four at a time: this runs at power-on, when nothing has been compiled yet.
    while (word < end && (words[word] | words[word + 1] | words[word + 2] | words[word + 3]) === 0) word += 4;
    if (word < end) used.push(page);
  }
  return used;
};

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
