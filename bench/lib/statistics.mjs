/** Middle value; of an even number of values, the mean of the middle two. */
export const median = (values) => {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
};

export const geometricMean = (values) => Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);

/** A system that compiles while it runs is steady after its first units: the mean of the later half (lines may arrive together). */
export const steady = (units) => {
  const later = units.slice(units.length >> 1);
  return later.reduce((sum, time) => sum + time, 0) / later.length;
};

/** How far apart the rounds were: (largest - smallest) / median. */
export const spread = (values) => (values.length < 2 ? undefined : (Math.max(...values) - Math.min(...values)) / median(values));
