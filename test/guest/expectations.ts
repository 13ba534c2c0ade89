/**
 * What a guest's header comment says. One expectation a line; `expect TECHNIQUE:` holds for that technique only.
 *   ; launch: cpu 486            an attribute of the launch configuration
 *   ; launch: disk numbered:9    … a file name, or an image of 9 sectors, each filled with its number
 *   ; keys: "ab\n"               typed before it starts
 *   ; expect: serial "PASS\n"    what it prints on port E9h
 *   ; expect: exit 0             how it ends: exit CODE, halted, tripleFault, unimplemented WHAT, budget
 *   ; expect trap: silent "smsw" an event of this kind whose instruction or sentence holds this text
 *   ; expect trap: differs       the final state is not bare metal's
 * What holds under `trap` holds under `pv`, unless a later line says otherwise.
 */
import { isTechnique, type TechniqueId } from '../../src/protocol/techniques';

export interface Expected {
  serial: string;
  ending: string;
  silent: string[];
  differs: boolean;
}

export interface Expectations {
  readonly launch: Readonly<Record<string, string | number>>;
  readonly keys: string;
  under(technique: TechniqueId): Expected;
  /** It was written for this technique: it says what holds there only. */
  mentions(technique: TechniqueId): boolean;
}

type Line = readonly [technique: TechniqueId | undefined, what: string, value: string];

const unquote = (text: string): string => (text.startsWith('"') ? (JSON.parse(text) as string) : text);

export function readExpectations(source: string): Expectations {
  const launch: Record<string, string | number> = {};
  const lines: Line[] = [];
  let keys = '';
  for (const [, comment] of source.matchAll(/^; ?(.*)$/gm)) {
    const match = /^(launch|keys|expect)(?: (\w+))?: (.*)$/.exec(comment);
    if (!match) continue;
    const [, word, technique, text] = match;
    if (word === 'keys') keys = unquote(text);
    else if (word === 'launch') launch[text.split(' ')[0]] = text.split(' ').slice(1).join(' ');
    else {
      if (technique !== undefined && !isTechnique(technique)) throw new Error(`expect ${technique}: there is no such technique`);
      const [what] = text.split(' ');
      lines.push([technique, what, text.slice(what.length + 1)]);
    }
  }
  // A guest that was not written for paravirtualization finds trap-and-emulate there.
  const holds = (technique: TechniqueId, only: TechniqueId | undefined): boolean => only === undefined || only === technique || (technique === 'pv' && only === 'trap');
  return {
    launch,
    keys,
    under: (technique) => collect(lines.filter(([only]) => holds(technique, only))),
    mentions: (technique) => lines.some(([only]) => only === technique),
  };
}

function collect(lines: readonly Line[]): Expected {
  const expected: Expected = { serial: '', ending: 'exit 0', silent: [], differs: false };
  for (const [, what, value] of lines) {
    if (what === 'serial') expected.serial = unquote(value);
    else if (what === 'silent') expected.silent.push(unquote(value));
    else if (what === 'differs') expected.differs = true;
    else if (['exit', 'halted', 'tripleFault', 'unimplemented', 'budget'].includes(what)) expected.ending = `${what} ${value}`.trim();
    else throw new Error(`expect: ${what} means nothing`);
  }
  return expected;
}
