// The layers of src/ and who may import whom. ARCHITECTURE.md explains them; lintLayers.mjs enforces them.
import { builtinModules } from 'node:module';
import path from 'node:path';

/** A folder imports only from folders before it in this list. */
export const ORDER = ['base', 'x86', 'protocol', 'symbols', 'asm', 'ir', 'memory', 'semantics', 'devices', 'engine', 'vmm', 'machine', 'debug', 'dap', 'cli', 'ui', 'webview'];

/** Folders that ignore one another although the order would allow one direction. */
const STRANGERS = [
  ['asm', 'ir'],
  ['asm', 'memory'],
  ['ir', 'memory'],
  ['dap', 'cli'],
];

/** Folders whose imports within src/ are limited to these. */
const ONLY = {
  ui: ['base', 'protocol'],
  webview: ['base', 'protocol'],
};

/** Modules of a folder that an importer may see, where it may not see all: only `machine` names concrete devices. */
const ONLY_MODULES = {
  'vmm devices': ['devices/bus', 'devices/contract', 'devices/clock', 'devices/interruptController'],
};

const USES_VSCODE = (module) => module.startsWith('ui/') || module === 'extension';
const USES_NODE = (module) => !module.includes('/') || module.startsWith('cli/') || module.startsWith('ui/');

const isNodeModule = (specifier) => specifier.startsWith('node:') || builtinModules.includes(specifier);

/**
 * Why `module` (path under src/, without extension) may not import `specifier`, or undefined when it may.
 * A module without a folder is an entry point: it constructs and connects, so it may import every folder.
 */
export function objection(module, specifier) {
  if (specifier === 'vscode') return USES_VSCODE(module) ? undefined : 'only src/ui and src/extension.ts import vscode';
  if (isNodeModule(specifier)) return USES_NODE(module) ? undefined : 'only entry points, src/cli and src/ui import Node modules';
  if (!specifier.startsWith('.')) return undefined;
  const target = path.posix.join(path.posix.dirname(module), specifier).replace(/\.(m?[jt]s|json)$/, '');
  if (target.startsWith('..')) return 'imports from outside src';
  const from = module.includes('/') ? module.split('/')[0] : undefined;
  const to = target.split('/')[0];
  if (from === undefined || from === to) return undefined;
  // A folder's own name is its index.
  if (!target.includes('/') && !ORDER.includes(target)) return 'a folder never imports an entry point';
  if (!ORDER.includes(from)) return `src/${from} is not in the order of layers`;
  if (!ORDER.includes(to)) return `src/${to} is not in the order of layers`;
  if (STRANGERS.some((pair) => pair.includes(from) && pair.includes(to))) return `${from} and ${to} ignore one another`;
  if (ONLY[from] && !ONLY[from].includes(to)) return `${from} imports only from ${ONLY[from].join(' and ')}`;
  // protocol declares what others exchange: everybody may import it.
  if (to !== 'protocol' && ORDER.indexOf(to) > ORDER.indexOf(from)) return `${from} comes before ${to}`;
  const modules = ONLY_MODULES[`${from} ${to}`];
  if (modules && !modules.includes(target)) return `${from} sees only ${modules.join(', ')}`;
  return undefined;
}
