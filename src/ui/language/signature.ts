/** Operand forms of the instruction, or parameters of the macro, that is being written. Pure. */
import { factsOf } from '../instructionFacts';
import { blankText } from '../sourceLine';
import type { Source } from './symbols';

export interface Signature {
  readonly label: string;
  /** Text of each operand, as it stands in the label. */
  readonly parameters: readonly string[];
}

export interface SignatureHelp {
  readonly signatures: readonly Signature[];
  readonly active: number;
  readonly parameter: number;
  readonly documentation?: string;
}

const WRITTEN = /^\s*(?:[A-Za-z_.?@$][\w.$?@~#]*:\s*)?(?:(?:rep\w*|lock|times\s+\S+)\s+)*([A-Za-z_.?@][\w.$?@~#]*)\s+(.*)$/i;

/** Commas outside parentheses and brackets. */
function commas(text: string): number {
  let depth = 0;
  let count = 0;
  for (const c of text) {
    if ('([{'.includes(c)) depth++;
    else if (')]}'.includes(c)) depth--;
    else if (c === ',' && depth === 0) count++;
  }
  return count;
}

const split = (form: string): string[] => (form === '' ? [] : form.split(', '));

/** The first form with room for the operand, and that has the number of operands written so far. */
const best = (forms: readonly Signature[], parameter: number): number =>
  Math.max(
    0,
    forms.findIndex((f) => f.parameters.length > parameter),
  );

function macroSignatures(sources: readonly Source[], name: string): Signature[] {
  return sources.flatMap(({ model }) =>
    model.definitions
      .filter((d) => d.kind === 'macro' && (d.name === name || (d.ignoreCase && d.name.toLowerCase() === name.toLowerCase())))
      .map(({ parameters = '' }) => {
        const [, least = '0', most] = /^(\d+)(?:-(\d+|\*))?/.exec(parameters) ?? [];
        const count = most === '*' ? Number(least) + 1 : Number(most ?? least);
        const list = Array.from({ length: count }, (_, i) => (most === '*' && i === count - 1 ? '…' : `%${i + 1}`));
        return { label: [name, list.join(', ')].join(' '), parameters: list };
      }),
  );
}

export function signatureAt(text: string, sources: readonly Source[] = []): SignatureHelp | undefined {
  const match = WRITTEN.exec(blankText(text));
  if (!match || blankText(text).trimEnd().length < text.trimEnd().length) return undefined;
  const [, name, operands] = match;
  const parameter = commas(operands);
  const macros = macroSignatures(sources, name);
  if (macros.length > 0) return { signatures: macros, active: best(macros, parameter), parameter };
  const facts = factsOf(name.toLowerCase());
  const signatures = (facts?.forms ?? []).map((form) => ({ label: form ? `${name} ${form}` : name, parameters: split(form) }));
  if (!facts || signatures.every((s) => s.parameters.length === 0)) return undefined;
  return { signatures, active: best(signatures, parameter), parameter, documentation: facts.summary };
}
