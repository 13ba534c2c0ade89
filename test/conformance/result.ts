/** What became of the cases, by group and by opcode or form. */

/** `undefined`: passed. A list of differences: failed. */
export type Verdict = undefined | { readonly skipped: string } | { readonly differences: readonly string[] };

interface Tally {
  passed: number;
  failed: number;
  skipped: number;
}

const SHOWN_CASES = 3;

export class Results {
  readonly #groups = new Map<string, Tally>();
  readonly #forms = new Map<string, Tally & { readonly examples: string[] }>();
  readonly #reasons = new Map<string, number>();

  /** `describe` is called for failures that will be shown. */
  add(group: string, form: string, verdict: Verdict, describe: () => string): void {
    const outcome = !verdict ? 'passed' : 'skipped' in verdict ? 'skipped' : 'failed';
    const groupTally = this.#groups.get(group) ?? { passed: 0, failed: 0, skipped: 0 };
    this.#groups.set(group, groupTally);
    groupTally[outcome]++;
    const name = `${group} ${form}`;
    const formTally = this.#forms.get(name) ?? { passed: 0, failed: 0, skipped: 0, examples: [] };
    this.#forms.set(name, formTally);
    formTally[outcome]++;
    if (!verdict) return;
    if ('skipped' in verdict) {
      const reason = `${group}: ${verdict.skipped}`;
      this.#reasons.set(reason, (this.#reasons.get(reason) ?? 0) + 1);
    } else if (formTally.examples.length < SHOWN_CASES) formTally.examples.push(`    ${describe()}\n      ${verdict.differences.join('; ')}`);
  }

  total(outcome: keyof Tally): number {
    return [...this.#groups.values()].reduce((sum, tally) => sum + tally[outcome], 0);
  }

  /** Failures by form with their first cases, skips by reason, totals by group, and the last line. */
  report(): string {
    const lines: string[] = [];
    for (const [name, { passed, failed, examples }] of this.#forms) if (failed) lines.push(`  ${name}: ${failed} of ${passed + failed} failed`, ...examples);
    for (const [reason, count] of this.#reasons) lines.push(`  skipped ${count}: ${reason}`);
    for (const [group, t] of this.#groups) lines.push(`${group.padEnd(12)} ${t.passed} passed, ${t.failed} failed, ${t.skipped} skipped`);
    lines.push(`${this.total('passed')} passed, ${this.total('failed')} failed, ${this.total('skipped')} skipped`);
    return lines.join('\n');
  }
}
