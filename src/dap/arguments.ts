/** Checks on what a client sent: each returns the value with its type, or throws an error that names the field. */
import { badFrame } from './errors';

export type Check<T> = (value: unknown, field: string) => T;
type OptionalKeys<T> = { [K in keyof T]-?: undefined extends T[K] ? K : never }[keyof T];
/** Fields that may be undefined may be absent. */
type Shape<T> = Omit<T, OptionalKeys<T>> & Partial<Pick<T, OptionalKeys<T>>>;

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

const expected = (field: string, what: string, value: unknown) => badFrame(`${field} must be ${what}${value === undefined ? '; it is missing' : `, not ${show(value)}`}.`);

export const string: Check<string> = (value, field) => {
  if (typeof value !== 'string') throw expected(field, 'a string', value);
  return value;
};

export const boolean: Check<boolean> = (value, field) => {
  if (typeof value !== 'boolean') throw expected(field, 'true or false', value);
  return value;
};

export const integer: Check<number> = (value, field) => {
  if (!Number.isSafeInteger(value)) throw expected(field, 'an integer', value);
  return value as number;
};

export const count =
  (most: number): Check<number> =>
  (value, field) => {
    if (!Number.isSafeInteger(value) || (value as number) < 0 || (value as number) > most) throw expected(field, `an integer from 0 to ${most}`, value);
    return value as number;
  };

export const oneOf =
  <const T extends string>(...values: readonly T[]): Check<T> =>
  (value, field) => {
    if (!values.includes(value as T)) throw expected(field, `one of ${values.join(', ')}`, value);
    return value as T;
  };

export const optional =
  <T>(check: Check<T>): Check<T | undefined> =>
  (value, field) =>
    value === undefined || value === null ? undefined : check(value, field);

export const list =
  <T>(check: Check<T>): Check<T[]> =>
  (value, field) => {
    if (!Array.isArray(value)) throw expected(field, 'a list', value);
    return value.map((item, i) => check(item, `${field}[${i}]`));
  };

/** An object; fields that are not named are left alone. */
export const anything: Check<Readonly<Record<string, unknown>>> = (value, field) => {
  if (value === undefined || value === null) return {};
  if (typeof value !== 'object' || Array.isArray(value)) throw expected(field, 'an object', value);
  return value as Record<string, unknown>;
};

export const shape =
  <T extends object>(fields: { readonly [K in keyof T]: Check<T[K]> }): Check<Shape<T>> =>
  (value, field) => {
    const object = anything(value, field);
    const prefix = field === 'arguments' ? '' : `${field}.`;
    return Object.fromEntries(Object.entries<Check<unknown>>(fields).map(([name, check]) => [name, check(object[name], `${prefix}${name}`)])) as Shape<T>;
  };

export const nothing = shape({});
export const source = shape({ path: optional(string), name: optional(string) });
