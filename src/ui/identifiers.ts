/** Names that package.json and the code must agree on; test/ui/manifest.test.ts holds them together. */
import { DEBUG_TYPE } from '../protocol/requests';

export { DEBUG_TYPE };

/** Our own language, for people who have no other assembly extension. */
export const LANGUAGE = 'ringside-asm';

/** Assembly languages of other extensions in use: all the same to the debugger. */
export const ASSEMBLY_LANGUAGES = [
  LANGUAGE,
  'ringside-gas',
  'asm',
  'nasm',
  'yasm',
  'asm-intel-x86-generic',
  'asm-collection',
  'assembly',
  'x86asm',
  'masm',
  'tasm',
  'gas',
  'gnuassembly',
  's',
  'platformio-debug.asm',
] as const;

/** Those whose source is NASM's, or close to it: names and blocks are understood. */
export const NASM_LANGUAGES = [LANGUAGE, 'nasm', 'yasm', 'asm', 'asm-intel-x86-generic', 'assembly', 'x86asm'] as const;

/** Source for the GNU assembler, ours first. */
export const GAS_LANGUAGE = 'ringside-gas';
export const GAS_LANGUAGES: readonly string[] = [GAS_LANGUAGE, 'gas', 'gnuassembly', 's', 'platformio-debug.asm'];

/** Listings, as `ringside asm --listing` and nasm -l write them. */
export const LISTING_LANGUAGE = 'ringside-listing';

/** Languages whose compiled code may be debugged by source line. */
export const COMPILED_LANGUAGES = ['c', 'cpp', 'rust', 'zig'] as const;

export const COMMANDS = {
  selectTechnique: 'ringside.selectTechnique',
  debugFile: 'ringside.debugFile',
  debugLab: 'ringside.debugLab',
  addEventBreakpoint: 'ringside.addEventBreakpoint',
  revealSource: 'ringside.revealSource',
  refreshViews: 'ringside.refreshViews',
  filterExits: 'ringside.filterExits',
  saveScreenshot: 'ringside.saveScreenshot',
  openSerial: 'ringside.openSerial',
  compare: 'ringside.compare',
  openLab: 'ringside.openLab',
  startLab: 'ringside.startLab',
  openBlocks: 'ringside.openBlocks',
  openExits: 'ringside.openExits',
  openSystem: 'ringside.openSystem',
  openMemory: 'ringside.openMemory',
  attach: 'ringside.attach',
} as const;

/** Set once a lab has been opened: F5 beside its text is for its guest. */
export const LAB_CONTEXT = 'ringside.lab';

export const VIEWS = {
  blocks: 'ringside.blocks',
  exits: 'ringside.exits',
  screen: 'ringside.screen',
} as const;

/** Types of the panels that hold the page of a view, by page. */
export const PAGE_TYPES = {
  block: 'ringside.page.block',
  exits: 'ringside.page.exits',
  system: 'ringside.page.system',
  memory: 'ringside.page.memory',
} as const;

/** Scheme of the documents that hold a comparison. */
export const COMPARISON_SCHEME = 'ringside-compare';

/** Files that F5 can debug without a launch.json. */
export const isAssembly = (languageId: string): boolean => (ASSEMBLY_LANGUAGES as readonly string[]).includes(languageId);
