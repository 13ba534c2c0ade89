/** What is loaded in a guest: its program, symbol files, and the ROM that started the machine. */
import type { DebugProtocol } from '@vscode/debugprotocol';
import { formatAddress } from '../debug/breakpoints';
import type { SymbolFile } from '../symbols/symbolFile';
import type { Guest } from './guest';

const BIOS_START = 0xf0000;

/** Of several VMs each has its own: ids begin with the thread. */
export interface LoadedModule extends DebugProtocol.Module {
  readonly id: string;
  readonly vm: string;
  readonly kind: string;
}

const baseName = (path: string): string => path.replace(/^.*[\\/]/, '');

const statusOf = ({ symbols, hasLines }: SymbolFile): string => `${symbols.length} symbols${hasLines ? ' and lines of the sources' : ', no debugging information'}`;

const rangeOf = ({ extent }: SymbolFile): { readonly addressRange?: string } => (extent ? { addressRange: `${formatAddress(extent.first)}-${formatAddress(extent.last)}` } : {});

const symbolModule = (file: SymbolFile): Omit<LoadedModule, 'id' | 'vm'> => ({
  name: file.name,
  path: file.path,
  isUserCode: true,
  symbolStatus: statusOf(file),
  ...rangeOf(file),
  kind: 'symbol file',
});

export function loadedModules({ threadId, name, config, target }: Guest): LoadedModule[] {
  const { assembly, loadAddress, symbols, symbolFiles = [] } = target.machine;
  const own = symbolFiles.find(({ path }) => path === config.program);
  const known = own ? statusOf(own) : assembly ? `${assembly.symbols.length} symbols and lines of the source` : symbols.length > 0 ? `${symbols.length} symbols` : 'No symbols';
  const end = assembly && loadAddress !== undefined ? `-${formatAddress(loadAddress + assembly.bytes.length - 1)}` : '';
  return [
    {
      id: `${threadId}:program`,
      name: baseName(config.program),
      path: config.program,
      isUserCode: true,
      symbolStatus: known,
      ...(loadAddress === undefined ? own && rangeOf(own) : { addressRange: `${formatAddress(loadAddress)}${end}` }),
      vm: name,
      kind: assembly ? 'assembly source' : config.kind === 'auto' ? 'image' : config.kind,
    },
    ...symbolFiles.filter((file) => file !== own).map((file, i) => ({ ...symbolModule(file), id: `${threadId}:symbols${i}`, vm: name })),
    {
      id: `${threadId}:bios`,
      name: config.bios ? baseName(config.bios) : 'Built-in BIOS',
      ...(config.bios ? { path: config.bios } : {}),
      isUserCode: false,
      symbolStatus: 'No symbols',
      addressRange: `${formatAddress(BIOS_START)}-${formatAddress(0xfffff)}`,
      vm: name,
      kind: 'ROM',
    },
  ];
}
