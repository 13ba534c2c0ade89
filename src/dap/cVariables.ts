/** Variables of a compiled program as rows: of a frame, of its file, of the whole program, and the parts of each. */
import { hasParts, membersOf } from '../debug/c/cFormat';
import { addressOf, type CObject, type CScope, type CVariable } from '../debug/c/cScope';
import { numberOf } from '../debug/c/cNumber';
import { formatC } from '../debug/c/cValue';
import { evaluate, type EvaluationContext } from '../debug/expressions';
import { formatAddress } from '../debug/breakpoints';
import type { DebugTarget } from '../debug/target';
import { type CType, sizeOf } from '../symbols/dwarf/types';
import { UserError } from '../base/userError';
import type { Scope, VariableRow } from './variables';

/** Which rows of a container a client wants. */
export interface RowRange {
  readonly start: number;
  /** Undefined: all. */
  readonly count?: number;
  readonly hexadecimal?: boolean;
}

/** Rows of an array that are made when nobody says how many. */
const MOST_ROWS = 1000;
const MOST_GLOBALS = 5000;

/** Keys of these containers: kind, frame, and for parts the expression of the whole. */
const KEY = /^(locals|statics|globals|parts-of):(\d+)(?::(.*))?$/s;

export function cScopes(target: DebugTarget, frame: number): Scope[] {
  const scope = target.scopeOf(frame);
  if (!scope) return [];
  const { at } = scope;
  const unit = at?.code && scope.unitGlobals().length > 0;
  const file = at?.place?.path.replace(/^.*[\\/]/, '') ?? '';
  return [
    ...(at?.code ? [{ key: `locals:${frame}`, name: 'Locals', presentationHint: 'locals' as const, expensive: false }] : []),
    ...(unit ? [{ key: `statics:${frame}`, name: `Globals of ${file}`, expensive: false }] : []),
    { key: `globals:${frame}`, name: 'All globals', expensive: true },
  ];
}

/** Rows of one of these containers; undefined for another's key. Throws UserError. */
export function cVariables(target: DebugTarget, key: string, range: RowRange): VariableRow[] | undefined {
  const match = KEY.exec(key);
  if (!match) return undefined;
  const [, kind, index, expression = ''] = match;
  const frame = Number(index);
  const scope = target.scopeOf(frame);
  if (!scope) return [];
  const rows = new RowMaker(target, frame, scope, target.contextOf(frame), range);
  if (kind === 'locals') return rows.variables(scope.locals());
  if (kind === 'statics') return rows.variables(scope.unitGlobals());
  return kind === 'globals' ? rows.variables(firstOf(scope.globals(), MOST_GLOBALS)) : rows.parts(expression);
}

function firstOf<T>(all: Iterable<T>, most: number): T[] {
  const found: T[] = [];
  for (const each of all) {
    if (found.length === most) break;
    found.push(each);
  }
  return found;
}

/** Rows in this container are asked for by number. */
export const isArrayKey = (target: DebugTarget, key: string): boolean => {
  const match = KEY.exec(key);
  if (match?.[1] !== 'parts-of') return false;
  return evaluate(match[3] ?? '', target.contextOf(Number(match[2]))).c?.object.type.kind === 'array';
};

/** The key of what an expression's value opens. */
export const partsKey = (frame: number, expression: string): string => `parts-of:${frame}:${expression}`;

export const elementCount = (type: CType): number | undefined => (type.kind === 'array' ? (type.count ?? 0) : undefined);

/** As the left side of `.`, `->` and `[`. */
const asPostfix = (expression: string): string => (/^[\w$]+(\[\w+\]|(->|\.)[\w$]+)*$/.test(expression) ? expression : `(${expression})`);

class RowMaker {
  constructor(
    readonly target: DebugTarget,
    readonly frame: number,
    readonly scope: CScope,
    readonly context: EvaluationContext,
    readonly range: RowRange,
  ) {}

  /** A name that an inner one hides cannot be named. */
  variables(variables: readonly CVariable[]): VariableRow[] {
    const seen = new Set<string>();
    return variables.map(({ name, object, die, file }) => {
      const hidden = seen.has(name);
      seen.add(name);
      const declaration = file.declaration(die);
      return { ...this.#row(hidden ? `${name} (hidden)` : name, hidden ? undefined : name, object), ...(declaration && { declaration }) };
    });
  }

  parts(expression: string): VariableRow[] {
    const { object } = evaluate(expression, this.context).c ?? {};
    if (!object) return [];
    const { type } = object;
    if (type.kind === 'array') return this.#elements(expression, object, type.count ?? 0);
    if (type.kind === 'struct') return this.#members(asPostfix(expression), '.', object);
    if (type.kind !== 'pointer') return [];
    if (type.target().kind === 'struct') {
      const pointed = evaluate(`*${asPostfix(expression)}`, this.context).c?.object;
      return pointed ? this.#members(asPostfix(expression), '->', pointed) : [];
    }
    const name = `*${asPostfix(expression)}`;
    const pointed = evaluate(name, this.context).c?.object;
    return pointed ? [this.#row(name, name, pointed)] : [];
  }

  #members(whole: string, operator: string, object: CObject): VariableRow[] {
    if (object.type.kind !== 'struct') return [];
    return [...membersOf(object.type, object)].map(({ name, object: part }) => this.#row(name, `${whole}${operator}${name}`, part));
  }

  #elements(expression: string, array: CObject, count: number): VariableRow[] {
    const { start, count: wanted = MOST_ROWS } = this.range;
    const rows: VariableRow[] = [];
    for (let i = start; i < Math.min(count, start + wanted); i++) {
      const element = evaluate(`${asPostfix(expression)}[${i}]`, this.context).c?.object ?? array;
      rows.push(this.#row(`[${i}]`, `${asPostfix(expression)}[${i}]`, element));
    }
    return rows;
  }

  #row(name: string, expression: string | undefined, object: CObject): VariableRow {
    const { type } = object;
    const memory = this.#memoryOf(object);
    const count = elementCount(type);
    return {
      name,
      value: this.#text(object),
      type: type.name,
      frame: this.frame,
      ...(expression !== undefined && { evaluateName: expression }),
      ...(expression !== undefined && hasParts(type) && { children: partsKey(this.frame, expression) }),
      ...(count !== undefined && { indexed: count }),
      ...(memory !== undefined && { memoryReference: formatAddress(memory) }),
      ...(this.#isFixed(object) && { fixed: true }),
    };
  }

  #text(object: CObject): string {
    try {
      return formatC({ object, format: { scope: this.scope, symbols: this.context.symbols } }, this.range.hexadecimal);
    } catch (error) {
      if (error instanceof UserError) return `<${error.message}>`;
      throw error;
    }
  }

  #isFixed({ type, location }: CObject): boolean {
    return type.kind === 'array' || type.kind === 'struct' || type.kind === 'function' || !location.every(({ place }) => place.kind === 'memory' || place.kind === 'register');
  }

  /** What a pointer points at, else the object itself. */
  #memoryOf(object: CObject): number | undefined {
    return memoryOf(object, this.scope);
  }
}

/** Guest-linear address of the memory to show for an object: what a pointer points at, else where it is. */
export function memoryOf(object: CObject, scope: CScope): number | undefined {
  if (object.type.kind === 'pointer') {
    const value = numberOf(scope, object);
    return value === undefined ? undefined : scope.linear(Number(value));
  }
  const address = addressOf(object);
  return address === undefined || sizeOf(object.type) === 0 ? undefined : scope.linear(address);
}
