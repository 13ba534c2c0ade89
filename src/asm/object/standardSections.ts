/** What a section of an object file is unless the source says otherwise (NASM manual, 8.9.2). Others are read-only data. */
interface StandardSection {
  readonly exec?: true;
  readonly write?: true;
  readonly nobits?: true;
  /** Bytes. */
  readonly align: number;
}

const STANDARD_SECTIONS: Readonly<Record<string, StandardSection>> = {
  '.text': { exec: true, align: 16 },
  '.rodata': { align: 4 },
  '.data': { write: true, align: 4 },
  '.bss': { write: true, nobits: true, align: 4 },
};

/** Has it instructions, as its name or the source says? */
export const isExecutable = ({ name, attributes }: { readonly name: string; readonly attributes: { readonly exec?: boolean } }): boolean =>
  attributes.exec ?? standardSection(name)?.exec ?? false;

export const standardSection = (name: string): StandardSection | undefined => (Object.hasOwn(STANDARD_SECTIONS, name) ? STANDARD_SECTIONS[name] : undefined);
