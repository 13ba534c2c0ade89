/** The attributes as JSON schema, for `configurationAttributes` in package.json. */
import { ATTRIBUTES, type Attribute } from './attributes';

export type JsonSchema = { readonly [key: string]: unknown };

const SHAPES: Readonly<Record<Attribute['type'], (a: Attribute) => JsonSchema>> = {
  string: () => ({ type: 'string' }),
  boolean: () => ({ type: 'boolean' }),
  integer: ({ min, max }) => ({ type: 'integer', minimum: min, ...(max === Number.MAX_SAFE_INTEGER ? {} : { maximum: max }) }),
  enum: ({ values, valueDescriptions }) => ({ enum: values, ...(valueDescriptions ? { enumDescriptions: valueDescriptions } : {}) }),
  size: ({ min, max }) => ({ type: ['integer', 'string'], minimum: min, maximum: max }),
  address: ({ min, max }) => ({ type: ['integer', 'string'], minimum: min, maximum: max }),
  date: () => ({ type: 'string', pattern: '^\\d{4}-\\d\\d-\\d\\d(T\\d\\d:\\d\\d(:\\d\\d)?)?$' }),
  paths: () => ({ type: ['string', 'array'], items: { type: 'string' }, minItems: 1 }),
  list: ({ values }) => ({ type: ['string', 'array'], items: { enum: values }, uniqueItems: true, minItems: 1 }),
  definitions: () => ({ type: 'object', additionalProperties: { type: ['string', 'number'] } }),
};

/** `launch` of configurationAttributes. */
export const launchSchema = (): { required: string[]; properties: Record<string, JsonSchema> } => {
  const attributes: readonly Attribute[] = ATTRIBUTES;
  const property = (a: Attribute): JsonSchema => ({ ...SHAPES[a.type](a), description: a.description, ...(a.default === undefined ? {} : { default: a.default }) });
  return { required: attributes.filter((a) => a.required).map((a) => a.name), properties: Object.fromEntries(attributes.map((a) => [a.name, property(a)])) };
};
