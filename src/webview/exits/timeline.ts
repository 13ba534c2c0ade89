/** Events along the guest's instructions, as bars; one that is chosen is looked at closer. */
import { grouped } from '../../base/address';
import { EVENT_KINDS } from '../../protocol/eventKinds';
import type { ExitSummary, TimelineBucket } from '../../protocol/exitSummary';
import { VMM_EVENT_KINDS, type VmmEventKind } from '../../protocol/vmmEvent';
import { h, svg } from '../dom';
import { counted, t } from '../text';

const HEIGHT = 96;
const WIDTH = 1000;

/** The colour class of a kind: the last part of its theme colour's name. */
export const tint = (kind: VmmEventKind): string => `tint-${EVENT_KINDS[kind].color?.split('.').at(-1) ?? 'none'}`;

const total = (bucket: TimelineBucket): number => Object.values(bucket.counts).reduce((sum, n) => sum + n, 0);

export const bucketText = (bucket: TimelineBucket, to: number): string => {
  const kinds = VMM_EVENT_KINDS.filter((kind) => bucket.counts[kind]);
  const parts = kinds.map((kind) => `${t(EVENT_KINDS[kind].name)} ${grouped(bucket.counts[kind] ?? 0)}`);
  const stretch = t('Instructions {0} to {1}', grouped(bucket.from), grouped(to));
  return [stretch, counted(total(bucket), '{0} event', '{0} events'), ...(parts.length > 0 ? [parts.join(', ')] : [])].join(': ');
};

/** `choose`: look closer at the instructions from one count on, up to another. */
export function timeline({ buckets, from, to }: ExitSummary, choose: (from: number, to: number) => void): HTMLElement {
  const most = Math.max(1, ...buckets.map(total));
  const width = WIDTH / buckets.length;
  const end = (n: number) => buckets[n + 1]?.from ?? to;
  const inTabOrder = buckets[buckets.length - 1];
  const key = (event: KeyboardEvent, n: number): void => {
    const next = { ArrowRight: n + 1, ArrowLeft: n - 1, Home: 0, End: buckets.length - 1 }[event.key];
    if (event.key === 'Enter' || event.key === ' ') choose(buckets[n].from, end(n));
    else if (next === undefined) return;
    event.preventDefault();
    if (next !== undefined && buckets[next]) document.getElementById(`bar-${buckets[next].from}`)?.focus();
  };
  const bar = (bucket: TimelineBucket, n: number) => {
    let top = HEIGHT;
    const parts = VMM_EVENT_KINDS.flatMap((kind) => {
      const height = ((bucket.counts[kind] ?? 0) / most) * (HEIGHT - 6);
      top -= height;
      return height > 0 ? [svg('rect', { class: `bar ${tint(kind)}`, x: n * width + 0.5, y: top, width: Math.max(0.6, width - 1), height: Math.max(height, 0.8) })] : [];
    });
    return svg(
      'g',
      {
        id: `bar-${bucket.from}`,
        'data-key': `bar-${bucket.from}`,
        class: 'bucket',
        role: 'button',
        tabindex: bucket === inTabOrder ? 0 : -1,
        onclick: () => choose(bucket.from, end(n)),
        onkeydown: (event: KeyboardEvent) => key(event, n),
      },
      svg('title', {}, bucketText(bucket, end(n))),
      svg('rect', { class: 'hit', x: n * width, y: 0, width, height: HEIGHT }),
      parts,
    );
  };
  return h(
    'figure',
    { class: 'timeline' },
    svg(
      'svg',
      {
        viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
        preserveAspectRatio: 'none',
        role: 'group',
        'aria-label': t('Events along instructions {0} to {1}; arrow keys go from one stretch to another', grouped(from), grouped(to)),
      },
      buckets.map(bar),
    ),
    h('figcaption', {}, h('span', {}, grouped(from)), h('span', {}, t('instructions retired')), h('span', {}, grouped(to))),
  );
}
