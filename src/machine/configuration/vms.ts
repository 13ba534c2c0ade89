/** Launch attributes of a session: of one VM, or under `vms` of several, each with what the whole configuration says as its default. */
import { type Configuration, parseConfiguration } from './configuration';

/** VMs in one session. */
export const MAX_VMS = 16;

export interface NamedConfiguration {
  /** Unique in the session. */
  readonly name: string;
  readonly config: Configuration;
}

export type ConfigurationsResult = { readonly vms: readonly NamedConfiguration[] } | { readonly problems: readonly string[] };

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null && !Array.isArray(value);

const baseName = (path: string): string => path.replace(/^.*[\\/]/, '');

/** `a.asm`, `a.asm 2`, …: names that nobody gave. */
function uniqueName(wanted: string, taken: ReadonlySet<string>): string {
  let name = wanted;
  for (let n = 2; taken.has(name); n++) name = `${wanted} ${n}`;
  return name;
}

export function parseConfigurations(raw: unknown): ConfigurationsResult {
  const { vms, ...shared } = isObject(raw) ? raw : {};
  if (vms === undefined) return named([{ given: raw, where: '' }]);
  if (!Array.isArray(vms) || vms.length === 0 || vms.length > MAX_VMS || !vms.every(isObject))
    return { problems: [`"vms" must be an array of 1 to ${MAX_VMS} objects, each with the launch attributes of one VM.`] };
  return named(vms.map(({ name, ...vm }, i) => ({ given: { ...shared, ...vm }, name, where: `vms[${i}]: ` })));
}

function named(list: readonly { given: unknown; name?: unknown; where: string }[]): ConfigurationsResult {
  const problems: string[] = [];
  const found: NamedConfiguration[] = [];
  const taken = new Set<string>();
  for (const { given, name, where } of list) {
    const result = parseConfiguration(given);
    if ('problems' in result) problems.push(...result.problems.map((problem) => where + problem));
    if (name !== undefined && (typeof name !== 'string' || name === '')) problems.push(`${where}"name" must be text.`);
    else if (typeof name === 'string' && taken.has(name)) problems.push(`${where}"${name}" is the name of another VM.`);
    else if ('config' in result) {
      const unique = uniqueName(typeof name === 'string' ? name : baseName(result.config.program), taken);
      taken.add(unique);
      found.push({ name: unique, config: result.config });
    }
  }
  return problems.length > 0 ? { problems } : { vms: found };
}
