#!/usr/bin/env node
// Random programs, interpreted against translated: `npm run test:lockstep -- [--blocks N] [--seed S]`.
import { runBundled } from './runBundled.mjs';

await runBundled('test/engine/lockstep/main.ts');
