/** Runs the checks in the browser's extension host, where there is no test runner; whoever drives the browser reads what is printed. */
import { CHECKS } from './everyProvider';

export async function run(): Promise<void> {
  let failed = 0;
  for (const check of CHECKS)
    try {
      await check.run();
      console.log(`checked: ${check.name}`);
    } catch (error) {
      failed++;
      console.error(`FAILED: ${check.name}: ${error instanceof Error ? (error.stack ?? error.message) : error}`);
    }
  if (failed > 0) throw new Error(`${failed} failed`);
}
