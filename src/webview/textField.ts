/** A line of text that is taken with Enter or when the field is left; Escape puts back what stood there. */
import { type Attributes, h } from './dom';

/** What is being typed outlives `replace`, which no `change` event does: the new field was never edited. */
export function textField(value: string, take: (text: string) => void, attributes: Attributes): HTMLInputElement {
  const input = h('input', { type: 'text', spellcheck: 'false', value, ...attributes, onkeydown: key, onblur: () => setTimeout(left) });
  function key(event: KeyboardEvent): void {
    if (event.key === 'Enter') taken();
    else if (event.key === 'Escape') input.value = input.defaultValue;
    else return;
    event.preventDefault();
  }
  /** Not when `replace` took the field away under the user. */
  function left(): void {
    if (input.isConnected && input.value !== input.defaultValue) taken();
  }
  function taken(): void {
    input.defaultValue = input.value;
    take(input.value);
  }
  return input;
}
