/** The attributes as JSON schema, for `configurationAttributes` in package.json. */
import { ATTRIBUTES, type Attribute } from './attributes';
import { MAX_VMS } from './vms';

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
  settings: () => ({ type: 'object', additionalProperties: { type: ['string', 'number', 'boolean'] } }),
  pathMap: () => ({ type: 'object', additionalProperties: { type: 'string' } }),
  definitions: () => ({ type: 'object', additionalProperties: { type: ['string', 'number'] } }),
};

const attributes: readonly Attribute[] = ATTRIBUTES;
const property = (a: Attribute): JsonSchema => ({ ...SHAPES[a.type](a), description: a.description, ...(a.default === undefined ? {} : { default: a.default }) });

/** What VMs of one session usually differ in; they may differ in all the rest too. */
const OF_ONE_VM = ['program', 'technique', 'cpu', 'memory', 'weight', 'cap'];

const vms = (): JsonSchema => ({
  type: 'array',
  minItems: 1,
  maxItems: MAX_VMS,
  description: 'Several VMs in one session. Each has its own attributes; what it leaves out is as the configuration says.',
  items: {
    type: 'object',
    properties: {
      name: { type: 'string', description: 'What the VM is called. Default: the name of its program.' },
      ...Object.fromEntries(
        attributes
          .filter((a) => OF_ONE_VM.includes(a.name))
          .map((a) => {
            const { default: _, ...rest } = property(a);
            return [a.name, rest];
          }),
      ),
    },
  },
});

/** `attach` of configurationAttributes. */
export const attachSchema = (): JsonSchema => ({
  properties: {
    vm: {
      type: ['integer', 'string'],
      description: 'The VM to take over: its number or its name, as an earlier session left it behind when it disconnected. Default: the only one there is.',
    },
  },
});

/** `launch` of configurationAttributes. */
export const launchSchema = (): JsonSchema => ({
  anyOf: [{ required: attributes.filter((a) => a.required).map((a) => a.name) }, { required: ['vms'] }],
  properties: { ...Object.fromEntries(attributes.map((a) => [a.name, property(a)])), vms: vms() },
});
