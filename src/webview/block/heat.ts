/** How hot a block is among others. Pure: no DOM. */

/** 0 for what has not run, then 1 to 4 by the logarithm of the hits: the hottest is 4. */
export function heatOf(hits: number, most: number): 0 | 1 | 2 | 3 | 4 {
  if (hits <= 0 || most <= 0) return 0;
  const share = most === 1 ? 1 : Math.log(hits) / Math.log(most);
  return (1 + Math.min(3, Math.floor(share * 4))) as 1 | 2 | 3 | 4;
}
