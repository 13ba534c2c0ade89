/** The guest programs that tests run: those here and the examples, each with what its comments, or for an example a file of its name, expect. */
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
    .map((name) => ({ name, file: path.resolve(name), expectations: readExpectations(expected(name)) }));

/** An example's reader need not know beforehand what it does. */
function expected(name: string): string {
  const beside = path.join('test/guest/examples', `${path.basename(name, '.asm')}.txt`);
  return fs.readFileSync(path.dirname(name) === 'examples' ? beside : name, 'utf8');
}

/** What must not depend on how a guest was run. */
export const stateOf = ({ retired, hash, serial, ending }: Run) => ({ ending, serial, retired, hash });
