/** Which pages of a large memory hold something. */

const PAGE = 4096;

/** Numbers of the pages of `memory`, whose length is in whole pages, that are not all zeros. */
export function usedPages(memory: Uint8Array): number[] {
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
}
