/** Numbers for source lines, which a client asks for only when the user follows one. */
import type { SourceLocation } from '../protocol/requests';

export class LocationReferences {
  readonly #places: SourceLocation[] = [];
  readonly #numbers = new Map<string, number>();

  /** 0 for none, as the protocol wants. */
  of(place: SourceLocation | undefined): number {
    if (!place) return 0;
    const key = `${place.line} ${place.path}`;
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    const number = this.#places.push(place);
    this.#numbers.set(key, number);
    return number;
  }

  at(reference: number): SourceLocation | undefined {
    return this.#places[reference - 1];
  }
}
