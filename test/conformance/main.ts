/** Command line of the conformance run. */
import { GROUPS, runConformance } from './run';

const argument = (name: string): string | undefined => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? undefined : process.argv[at + 1];
};
const list = (name: string): string[] | undefined => argument(name)?.split(',');

const only = list('only');
const unknown = only?.filter((group) => !GROUPS.includes(group)) ?? [];
if (unknown.length > 0) {
  console.error(`no group ${unknown.join(', ')}; there are ${GROUPS.join(', ')}`);
  process.exit(2);
}
const forms = list('form');
const max = argument('max');
const started = performance.now();
const results = runConformance({ data: argument('data') ?? 'test/conformance/data', ...(only ? { only } : {}), ...(forms ? { forms } : {}), ...(max ? { max: Number(max) } : {}) });
console.log(results.report());
console.error(`${((performance.now() - started) / 1000).toFixed(1)} s`);
process.exitCode = results.total('failed') > 0 ? 1 : 0;
