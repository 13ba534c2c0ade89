/** What is loaded in the guests: each program, and the ROM that started the machine. */
import type { DebugProtocol } from '@vscode/debugprotocol';
import { formatAddress } from '../../debug/breakpoints';
import type { SymbolFile } from '../../symbols/symbolFile';
import { count, optional, shape } from '../arguments';
import type { Guest } from '../guest';
import { handler } from '../handler';

const BIOS_START = 0xf0000;

export const modules = handler('modules', shape({ startModule: optional(count(1e6)), moduleCount: optional(count(1e6)) }), {
  capabilities: {
    supportsModulesRequest: true,
    additionalModuleColumns: [
      { attributeName: 'vm', label: 'VM', type: 'string' },
      { attributeName: 'kind', label: 'Kind', type: 'string' },
    ],
  },
  run(session, { startModule = 0, moduleCount = 0 }) {
    const all = session.guests.flatMap(modulesOf);
    return { modules: all.slice(startModule, moduleCount > 0 ? startModule + moduleCount : undefined), totalModules: all.length };
  },
});

const baseName = (path: string): string => path.replace(/^.*[\\/]/, '');

const statusOf = ({ symbols, hasLines }: SymbolFile): string => `${symbols.length} symbols${hasLines ? ' and lines of the sources' : ', no debugging information'}`;

const symbolModule = (file: SymbolFile): Omit<DebugProtocol.Module, 'id'> & { kind: string } => ({
  name: file.name,
  path: file.path,
  isUserCode: true,
  symbolStatus: statusOf(file),
  ...(file.extent && { addressRange: `${formatAddress(file.extent.first)}-${formatAddress(file.extent.last)}` }),
  kind: 'symbol file',
});

function modulesOf({ threadId, name, config, target }: Guest): (DebugProtocol.Module & { vm: string; kind: string })[] {
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
      ...(loadAddress === undefined ? {} : { addressRange: `${formatAddress(loadAddress)}${end}` }),
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
