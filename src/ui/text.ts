/** Texts of what knows no `vscode`: rows, hovers, documents. The entry point hands over the bundle of the user's language. */
import { type Argument, Messages, type Strings } from '../base/messages';

let messages = new Messages();

export function useStrings(strings: Strings | undefined): void {
  messages = new Messages(strings);
}

export const t = (message: string, ...args: readonly Argument[]): string => messages.text(message, ...args);
/** Marks English text that is translated where it is shown. */
export const msg = (english: string): string => english;
export const counted = (count: number, one: string, many: string, ...args: readonly Argument[]): string => messages.counted(count, one, many, ...args);
