/** The labs: a guest in examples/labs with stops marked in it, and a text beside it in each language. Pure: no `vscode`. */
import { isTechnique, type TechniqueId } from '../protocol/techniques';

export interface Lab {
  readonly id: string;
  /** Of the guest and its texts, without extension. */
  readonly name: string;
}

export const LABS: readonly Lab[] = [
  { id: 'sensitive', name: '1-sensitive' },
  { id: 'trapAndEmulate', name: '2-trapAndEmulate' },
  { id: 'silentPopf', name: '3-silentPopf' },
  { id: 'blocks', name: '4-blocks' },
  { id: 'hypercalls', name: '5-hypercalls' },
  { id: 'isolation', name: '6-isolation' },
];

/** Languages that the texts are written in; the first one is for everybody else. */
export const LAB_LANGUAGES = ['en', 'es'] as const;
export type LabLanguage = (typeof LAB_LANGUAGES)[number];

/** `es-AR` reads Spanish. */
export const labLanguage = (locale: string): LabLanguage => LAB_LANGUAGES.find((l) => locale.toLowerCase().split(/[-_]/)[0] === l) ?? LAB_LANGUAGES[0];

export const labText = ({ name }: Lab, language: LabLanguage): string => `${name}${language === 'en' ? '' : `.${language}`}.md`;
export const labGuest = ({ name }: Lab): string => `${name}.asm`;

/** Folders of the package, and what a lab needs from each. */
export const LAB_FILES: Readonly<Record<string, readonly string[]>> = {
  labs: ['console.inc', ...LABS.flatMap((lab) => [labGuest(lab), ...LAB_LANGUAGES.map((l) => labText(lab, l))])],
  kernel: ['hypercalls.inc'],
};

export type LabVariant = readonly [attribute: string, value: string];

export interface LabSource {
  readonly id: string;
  readonly technique: TechniqueId;
  /** A launch attribute to run it with as well, and its value. */
  readonly variant?: LabVariant;
  /** 0-based line that names the lab. */
  readonly line: number;
  /** 0-based lines of `[stop N]`. */
  readonly stops: readonly number[];
  /** Event breakpoints. */
  readonly events: readonly string[];
}

/** What the comments of a guest say; undefined when it is no lab's. */
export function readLab(source: string): LabSource | undefined {
  const lines = source.split(/\r?\n/);
  const field = (name: string) => lines.flatMap((text) => new RegExp(`^; ${name}: (\\S.*)$`).exec(text)?.[1].trim() ?? []);
  const line = lines.findIndex((text) => text.startsWith('; lab: '));
  const [id] = field('lab');
  const [technique] = field('technique');
  if (!LABS.some((lab) => lab.id === id) || !isTechnique(technique)) return undefined;
  const [attribute, value] = field('variant')[0]?.split(' ') ?? [];
  const variant = value === undefined ? {} : { variant: [attribute, value] as const };
  const stops = lines.flatMap((text, n) => (/;.*\[stop \d+\]/.test(text) ? [n] : []));
  return { id, technique, ...variant, line, stops, events: field('break') };
}

/** Launch attributes of a lab under a technique. Isolation takes two VMs. */
export function labConfiguration(id: string, program: string, technique: TechniqueId, variant?: LabVariant): Readonly<Record<string, unknown>> {
  const common = { technique, stopOnEntry: false, ...(variant && Object.fromEntries([variant])) };
  if (id !== 'isolation') return { program, ...common };
  return {
    ...common,
    vms: [
      { name: 'vandal', program, define: { ROLE: '1' } },
      { name: 'neighbour', program },
    ],
  };
}
