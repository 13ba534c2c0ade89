import { nothing } from '../arguments';
import { handler } from '../handler';
import { sourceOf } from '../sessionContext';

export const loadedSources = handler('loadedSources', nothing, {
  capabilities: { supportsLoadedSourcesRequest: true },
  run: ({ guests }) => ({ sources: [...new Set(guests.flatMap(({ target }) => target.sourceMap.files))].map(sourceOf) }),
});
