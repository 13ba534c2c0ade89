/** Texts in the user's language: English is the key, `{0}` stands for an argument. */

/** English text → translation. */
export type Strings = Readonly<Record<string, string>>;

export type Argument = string | number;

export class Messages {
  constructor(private readonly strings: Strings = {}) {}

  /** What has no translation is shown in English. */
  text(message: string, ...args: readonly Argument[]): string {
    const translated = Object.hasOwn(this.strings, message) ? this.strings[message] : message;
    return translated.replace(/\{(\d)\}/g, (all, n: string) => (n in args ? String(args[Number(n)]) : all));
  }

  /** `one` for exactly 1, else `many`; `{0}` is the number, with its thousands set apart. */
  counted(count: number, one: string, many: string, ...args: readonly Argument[]): string {
    return this.text(count === 1 ? one : many, String(count).replace(/\B(?=(\d{3})+$)/g, ','), ...args);
  }
}
