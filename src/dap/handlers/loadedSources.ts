import { nothing } from '../arguments';
import { handler } from '../handler';
import { sourceOf } from '../sessionContext';

export const loadedSources = handler('loadedSources', nothing, {
  capabilities: { supportsLoadedSourcesRequest: true },
  run: ({ target }) => ({ sources: target.sourceMap.files.map(sourceOf) }),
});
