import { nothing } from '../arguments';
import { handler } from '../handler';
import { loadedPaths } from '../loadedNews';
import { sourceOf } from '../sessionContext';

export const loadedSources = handler('loadedSources', nothing, {
  capabilities: { supportsLoadedSourcesRequest: true },
  run: ({ guests }) => ({ sources: loadedPaths(guests).map(sourceOf) }),
});
