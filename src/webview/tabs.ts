/** Tabs after the ARIA pattern: arrow keys move, the chosen one is in the tab order. */
import { h } from './dom';

export interface Tab {
  readonly id: string;
  readonly label: string;
}

export function tabList(label: string, tabs: readonly Tab[], chosen: string, choose: (id: string) => void): HTMLElement {
  const move = (event: KeyboardEvent): void => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const at = tabs.findIndex(({ id }) => id === chosen);
    const next = tabs[(at + step + tabs.length) % tabs.length];
    choose(next.id);
    document.getElementById(`tab-${next.id}`)?.focus();
  };
  return h(
    'div',
    { class: 'tabs', role: 'tablist', 'aria-label': label, onkeydown: move },
    tabs.map(({ id, label }) =>
      h(
        'button',
        {
          type: 'button',
          role: 'tab',
          id: `tab-${id}`,
          'data-key': `tab-${id}`,
          'aria-selected': id === chosen ? 'true' : 'false',
          'aria-controls': id === chosen ? `panel-${id}` : undefined,
          tabindex: id === chosen ? 0 : -1,
          onclick: () => choose(id),
        },
        label,
      ),
    ),
  );
}

export const tabPanel = (id: string, ...children: Parameters<typeof h>[2][]): HTMLElement =>
  h('section', { class: 'panel', role: 'tabpanel', id: `panel-${id}`, 'aria-labelledby': `tab-${id}` }, ...children);
