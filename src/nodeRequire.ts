/** CommonJS packages bundled into an ES module ask for Node's modules through `require`, which an ES module lacks. Import this first. */
import { createRequire } from 'node:module';

(globalThis as { require?: NodeJS.Require }).require ??= createRequire(import.meta.url);
