/**
 * Which innocuous instructions are translated to callouts (Adams & Agesen 2006, section 3.4). All start innocent; one that
 * faulted often enough is translated, and is innocent again after a longer time of behaving; the second time it takes more.
 */

/** Faults of an instruction before it is translated. */
const FAULTS = 8;
/** Executions without cause before a translated instruction is innocent again. */
const CALM = 256;
/** Faults more that the next translation takes each time. */
const HYSTERESIS = 24;
/** Instructions remembered; all are forgotten when there are more. */
const REMEMBERED = 4096;

interface Behaviour {
  faults: number;
  needed: number;
  translated: boolean;
  calm: number;
}

export class AdaptiveTranslation {
  readonly #known = new Map<number, Behaviour>();

  isTranslated(linear: number): boolean {
    return this.#known.get(linear)?.translated ?? false;
  }

  /** It faulted as an innocuous instruction. True: it is to be translated from now on. */
  faulted(linear: number): boolean {
    let known = this.#known.get(linear);
    if (!known) {
      if (this.#known.size >= REMEMBERED) this.#known.clear();
      known = { faults: 0, needed: FAULTS, translated: false, calm: 0 };
      this.#known.set(linear, known);
    }
    known.faults++;
    if (known.translated || known.faults < known.needed) return false;
    known.translated = true;
    known.calm = 0;
    return true;
  }

  /** It ran as a callout; `rightly`: it would have faulted. True: it is innocent from now on. */
  ran(linear: number, rightly: boolean): boolean {
    const known = this.#known.get(linear);
    if (!known?.translated) return false;
    known.calm = rightly ? 0 : known.calm + 1;
    if (known.calm < CALM) return false;
    known.translated = false;
    known.faults = 0;
    known.needed += HYSTERESIS;
    return true;
  }
}
