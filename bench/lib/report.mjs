/** The table: a row a guest, a column a system; below, geometric means by group. */
import { geometricMean, median, spread } from './statistics.mjs';

const WIDTH = 22;

const figure = (value) => (value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2));
const cell = (text) => text.padStart(WIDTH);

/** Median over rounds of this system's time by the reference's in the same round. */
export const pairedRatio = (cells, reference) => {
  const ratios = cells.flatMap((value, round) => (value !== undefined && reference?.[round] !== undefined ? [value / reference[round]] : []));
  return ratios.length ? median(ratios) : undefined;
};

const timeOf = (guest, milliseconds) => (guest.ops ? `${figure((milliseconds * 1e6) / guest.ops)} ns` : `${figure(milliseconds)} ms`);

/** What a system did: its time, how it compares with the reference in the same rounds, how far the rounds were apart. */
function describe(guest, values, reference) {
  const known = values?.filter((value) => value !== undefined) ?? [];
  if (!known.length) return '-';
  const ratio = reference === values ? undefined : pairedRatio(values, reference);
  const apart = spread(known);
  return `${timeOf(guest, median(known))}${ratio === undefined ? '' : ` ${figure(ratio)}x`}${apart === undefined ? '' : ` ±${Math.round(apart * 50)}%`}`;
}

/** `times`: guest name → system name → time by round (undefined: none). Ratios: the system's time by the first system's. */
export function report(guests, systems, times) {
  const [first] = systems;
  const lines = [`${'guest'.padEnd(16)}${systems.map(({ name }) => cell(name)).join('')}`];
  const ratios = new Map();
  for (const guest of guests) {
    const row = times.get(guest.name);
    if (!row) continue;
    const reference = row.get(first.name);
    lines.push(`${guest.name.padEnd(16)}${systems.map(({ name }) => cell(describe(guest, row.get(name), reference))).join('')}`);
    for (const { name } of systems) {
      const ratio = row.has(name) && reference ? pairedRatio(row.get(name), reference) : undefined;
      if (ratio === undefined || guest.start) continue;
      const key = `${guest.group} ${name}`;
      ratios.set(key, [...(ratios.get(key) ?? []), ratio]);
    }
  }
  lines.push('', `Time of each system by that of ${first.name}, paired by round; geometric mean of the group's guests:`);
  for (const group of new Set(guests.filter((g) => !g.start).map((g) => g.group))) {
    const cells = systems.map(({ name }) => ratios.get(`${group} ${name}`)).map((values) => cell(values ? `${figure(geometricMean(values))}x (${values.length})` : '-'));
    lines.push(`${group.padEnd(16)}${cells.join('')}`);
  }
  return lines.join('\n');
}
