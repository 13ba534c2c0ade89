#!/usr/bin/env node
// Run the cases captured on real processors: `npm run test:conformance -- [--data DIR] [--only int,str] [--form 00,jcc8] [--max N]`.
import { runBundled } from './runBundled.mjs';

await runBundled('test/conformance/main.ts');
