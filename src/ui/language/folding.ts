/** What folds: macros, conditionals, repetitions and structures; the code of a label; runs of comment lines; regions. Pure. */
import type { Block, SourceModel } from './sourceModel';

function comments({ lines }: SourceModel): Block[] {
  const blocks: Block[] = [];
  let start: number | undefined;
  for (let n = 0; n <= lines.length; n++) {
    const comment = n < lines.length && /^\s*;(?!\s*#(?:end)?region\b)/i.test(lines[n]);
    if (comment) start ??= n;
    else {
      if (start !== undefined && n - 1 > start) blocks.push({ start, end: n - 1, kind: 'comment' });
      start = undefined;
    }
  }
  return blocks;
}

/** `;#region` to `;#endregion`. */
function regions({ lines }: SourceModel): Block[] {
  const open: number[] = [];
  const blocks: Block[] = [];
  lines.forEach((line, n) => {
    if (/^\s*;\s*#region\b/i.test(line)) open.push(n);
    const start = /^\s*;\s*#endregion\b/i.test(line) ? open.pop() : undefined;
    if (start !== undefined) blocks.push({ start, end: n, kind: 'region' });
  });
  return blocks;
}

/** From a label to the line before the next one, blank lines and the next one's comment left out. */
function labels({ lines, definitions }: SourceModel): Block[] {
  const globals = definitions.filter((d) => (d.kind === 'label' && !/[.%]/.test(d.name)) || d.kind === 'section');
  return globals.flatMap((d, i) => {
    if (d.kind === 'section') return [];
    let end = (globals[i + 1]?.line ?? lines.length) - 1;
    while (end > d.line && /^\s*(;.*)?$/.test(lines[end])) end--;
    return end > d.line ? [{ start: d.line, end, kind: 'region' as const }] : [];
  });
}

export const foldings = (model: SourceModel): Block[] =>
  [...model.blocks, ...comments(model), ...regions(model), ...labels(model)].sort((a, b) => a.start - b.start || b.end - a.end);
