/** The guest programs that tests run: those here and the examples, each with what its header comment expects. */
import fs from 'node:fs';
import path from 'node:path';
import { type Expectations, readExpectations } from './expectations';
import type { Run } from './play';

const FOLDERS = ['test/guest', 'examples', 'examples/labs'];

export interface GuestProgram {
  readonly name: string;
  readonly file: string;
  readonly expectations: Expectations;
}

export const guestPrograms = (): GuestProgram[] =>
  FOLDERS.flatMap((folder) => fs.readdirSync(folder).map((name) => path.join(folder, name)))
    .filter((name) => name.endsWith('.asm'))
    .map((name) => ({ name, file: path.resolve(name), expectations: readExpectations(fs.readFileSync(name, 'utf8')) }));

/** What must not depend on how a guest was run. */
export const stateOf = ({ retired, hash, serial, ending }: Run) => ({ ending, serial, retired, hash });
