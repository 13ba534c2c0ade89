#!/usr/bin/env node
// Does memory stay flat while a guest generates code? `npm run test:memory -- [--minutes N] [--technique ID]`.
import { runBundled } from './runBundled.mjs';

await runBundled('test/soak/main.ts', { flags: ['--expose-gc'] });
