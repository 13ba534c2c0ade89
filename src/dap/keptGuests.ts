/** Guests that their session has left behind: they run on, or stand, with nobody to talk to, until another session takes them. */
import type { SourceLocation } from '../protocol/requests';
import type { Guest, GuestHost } from './guest';

type Category = 'console' | 'stdout' | 'stderr' | 'important';
type Place = SourceLocation & { readonly column?: number };

interface Said {
  readonly text: string;
  readonly category: Category;
  readonly at?: Place;
}

/** Characters that are kept of what they print meanwhile: the last ones. */
const MOST_TEXT = 1 << 16;

export class KeptGuests implements GuestHost {
  readonly several: boolean;
  #said: Said[] = [];
  #length = 0;
  #dropped = 0;

  constructor(
    readonly guests: readonly Guest[],
    /** What they were launched with. */
    readonly attributes: Readonly<Record<string, unknown>>,
    readonly unattended: boolean,
    /** One of them has stopped or ended. */
    private readonly changed: () => void,
  ) {
    this.several = guests.length > 1;
    for (const guest of guests) guest.moveTo(this);
  }

  /** Those that have not ended. */
  get alive(): readonly Guest[] {
    return this.guests.filter((guest) => !guest.over);
  }

  send(): void {}

  attend(): void {
    this.changed();
  }

  output(text: string, category: Category, at?: Place): void {
    this.#said.push({ text, category, ...(at && { at }) });
    this.#length += text.length;
    while (this.#length > MOST_TEXT && this.#said.length > 1) {
      const { length } = this.#said.shift()!.text;
      this.#length -= length;
      this.#dropped += length;
    }
  }

  guestEnded(): void {
    this.changed();
  }

  /** Another session takes them, and hears what they printed meanwhile. */
  handTo(session: GuestHost): void {
    for (const guest of this.guests) guest.moveTo(session);
    if (this.#dropped > 0) session.output(`Of what the guest printed meanwhile, the first ${this.#dropped} characters were not kept.\n`, 'console');
    for (const { text, category, at } of this.#said) session.output(text, category, at);
    this.#said = [];
  }
}
