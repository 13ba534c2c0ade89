/** Where sections go in the file and in memory (NASM manual, 8.1: flat-form binary output). */
import { SourceError } from './diagnostics';
import { MAX_OUTPUT, type Section } from './section';

export interface Placement {
  /** Load address: where in the file, relative to the origin. */
  readonly start: bigint;
  /** Address its labels assume. */
  readonly vstart: bigint;
}

export type Layout = ReadonlyMap<Section, Placement>;

/** Of a flat binary's sections, in bytes. */
export const DEFAULT_ALIGNMENT = 4;

const alignUp = (value: bigint, alignment: number): bigint => {
  const unit = BigInt(alignment);
  return ((value + unit - 1n) / unit) * unit;
};

/** `.text` first, then the other sections in order of appearance, those without bytes last. */
export function layOut(sections: readonly Section[], origin: bigint): Layout {
  const progbits = inOrder(sections.filter((section) => !section.attributes.nobits));
  const nobits = inOrder(sections.filter((section) => section.attributes.nobits));
  const starts = new Map<Section, bigint>();
  let end = origin;
  for (const section of [...progbits, ...nobits]) {
    const first = section.name === '.text' ? origin : alignUp(end, section.attributes.align ?? DEFAULT_ALIGNMENT);
    const start = section.attributes.start ?? first;
    starts.set(section, start);
    end = start + BigInt(section.size);
  }
  return withVirtualStarts(sections, starts);
}

function inOrder(sections: readonly Section[]): Section[] {
  const text = sections.filter((section) => section.name === '.text');
  const order = [...text, ...sections.filter((section) => section.name !== '.text' && !section.attributes.follows)];
  const waiting = sections.filter((section) => section.name !== '.text' && section.attributes.follows);
  while (waiting.length > 0) {
    const at = waiting.findIndex(({ attributes }) => order.some((placed) => placed.name === attributes.follows));
    if (at < 0) throw new SourceError(`section \`${waiting[0].name}' follows an unknown section, or itself`);
    const [section] = waiting.splice(at, 1);
    order.splice(order.findIndex((placed) => placed.name === section.attributes.follows) + 1, 0, section);
  }
  return order;
}

function withVirtualStarts(sections: readonly Section[], starts: ReadonlyMap<Section, bigint>): Layout {
  const layout = new Map<Section, Placement>();
  const byName = new Map(sections.map((section) => [section.name, section]));
  const place = (section: Section, depth: number): Placement => {
    const known = layout.get(section);
    if (known) return known;
    const { vstart, vfollows, align } = section.attributes;
    const start = starts.get(section) ?? 0n;
    const before = vfollows === undefined ? undefined : byName.get(vfollows);
    if (vfollows !== undefined && (!before || depth > sections.length)) throw new SourceError(`section \`${section.name}' vfollows an unknown section, or itself`);
    const followed = before && alignUp(place(before, depth + 1).vstart + BigInt(before.size), align ?? DEFAULT_ALIGNMENT);
    const placement = { start, vstart: vstart ?? followed ?? start };
    layout.set(section, placement);
    return placement;
  };
  for (const section of sections) place(section, 0);
  return layout;
}

/** The file: sections with bytes at their start, zeros between. */
export function compose(layout: Layout, origin: bigint): Uint8Array {
  const placed = [...layout].filter(([section]) => !section.attributes.nobits && section.size > 0).sort(([, a], [, b]) => (a.start < b.start ? -1 : a.start > b.start ? 1 : 0));
  let end = origin;
  for (const [section, { start }] of placed) {
    if (start < end) throw new SourceError(`section \`${section.name}' overlaps what precedes it, or starts before the origin`);
    end = start + BigInt(section.size);
  }
  if (end - origin > BigInt(MAX_OUTPUT)) throw new SourceError(`the output would be larger than ${MAX_OUTPUT >> 20} MiB`);
  const bytes = new Uint8Array(Number(end - origin));
  for (const [section, { start }] of placed) bytes.set(section.bytes, Number(start - origin));
  return bytes;
}
