/** Data breakpoints of a debugger: what it watches, and what was seen. They are not the guest's DR0 to DR3, and the guest cannot tell. */

export interface Watchpoint {
  readonly space: 'linear' | 'physical';
  /** First and last byte, unsigned. */
  readonly first: number;
  readonly last: number;
  readonly access: 'read' | 'write' | 'readWrite';
}

export interface WatchHit {
  readonly watchpoint: Watchpoint;
  readonly write: boolean;
  /** What the instruction accessed, guest-linear, and how many bytes. */
  readonly linear: number;
  readonly size: 1 | 2 | 4;
}

const concerns = ({ access }: Watchpoint, write: boolean): boolean => access === 'readWrite' || (access === 'write') === write;

/** Those that an access touches; `physical` is where the linear address leads, undefined where no page is. */
export const watchHits = (watchpoints: readonly Watchpoint[], write: boolean, linear: number, physical: number | undefined, size: 1 | 2 | 4): WatchHit[] =>
  watchpoints
    .filter((w) => {
      const start = w.space === 'linear' ? linear : physical;
      return concerns(w, write) && start !== undefined && start <= w.last && w.first < start + size;
    })
    .map((watchpoint) => ({ watchpoint, write, linear, size }));
