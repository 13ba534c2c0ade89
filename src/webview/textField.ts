/** A line of text that is taken with Enter or when the field is left; Escape puts back what stood there. */
import { type Attributes, h } from './dom';

/** What was typed last, and why it was not taken. */
export interface Refusal {
  readonly text: string;
  readonly why: string;
  readonly giveUp: () => void;
}

/** By a field's `data-key`: what is refused stays there, with the reason, until it is given up, something else is taken, or the guest has run. */
export class Refusals {
  readonly #refused = new Map<string, Refusal>();

  /** `changed`: draw the fields again. */
  constructor(private readonly changed: () => void) {}

  note(key: string, text: string, why: string): void {
    this.#refused.set(key, { text, why, giveUp: () => this.#refused.delete(key) && this.changed() });
  }

  of(key: string): Refusal | undefined {
    return this.#refused.get(key);
  }

  forget(key: string): void {
    this.#refused.delete(key);
  }

  clear(): void {
    this.#refused.clear();
  }
}

/** What is being typed outlives `replace`, which no `change` event does: the new field was never edited. */
export function textField(value: string, take: (text: string) => void, attributes: Attributes, refusal?: Refusal): HTMLInputElement {
  const invalid = refusal && { 'aria-invalid': 'true', title: refusal.why };
  const input = h('input', { type: 'text', spellcheck: 'false', value, ...attributes, ...invalid, onkeydown: key, onblur: () => setTimeout(left) });
  if (refusal) input.value = refusal.text;
  function key(event: KeyboardEvent): void {
    if (event.key === 'Enter') taken();
    else if (event.key === 'Escape') givenUp();
    else return;
    event.preventDefault();
  }
  /** Not when `replace` took the field away under the user. */
  function left(): void {
    if (input.isConnected && input.value !== input.defaultValue && input.value !== refusal?.text) taken();
  }
  function givenUp(): void {
    input.value = input.defaultValue;
    refusal?.giveUp();
  }
  function taken(): void {
    input.defaultValue = input.value;
    take(input.value);
  }
  return input;
}

/** The reason beside a field, and to screen readers. */
export const refusalText = (refusal: Refusal | undefined) => refusal && h('div', { class: 'problem', role: 'alert' }, refusal.why);
