/** What is loaded changes at a launch, a restart, and when one of several guests ends: clients that keep a list are told. */
import type { Guest } from './guest';
import { type LoadedModule, loadedModules } from './loadedModules';
import { isLarge } from './nameReading';
import { type SessionContext, sourceOf } from './sessionContext';

/** Source files of all guests, each once, as assembler or compiler spelled them. */
export const loadedPaths = (guests: readonly Guest[]): string[] => [...new Set(guests.flatMap(({ target }) => target.sourceMap.files))];

/** Of a large program, thousands: a client that wants them asks. */
const announced = (guests: readonly Guest[]): string[] => loadedPaths(guests.filter(({ target }) => !target.sourceMap.symbolFiles.some(isLarge)));

export class LoadedNews {
  #modules: ReadonlyMap<string, LoadedModule> = new Map();
  #sources: ReadonlySet<string> = new Set();

  constructor(private readonly session: Pick<SessionContext, 'send'>) {}

  /** Tell what differs from what was told before. */
  tell(guests: readonly Guest[]): void {
    const modules = new Map(guests.flatMap(loadedModules).map((module) => [module.id, module]));
    for (const [id, module] of modules) {
      const before = this.#modules.get(id);
      if (JSON.stringify(before) !== JSON.stringify(module)) this.session.send('module', { reason: before ? 'changed' : 'new', module });
    }
    for (const [id, module] of this.#modules) if (!modules.has(id)) this.session.send('module', { reason: 'removed', module });
    const sources = new Set(announced(guests));
    for (const path of sources) if (!this.#sources.has(path)) this.session.send('loadedSource', { reason: 'new', source: sourceOf(path) });
    for (const path of this.#sources) if (!sources.has(path)) this.session.send('loadedSource', { reason: 'removed', source: sourceOf(path) });
    this.#modules = modules;
    this.#sources = sources;
  }
}
