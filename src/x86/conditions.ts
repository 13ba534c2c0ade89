/** Condition codes in encoding order (SDM Vol. 2, B.1.4.7): name, other names, flags read. */
export interface Condition {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly reads: string;
}

export const CONDITIONS: readonly Condition[] = [
  { name: 'o', aliases: [], reads: 'o' },
  { name: 'no', aliases: [], reads: 'o' },
  { name: 'b', aliases: ['c', 'nae'], reads: 'c' },
  { name: 'ae', aliases: ['nc', 'nb'], reads: 'c' },
  { name: 'e', aliases: ['z'], reads: 'z' },
  { name: 'ne', aliases: ['nz'], reads: 'z' },
  { name: 'be', aliases: ['na'], reads: 'cz' },
  { name: 'a', aliases: ['nbe'], reads: 'cz' },
  { name: 's', aliases: [], reads: 's' },
  { name: 'ns', aliases: [], reads: 's' },
  { name: 'p', aliases: ['pe'], reads: 'p' },
  { name: 'np', aliases: ['po'], reads: 'p' },
  { name: 'l', aliases: ['nge'], reads: 'so' },
  { name: 'ge', aliases: ['nl'], reads: 'so' },
  { name: 'le', aliases: ['ng'], reads: 'zso' },
  { name: 'g', aliases: ['nle'], reads: 'zso' },
];
