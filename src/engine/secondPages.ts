/** The second page of a block whose last instruction crosses into it: where it is, and its accessed flag. */
import type { LinearMemory } from '../memory/linearMemory';
import type { PageFault, Translation } from '../memory/pageWalker';
import type { Block } from './block';

export class SecondPages {
  constructor(readonly linear: LinearMemory) {}

  /** Is it where it was when the block was translated? */
  isSame(block: Block): boolean {
    if (block.code.secondPage < 0) return true;
    const found = this.#translate(block, false);
    return found.kind === 'page' && found.physical === block.code.secondPage;
  }

  /** Is anything to be done in it when the block runs? Not while the TLB has it. */
  isToFetch(block: Block): boolean {
    if (block.code.secondPage < 0 || !this.linear.paging) return false;
    return !this.#keepsCode || this.linear.hostOffset(linearOf(block), 1, false) < 0;
  }

  /** The accessed flag is set as the block runs; the TLB keeps the page where it may. */
  fetch(block: Block): void {
    if (this.#keepsCode) this.linear.fetch(linearOf(block));
    else this.#translate(block, true);
  }

  #translate(block: Block, commit: boolean): Translation | PageFault {
    return this.linear.translate(linearOf(block), { write: false, user: this.linear.user }, commit);
  }

  /** Code that was fetched enters the TLB: nobody else looks at the guest's fetches. */
  get #keepsCode(): boolean {
    return !this.linear.shadow && !this.linear.nested;
  }
}

const linearOf = ({ linear }: Block): number => (((linear >>> 12) + 1) << 12) >>> 0;
