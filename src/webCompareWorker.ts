/** One comparison of techniques in a Web Worker: the request is the first message, the answer another. */
import { serveComparison } from './debug/comparisonService';
import { parseConfiguration } from './machine/configuration';
import { fetchFilesFor } from './machine/fetchedFiles';
import { createMachine } from './machine/machine';
import type { CompareRequest } from './protocol/comparison';
import { WebPort } from './webPort';

const port = new WebPort();

port.onMessage(async (request: CompareRequest) => {
  // Every technique runs the same guest: what one needs is all there is to fetch.
  const parsed = parseConfiguration({ ...request.attributes, technique: request.techniques[0], persist: false });
  const files = await fetchFilesFor(port.fetchFiles, (access) => void ('config' in parsed && createMachine(parsed.config, access)));
  await serveComparison(request, { create: (config) => createMachine(config, files), now: () => performance.now(), post: (message) => port.post(message) });
});
