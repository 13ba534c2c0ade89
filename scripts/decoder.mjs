#!/usr/bin/env node
// The decoder against iced-x86 on a million random byte strings, half of them in 16-bit code: `npm run test:decoder [-- CASES [SEED]]`.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const [cases = '1000000', seed] = process.argv.slice(2);
const unit = path.join(path.dirname(fileURLToPath(import.meta.url)), 'unit.mjs');
const env = { ...process.env, DECODER_CASES: cases, ...(seed ? { DECODER_SEED: seed } : {}) };
const run = spawnSync(process.execPath, [unit, 'x86/decoder'], { stdio: 'inherit', env });
process.exit(run.status ?? 1);
