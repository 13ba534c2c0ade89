/** DOM by function calls. No inline styles and no HTML text: the content security policy allows neither, and guests could write the latter. */

export type Child = Node | string | number | undefined | false | readonly Child[];

/** `on…` are listeners, `true` is an attribute without a value; what is undefined or false is left out. */
export type Attributes = Readonly<Record<string, string | number | boolean | undefined | ((event: never) => void)>>;

const SVG = 'http://www.w3.org/2000/svg';

function fill<E extends Element>(element: E, attributes: Attributes, children: readonly Child[]): E {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(name.slice(2), value as EventListener);
    else if (value !== undefined && value !== false) element.setAttribute(name, value === true ? '' : String(value));
  }
  append(element, children);
  return element;
}

function append(element: Element, children: readonly Child[]): void {
  for (const child of children) {
    if (Array.isArray(child)) append(element, child as readonly Child[]);
    else if (child !== undefined && child !== false) element.append(typeof child === 'number' ? String(child) : (child as Node | string));
  }
}

export const h = <K extends keyof HTMLElementTagNameMap>(tag: K, attributes: Attributes = {}, ...children: Child[]): HTMLElementTagNameMap[K] =>
  fill(document.createElement(tag), attributes, children);

export const svg = <K extends keyof SVGElementTagNameMap>(tag: K, attributes: Attributes = {}, ...children: Child[]): SVGElementTagNameMap[K] =>
  fill(document.createElementNS(SVG, tag) as SVGElementTagNameMap[K], attributes, children);

/** Text for screen readers alone. */
export const unseen = (text: string): HTMLElement => h('span', { class: 'unseen' }, text);

/** Elements with `data-key` keep focus, what is being typed and the selection in it; those with `data-scroll` where they are scrolled to. */
export function replace(parent: Element, ...children: Child[]): void {
  const active = parent.contains(document.activeElement) ? document.activeElement : null;
  const scrolled = Array.from(parent.querySelectorAll('[data-scroll]'), (e) => [e.getAttribute('data-scroll'), e.scrollTop, e.scrollLeft] as const);
  const goesOn = active?.getAttribute('data-key') && continuing(active);
  parent.replaceChildren();
  append(parent, children);
  for (const [name, top, left] of scrolled) {
    const element = parent.querySelector(`[data-scroll="${name}"]`);
    if (element) Object.assign(element, { scrollTop: top, scrollLeft: left });
  }
  const again = parent.querySelector<HTMLElement>(`[data-key="${CSS.escape(active?.getAttribute('data-key') ?? '')}"]`);
  if (goesOn && again) goesOn(again);
}

/** Has another element go on from where this one, that has the focus, is. */
function continuing(focused: Element): (again: HTMLElement) => void {
  const field = focused instanceof HTMLInputElement && focused.type === 'text' ? focused : undefined;
  const { value, defaultValue, selectionStart, selectionEnd, selectionDirection } = field ?? {};
  return (again) => {
    again.focus({ preventScroll: true });
    if (!(again instanceof HTMLInputElement) || !field) return;
    if (value !== undefined && value !== defaultValue) again.value = value;
    again.setSelectionRange(selectionStart ?? 0, selectionEnd ?? 0, selectionDirection ?? 'none');
  };
}

/** A button that says what it does. */
export const button = (label: string, action: () => void, attributes: Attributes = {}): HTMLButtonElement =>
  h('button', { type: 'button', 'data-key': label, onclick: action, ...attributes }, label);

/** Says something to screen readers, and to everybody who looks there. */
export const status = (text: string): HTMLElement => h('p', { class: 'status', role: 'status' }, text);
