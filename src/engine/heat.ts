/** When blocks are translated to WebAssembly: once hot, never, or as soon as they have run (for tests). */
export const TRANSLATIONS = ['on', 'off', 'eager'] as const;
export type Translation = (typeof TRANSLATIONS)[number];

export interface Heat {
  /** Executions after which a block is hot: a power of two, or 0 for never. */
  readonly threshold: number;
  /** Executions after which a block is worth its place in a region. */
  readonly warm: number;
  /** Instructions that a hot block waits to be compiled together with others. */
  readonly patience: number;
}

const HEAT: Readonly<Record<Translation, Heat>> = {
  on: { threshold: 32768, warm: 256, patience: 50_000 },
  off: { threshold: 0, warm: 0, patience: 0 },
  eager: { threshold: 1, warm: 0, patience: 0 },
};

export const heatOf = (translation: Translation | Heat): Heat => (typeof translation === 'string' ? HEAT[translation] : translation);
