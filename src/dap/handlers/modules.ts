import { count, optional, shape } from '../arguments';
import { handler } from '../handler';
import { loadedModules } from '../loadedModules';

export const modules = handler('modules', shape({ startModule: optional(count(1e6)), moduleCount: optional(count(1e6)) }), {
  capabilities: {
    supportsModulesRequest: true,
    additionalModuleColumns: [
      { attributeName: 'vm', label: 'VM', type: 'string' },
      { attributeName: 'kind', label: 'Kind', type: 'string' },
    ],
  },
  run(session, { startModule = 0, moduleCount = 0 }) {
    const all = session.guests.flatMap(loadedModules);
    return { modules: all.slice(startModule, moduleCount > 0 ? startModule + moduleCount : undefined), totalModules: all.length };
  },
});
