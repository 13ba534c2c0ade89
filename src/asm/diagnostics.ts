/** Collects diagnostics. A mistake inside one statement is thrown as a SourceError and caught where statements are executed. */
import type { Diagnostic } from './assembly';
import type { Place } from './token';

/** Of errors, and of warnings. */
const LIMIT = 1000;

/** What is wrong with the source, at `place`, or at the whole statement when that is undefined. */
export class SourceError extends Error {
  constructor(
    message: string,
    readonly place?: Place,
  ) {
    super(message);
  }
}

export class Diagnostics {
  private readonly seen = new Set<string>();
  private readonly collected: Diagnostic[] = [];
  private readonly counts = { error: 0, warning: 0 };

  get all(): readonly Diagnostic[] {
    return this.collected;
  }

  get hasErrors(): boolean {
    return this.collected.some((diagnostic) => diagnostic.severity === 'error');
  }

  error(message: string, path: string, place: Place): void {
    this.add('error', message, path, place);
  }

  warning(message: string, path: string, place: Place): void {
    this.add('warning', message, path, place);
  }

  private add(severity: Diagnostic['severity'], message: string, path: string, place: Place): void {
    const diagnostic = { severity, message, path, line: place.line, column: place.column, endColumn: place.endColumn };
    const key = JSON.stringify(diagnostic);
    if (this.seen.has(key) || this.counts[severity]++ >= LIMIT) return;
    this.seen.add(key);
    this.collected.push(diagnostic);
  }
}
