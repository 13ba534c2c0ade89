/** Strings of the manifest that a user reads, moved to package.nls.json: `%launch.program%` in their place. */

/**
 * A JSON schema whose descriptions are keys, and the strings by key. A key is the path of properties, and for the description
 * of an enumeration's value that value; a text that occurs twice has one key.
 */
export function localizeSchema(schema, prefix) {
  const strings = {};
  const keys = new Map();
  const keyOf = (key, text) => {
    if (!keys.has(text)) {
      keys.set(text, key);
      strings[key] = text;
    }
    return `%${keys.get(text)}%`;
  };
  const visit = (value, path) => {
    if (Array.isArray(value)) return value.map((item) => visit(item, path));
    if (typeof value !== 'object' || value === null) return value;
    const entries = Object.entries(value).map(([name, inner]) => {
      if (name === 'description' && typeof inner === 'string') return [name, keyOf(path, inner)];
      if (name === 'enumDescriptions') return [name, inner.map((text, n) => keyOf(`${path}.${value.enum[n]}`, text))];
      if (name === 'properties') return [name, Object.fromEntries(Object.entries(inner).map(([property, sub]) => [property, visit(sub, `${path}.${property}`)]))];
      return [name, visit(inner, path)];
    });
    return Object.fromEntries(entries);
  };
  return { schema: visit(schema, prefix), strings };
}
