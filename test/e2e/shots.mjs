/** Where screenshots go: one folder for each generation of VS Code. */
import fs from 'node:fs';
import path from 'node:path';
import { generationName } from '../../scripts/vscodeServer.mjs';

export const shots = path.join(import.meta.dirname, 'shots', generationName());
fs.mkdirSync(shots, { recursive: true });
