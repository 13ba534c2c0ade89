/** Definitions, references and renaming over several sources: the one in front and those it includes or that include it. Pure. */
import type { Span } from '../sourceLine';
import { type Definition, type Reference, type SourceModel, symbolAt } from './sourceModel';
import { t } from '../text';

export interface Source {
  readonly uri: string;
  readonly model: SourceModel;
}

export interface Located<T extends Span> {
  readonly uri: string;
  readonly place: T;
}

const same = (definition: Definition, name: string): boolean =>
  definition.name === name || (definition.ignoreCase === true && definition.name.toLowerCase() === name.toLowerCase());

export const definitionsOf = (sources: readonly Source[], name: string): Located<Definition>[] =>
  sources.flatMap(({ uri, model }) => model.definitions.filter((d) => same(d, name)).map((place) => ({ uri, place })));

/** A label of a macro belongs to its file. */
const within = (sources: readonly Source[], uri: string, name: string): readonly Source[] => (name.includes('%%') ? sources.filter((s) => s.uri === uri) : sources);

export function definitionAt(sources: readonly Source[], uri: string, line: number, column: number): Located<Definition>[] {
  const found = sources.find((s) => s.uri === uri);
  const symbol = found && symbolAt(found.model, line, column);
  return symbol ? definitionsOf(within(sources, uri, symbol.name), symbol.name) : [];
}

export function referencesAt(sources: readonly Source[], uri: string, line: number, column: number, declarations: boolean): Located<Reference>[] {
  const found = sources.find((s) => s.uri === uri);
  const symbol = found && symbolAt(found.model, line, column);
  if (!symbol) return [];
  const those = within(sources, uri, symbol.name);
  const [definition] = definitionsOf(those, symbol.name);
  const matches = (name: string) => (definition ? same(definition.place, name) : name === symbol.name);
  return those.flatMap(({ uri: file, model }) => [
    ...(declarations ? model.definitions.filter((d) => matches(d.name)).map((place) => ({ uri: file, place })) : []),
    ...model.references.filter((r) => matches(r.name)).map((place) => ({ uri: file, place })),
  ]);
}

export interface TextEdit {
  readonly uri: string;
  readonly line: number;
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

const VALID = /^[A-Za-z_?@][\w$?@~#]*$/;

/** What is renamed at a position: of a local label, the part behind its dot. */
export function renamedAt(sources: readonly Source[], uri: string, line: number, column: number): Span | undefined {
  const found = sources.find((s) => s.uri === uri);
  const symbol = found && symbolAt(found.model, line, column);
  if (!symbol || definitionsOf(within(sources, uri, symbol.name), symbol.name).length === 0) return undefined;
  return tail(symbol);
}

/** The last component of a name as it is written. */
function tail({ start, end, text }: Span): Span {
  const at = text.startsWith('%%') ? 2 : Math.max(text.lastIndexOf('.') + 1, 0);
  return { start: start + at, end, text: text.slice(at) };
}

/** Edits, or why it cannot be done. */
export function rename(sources: readonly Source[], uri: string, line: number, column: number, wanted: string): TextEdit[] | string {
  const name = wanted.replace(/^(\.|%%)/, '');
  if (!VALID.test(name)) return t('“{0}” is no name of a symbol', wanted);
  const places = referencesAt(sources, uri, line, column, true);
  if (places.length === 0) return t('There is no symbol to rename here.');
  const old = places[0].place.name;
  const renamed = old.slice(0, old.length - tail({ start: 0, end: old.length, text: old.includes('%%') ? old.slice(old.indexOf('%%')) : old }).text.length) + name;
  if (renamed !== old && definitionsOf(within(sources, uri, renamed), renamed).length > 0) return t('{0} exists already', renamed);
  return places.map(({ uri: file, place }) => {
    const { start, end } = tail(place);
    return { uri: file, line: place.line, start, end, text: name };
  });
}
