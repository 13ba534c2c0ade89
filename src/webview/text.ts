/** Texts of a page in the user's language: its host has laid the bundle into the page. */
import { type Argument, Messages, type Strings } from '../base/messages';

const bundle = (): Strings => JSON.parse(globalThis.document?.getElementById('strings')?.textContent || '{}') as Strings;

const messages = new Messages(bundle());

export const t = (message: string, ...args: readonly Argument[]): string => messages.text(message, ...args);
/** Marks English text that is translated where it is shown. */
export const msg = (english: string): string => english;
export const counted = (count: number, one: string, many: string, ...args: readonly Argument[]): string => messages.counted(count, one, many, ...args);
